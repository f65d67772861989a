#include "auexfil/audit/read_log.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace auexfil::audit {
namespace {

/// Blocks that have been followed, to be filled again. Safe from any thread.
class Spare {
 public:
  std::unique_ptr<ParsedBlock> take() {
    const std::lock_guard lock(mutex_);
    if (blocks_.empty()) {
      return std::make_unique<ParsedBlock>();
    }
    std::unique_ptr<ParsedBlock> block = std::move(blocks_.back());
    blocks_.pop_back();
    return block;
  }

  void give(std::unique_ptr<ParsedBlock> block) {
    const std::lock_guard lock(mutex_);
    blocks_.push_back(std::move(block));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<ParsedBlock>> blocks_;
};

/// Workers that read and parse blocks, and a consumer that takes them in the order of the log.
/// Reading is one at a time and gives each block its number; parsing runs side by side.
class Pipeline {
 public:
  Pipeline(input::BlockReader& reader, Detail detail, unsigned workers, Spare& spare)
      : reader_(reader), detail_(detail), spare_(spare), ring_(std::size_t{workers} * 3 + 1) {
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

  /// The next block in order, or null at the end. Rethrows what a worker threw.
  std::unique_ptr<ParsedBlock> next() {
    std::unique_lock lock(mutex_);
    std::unique_ptr<ParsedBlock>& place = ring_[consumed_ % ring_.size()];
    ready_.wait(lock, [&] { return place != nullptr || error_ || (ended_ && consumed_ == read_); });
    if (error_) {
      std::rethrow_exception(error_);
    }
    if (place == nullptr) {
      return nullptr;
    }
    std::unique_ptr<ParsedBlock> block = std::move(place);
    ++consumed_;
    lock.unlock();
    room_.notify_all();
    return block;
  }

 private:
  void work() {
    try {
      for (;;) {
        std::unique_ptr<ParsedBlock> parsed = spare_.take();
        std::size_t number = 0;
        {
          const std::lock_guard reading(reader_mutex_);
          {
            std::unique_lock lock(mutex_);
            room_.wait(lock, [&] { return stop_ || ended_ || read_ < consumed_ + ring_.size(); });
            if (stop_ || ended_) {
              return;
            }
          }
          if (parsed->block != nullptr) {
            reader_.recycle(std::move(parsed->block));
          }
          parsed->clear();
          parsed->block = reader_.next();
          const std::lock_guard lock(mutex_);
          if (parsed->block == nullptr) {
            ended_ = true;
            ready_.notify_all();
            room_.notify_all();
            return;
          }
          number = read_++;
        }
        parse_block(*parsed, detail_);
        const std::lock_guard lock(mutex_);
        ring_[number % ring_.size()] = std::move(parsed);
        ready_.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      error_ = std::current_exception();
      ended_ = true;
      ready_.notify_all();
      room_.notify_all();
    }
  }

  input::BlockReader& reader_;
  Detail detail_;
  Spare& spare_;
  std::mutex reader_mutex_;
  std::mutex mutex_;  // guards all below
  std::condition_variable ready_;
  std::condition_variable room_;
  std::vector<std::unique_ptr<ParsedBlock>> ring_;
  std::size_t read_ = 0;
  std::size_t consumed_ = 0;
  bool ended_ = false;
  bool stop_ = false;
  std::exception_ptr error_;
  std::vector<std::thread> threads_;
};

void read_on_this_thread(input::BlockReader& reader, const ReadOptions& options, Spare& spare,
                         Assembler& assembler) {
  for (;;) {
    std::unique_ptr<ParsedBlock> parsed = spare.take();
    if (parsed->block != nullptr) {
      reader.recycle(std::move(parsed->block));
    }
    parsed->clear();
    parsed->block = reader.next();
    if (parsed->block == nullptr) {
      return;
    }
    parse_block(*parsed, options.detail);
    assembler.add(std::move(parsed));
    if (options.progress) {
      options.progress(reader.bytes_consumed());
    }
  }
}

}  // namespace

ReadResult read_log(input::BlockReader& reader, const ReadOptions& options,
                    const Assembler::Sink& sink) {
  Spare spare;
  Assembler assembler(options.assembler, sink,
                      [&](std::unique_ptr<ParsedBlock> block) { spare.give(std::move(block)); });
  if (options.threads <= 1) {
    read_on_this_thread(reader, options, spare, assembler);
  } else {
    Pipeline pipeline(reader, options.detail, std::min(options.threads, 64U), spare);
    while (std::unique_ptr<ParsedBlock> parsed = pipeline.next()) {
      assembler.add(std::move(parsed));
      if (options.progress) {
        options.progress(reader.bytes_consumed());
      }
    }
  }
  assembler.finish();
  ReadResult result;
  result.events = assembler.events();
  result.records = assembler.records();
  result.damage = assembler.damage();
  result.bounds = assembler.bounds();
  return result;
}

}  // namespace auexfil::audit
