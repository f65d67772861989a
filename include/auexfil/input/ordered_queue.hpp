#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace auexfil::input {

/// Workers that take items one at a time, in order, and work on them side by side; who asks gets
/// them in that order. Few wait for their turn, so that memory does not hang on their number.
template <typename Item>
class OrderedQueue {
 public:
  /// Fills an item. One call at a time. \return false at the end.
  using Take = std::function<bool(Item&)>;
  /// What is done with it, by one thread alone; another one for each thread.
  using Work = std::function<void(Item&)>;

  struct Options {
    unsigned workers = 1;   ///< threads
    std::size_t ahead = 4;  ///< items that are taken before their turn, at most
    /// Who asks works along while the next item is not ready: to sleep and be woken costs as much
    /// as a small one.
    bool asker_works = false;
  };

  OrderedQueue(const Options& options, Take take, const std::function<Work()>& make_work)
      : take_(std::move(take)), ring_(options.ahead) {
    if (options.asker_works) {
      own_work_ = make_work();
    }
    for (unsigned i = 0; i < options.workers; ++i) {
      threads_.emplace_back([this, make_work] { work(make_work); });
    }
  }

  ~OrderedQueue() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    room_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }
  OrderedQueue(const OrderedQueue&) = delete;
  OrderedQueue& operator=(const OrderedQueue&) = delete;

  /// The next item in order, or nothing at the end. Rethrows what a worker threw.
  std::optional<Item> next() {
    std::optional<Item>& place = ring_[consumed_ % ring_.size()];
    const auto is_ready = [&] {
      return place.has_value() || error_ || (ended_ && consumed_ == taken_);
    };
    std::unique_lock lock(mutex_);
    while (!is_ready()) {
      bool helped = false;
      if (own_work_ && has_room()) {
        lock.unlock();
        try {
          helped = do_one(own_work_);
        } catch (...) {
          fail();
          throw;
        }
        lock.lock();
      }
      if (!helped && !is_ready() && !(own_work_ && has_room())) {
        ready_.wait(lock, is_ready);
      }
    }
    if (error_) {
      std::rethrow_exception(error_);
    }
    std::optional<Item> item = std::exchange(place, std::nullopt);
    if (item) {
      ++consumed_;
      const bool is_half_empty = taken_ <= consumed_ + ring_.size() / 2;
      lock.unlock();
      if (is_half_empty) {
        room_.notify_all();  // not for every place
      }
    }
    return item;
  }

 private:
  [[nodiscard]] bool has_room() const {
    return !ended_ && !stop_ && taken_ < consumed_ + ring_.size();
  }

  /// \return false when there is no room for an item, or none is left.
  bool do_one(const Work& work) {
    std::size_t number = 0;
    Item item{};
    {
      const std::lock_guard taking(take_mutex_);
      {
        const std::lock_guard lock(mutex_);
        if (!has_room()) {
          return false;
        }
      }
      const bool has_more = take_(item);
      const std::lock_guard lock(mutex_);
      if (!has_more) {
        ended_ = true;
        ready_.notify_all();
        room_.notify_all();
        return false;
      }
      number = taken_++;
    }
    work(item);
    const std::lock_guard lock(mutex_);
    ring_[number % ring_.size()] = std::move(item);
    if (number == consumed_) {
      ready_.notify_all();
    }
    return true;
  }

  void work(const std::function<Work()>& make_work) {
    try {
      const Work work = make_work();
      for (;;) {
        {
          std::unique_lock lock(mutex_);
          room_.wait(lock, [&] { return stop_ || ended_ || has_room(); });
          if (stop_ || ended_) {
            return;
          }
        }
        static_cast<void>(do_one(work));
      }
    } catch (...) {
      fail();
    }
  }

  /// What is being thrown ends it for all.
  void fail() {
    const std::lock_guard lock(mutex_);
    error_ = std::current_exception();
    ended_ = true;
    ready_.notify_all();
    room_.notify_all();
  }

  Take take_;
  Work own_work_;
  std::mutex take_mutex_;  ///< Held while an item is filled; before mutex_.
  std::mutex mutex_;       ///< Guards all below.
  std::condition_variable ready_;
  std::condition_variable room_;
  std::vector<std::optional<Item>> ring_;
  std::size_t taken_ = 0;
  std::size_t consumed_ = 0;
  bool ended_ = false;
  bool stop_ = false;
  std::exception_ptr error_;
  std::vector<std::thread> threads_;
};

/// Things that have served and may serve again. Safe from any thread.
template <typename Thing>
class Spares {
 public:
  /// One that has served, or a fresh one.
  [[nodiscard]] Thing take(const std::function<Thing()>& make) {
    {
      const std::lock_guard lock(mutex_);
      if (!things_.empty()) {
        Thing thing = std::move(things_.back());
        things_.pop_back();
        return thing;
      }
    }
    return make();
  }
  void give(Thing thing) {
    const std::lock_guard lock(mutex_);
    things_.push_back(std::move(thing));
  }

 private:
  std::mutex mutex_;
  std::vector<Thing> things_;
};

}  // namespace auexfil::input
