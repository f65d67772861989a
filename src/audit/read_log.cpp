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

/// Workers that read and parse blocks, and a consumer that takes them in the order of the log and
/// works along while the next one is not ready: to sleep and be woken costs as much as to parse.
/// Reading is one at a time and gives each block its number; parsing runs side by side.
class Pipeline {
 public:
  /// \param threads 2 at least, the consumer's own among them.
  Pipeline(input::BlockReader& reader, Detail detail, unsigned threads, Spare& spare)
      : reader_(reader), detail_(detail), spare_(spare), ring_(std::size_t{threads} * 3 + 1) {
    for (unsigned i = 1; i < threads; ++i) {
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
    std::unique_ptr<ParsedBlock>& place = ring_[consumed_ % ring_.size()];
    const auto is_ready = [&] {
      return place != nullptr || error_ || (ended_ && consumed_ == read_);
    };
    std::unique_lock lock(mutex_);
    while (!is_ready()) {
      const bool has_room = is_room();
      lock.unlock();
      const bool helped = has_room && parse_one();
      lock.lock();
      if (!helped && !is_ready() && !is_room()) {
        ready_.wait(lock, is_ready);
      }
    }
    if (error_) {
      std::rethrow_exception(error_);
    }
    if (place == nullptr) {
      return nullptr;
    }
    std::unique_ptr<ParsedBlock> block = std::move(place);
    ++consumed_;
    const bool is_half_empty = read_ == consumed_ + ring_.size() / 2;
    lock.unlock();
    if (is_half_empty) {
      room_.notify_all();  // not for every place
    }
    return block;
  }

 private:
  [[nodiscard]] bool is_room() const { return !ended_ && read_ < consumed_ + ring_.size(); }

  /// Reads and parses one block. \return false when there is no room for one, or no more to read.
  bool parse_one() {
    std::unique_ptr<ParsedBlock> parsed = spare_.take();
    std::size_t number = 0;
    {
      const std::lock_guard reading(reader_mutex_);
      {
        const std::lock_guard lock(mutex_);
        if (!is_room()) {
          spare_.give(std::move(parsed));
          return false;
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
        return false;
      }
      number = read_++;
    }
    parse_block(*parsed, detail_);
    const std::lock_guard lock(mutex_);
    ring_[number % ring_.size()] = std::move(parsed);
    if (number == consumed_) {
      ready_.notify_all();
    }
    return true;
  }

  void work() {
    try {
      for (;;) {
        {
          std::unique_lock lock(mutex_);
          room_.wait(lock, [&] { return stop_ || ended_ || is_room(); });
          if (stop_ || ended_) {
            return;
          }
        }
        static_cast<void>(parse_one());
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
