#include "auexfil/policy/read_facts.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace auexfil::policy {
namespace {

using BatchPtr = std::unique_ptr<FactBatch>;

/// Reads one chunk after the other; one a thread.
class ChunkReader {
 public:
  explicit ChunkReader(const FactSource& source)
      : source_(source), reader_(sink(), FactDetail::judged) {}
  ChunkReader(const ChunkReader&) = delete;
  ChunkReader& operator=(const ChunkReader&) = delete;

  void read(FactBatch& batch) {
    batch_ = &batch;
    batch.facts.clear();
    batch.coverages.clear();
    batch.summaries.clear();
    facts_ = 0;
    if (batch.chunk.starts_file) {
      reader_.begin_file(batch.chunk.file);
    } else {
      reader_.begin_part(batch.chunk.file);
    }
    reader_.feed({batch.chunk.buffer.data(), batch.chunk.size});
    batch.counts = reader_.end_file();
    batch.lines = reader_.lines_read();
    batch.problems = reader_.problems();
    reader_.forget_problems();
  }

 private:
  FactSink sink() {
    FactSink sink;
    sink.fact = [this](const facts::Fact& fact) {
      ++facts_;
      if (!source_.wanted || source_.wanted(fact)) {
        batch_->facts.add(fact);
      }
    };
    sink.coverage = [this](const coverage::HostCoverage& host) {
      batch_->coverages.push_back(host);
    };
    sink.summary = [this](const coverage::ReadSummary& summary, const SummaryClaim& claim) {
      batch_->summaries.push_back(
          {summary, claim, reader_.lines_read(), facts_, batch_->coverages.size()});
    };
    return sink;
  }

  const FactSource& source_;
  FactBatch* batch_ = nullptr;
  std::uint64_t facts_ = 0;  ///< Of the chunk so far.
  FactReader reader_;
};

/// Workers that take chunks in turn, and a consumer that gets the batches in the order of these.
class Pipeline {
 public:
  Pipeline(const FactSource& source, unsigned workers)
      : source_(source), ring_(std::size_t{workers} * 3 + 1) {
    for (unsigned i = 0; i < workers; ++i) {
      threads_.emplace_back([this] { work(); });
    }
  }

  ~Pipeline() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    room_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// The next batch in order, or null at the end. Rethrows what a worker threw.
  BatchPtr next() {
    std::unique_lock lock(mutex_);
    BatchPtr& place = ring_[consumed_ % ring_.size()];
    ready_.wait(lock, [&] { return place || error_ || (ended_ && consumed_ == taken_); });
    if (error_) {
      std::rethrow_exception(error_);
    }
    if (!place) {
      return nullptr;
    }
    ++consumed_;
    BatchPtr batch = std::move(place);
    room_.notify_one();
    return batch;
  }

  /// Its memory serves again.
  void give_back(BatchPtr batch) {
    const std::lock_guard lock(mutex_);
    spare_.push_back(std::move(batch));
  }

 private:
  BatchPtr spare() {
    const std::lock_guard lock(mutex_);
    if (spare_.empty()) {
      return std::make_unique<FactBatch>();
    }
    BatchPtr batch = std::move(spare_.back());
    spare_.pop_back();
    return batch;
  }

  /// Waits for room and fills the next chunk. \return false at the end.
  bool take(FactChunk& chunk, std::size_t& number) {
    const std::lock_guard taking(source_mutex_);
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return stop_ || ended_ || taken_ < consumed_ + ring_.size(); });
      if (stop_ || ended_) {
        return false;
      }
    }
    const bool has_more = source_.next(chunk);
    const std::lock_guard lock(mutex_);
    if (!has_more) {
      ended_ = true;
      ready_.notify_all();
      return false;
    }
    number = taken_++;
    return true;
  }

  void work() {
    try {
      ChunkReader reader(source_);
      BatchPtr batch = spare();
      std::size_t number = 0;
      while (take(batch->chunk, number)) {
        reader.read(*batch);
        {
          const std::lock_guard lock(mutex_);
          ring_[number % ring_.size()] = std::move(batch);
        }
        ready_.notify_one();
        batch = spare();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      error_ = std::current_exception();
      ended_ = true;
      ready_.notify_all();
    }
  }

  const FactSource& source_;
  std::mutex source_mutex_;  ///< Held while a chunk is filled; before mutex_.
  std::mutex mutex_;         ///< Guards all below.
  std::condition_variable ready_;
  std::condition_variable room_;
  std::vector<BatchPtr> ring_;
  std::vector<BatchPtr> spare_;
  std::size_t taken_ = 0;
  std::size_t consumed_ = 0;
  bool ended_ = false;
  bool stop_ = false;
  std::exception_ptr error_;
  std::vector<std::thread> threads_;
};

}  // namespace

void read_facts(const FactSource& source, unsigned threads,
                const std::function<void(const FactBatch&)>& sink) {
  if (threads <= 1) {
    ChunkReader reader(source);
    FactBatch batch;
    while (source.next(batch.chunk)) {
      reader.read(batch);
      sink(batch);
    }
    return;
  }
  Pipeline pipeline(source, std::min(threads, 64U));
  while (BatchPtr batch = pipeline.next()) {
    sink(*batch);
    pipeline.give_back(std::move(batch));
  }
}

}  // namespace auexfil::policy
