#include "auexfil/policy/read_facts.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "auexfil/input/ordered_queue.hpp"

namespace auexfil::policy {
namespace {

using BatchPtr = std::unique_ptr<FactBatch>;

/// Reads one chunk after the other; one a thread.
class ChunkReader {
 public:
  explicit ChunkReader(const FactSource& source)
      : source_(source),
        reader_(sink(), source.whole        ? facts::FactDetail::all
                        : source.with_files ? facts::FactDetail::judged_with_files
                                            : facts::FactDetail::judged) {}
  ChunkReader(const ChunkReader&) = delete;
  ChunkReader& operator=(const ChunkReader&) = delete;

  void read(FactBatch& batch) {
    batch_ = &batch;
    batch.facts.clear();
    batch.whole.clear();
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
    batch.mistakes = reader_.mistakes();
    reader_.forget_mistakes();
  }

 private:
  facts::FactSink sink() {
    facts::FactSink sink;
    sink.fact = [this](const facts::Fact& fact) {
      ++facts_;
      if (source_.wanted && !source_.wanted(fact)) {
        return;
      }
      if (source_.whole) {
        batch_->whole.push_back(fact);
      } else {
        batch_->facts.add(fact, source_.with_files);
      }
    };
    sink.coverage = [this](const coverage::HostCoverage& host) {
      batch_->coverages.push_back(host);
    };
    sink.summary = [this](const coverage::ReadSummary& summary, const facts::SummaryClaim& claim) {
      batch_->summaries.push_back(
          {summary, claim, reader_.lines_read(), facts_, batch_->coverages.size()});
    };
    return sink;
  }

  const FactSource& source_;
  FactBatch* batch_ = nullptr;
  std::uint64_t facts_ = 0;  ///< Of the chunk so far.
  facts::FactReader reader_;
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
  constexpr unsigned kMost = 64;
  const unsigned workers = std::min(threads, kMost);
  input::Spares<BatchPtr> spare;
  const auto take = [&](BatchPtr& batch) {
    batch = spare.take([] { return std::make_unique<FactBatch>(); });
    return source.next(batch->chunk);
  };
  const auto make_reader = [&] {
    const auto reader = std::make_shared<ChunkReader>(source);  // one a thread
    return [reader](BatchPtr& batch) { reader->read(*batch); };
  };
  input::OrderedQueue<BatchPtr> batches({workers, std::size_t{workers} * 3 + 1, false}, take,
                                        make_reader);
  while (std::optional<BatchPtr> batch = batches.next()) {
    sink(**batch);
    spare.give(std::move(*batch));
  }
}

}  // namespace auexfil::policy
