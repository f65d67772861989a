#include "auexfil/input/ordered_queue.hpp"

#include <atomic>
#include <chrono>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

namespace auexfil::input {
namespace {

using Queue = OrderedQueue<int>;

/// Counts to before `end`.
Queue::Take counter(int end) {
  return [end, next = 0](int& item) mutable {
    item = next++;
    return item < end;
  };
}

}  // namespace

TEST_CASE("ordered queue: items come in order, whoever is done first") {
  for (const unsigned workers : {1U, 2U, 7U}) {
    for (const bool asker_works : {false, true}) {
      CAPTURE(workers, asker_works);
      std::atomic<int> worked = 0;
      Queue queue({workers, 5, asker_works}, counter(300), [&] {
        return [&, random = std::mt19937(7)](int& item) mutable {
          std::this_thread::sleep_for(std::chrono::microseconds(random() % 50));
          item *= 2;
          ++worked;
        };
      });
      for (int i = 0; i < 300; ++i) {
        REQUIRE(queue.next() == 2 * i);
      }
      CHECK(queue.next() == std::nullopt);
      CHECK(queue.next() == std::nullopt);
      CHECK(worked == 300);
    }
  }
}

TEST_CASE("ordered queue: no more than so many are taken before their turn") {
  std::atomic<int> taken = 0;
  Queue queue(
      {4, 6, false},
      [&](int& item) {
        item = taken++;
        return item < 1000;
      },
      [] { return [](int&) {}; });
  for (int i = 0; i < 50; ++i) {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    CHECK(taken <= i + 7);
    CHECK(queue.next() == i);
  }
}

TEST_CASE("ordered queue: what a worker throws, or who fills an item, is thrown to who asks") {
  for (const bool by_take : {false, true}) {
    Queue queue(
        {3, 4, true},
        [by_take, next = 0](int& item) mutable {
          item = next++;
          if (by_take && item == 20) {
            throw std::runtime_error("take");
          }
          return true;
        },
        [by_take] {
          return [by_take](int& item) {
            if (!by_take && item == 20) {
              throw std::runtime_error("work");
            }
          };
        });
    const auto ask = [&] {
      for (int i = 0; i < 1000; ++i) {
        static_cast<void>(queue.next());
      }
    };
    CHECK_THROWS_AS(ask(), std::runtime_error);
  }
}

TEST_CASE("ordered queue: who asks no more waits for nobody") {
  for (int i = 0; i < 50; ++i) {
    Queue queue({3, 4, i % 2 == 0}, counter(1'000'000), [] { return [](int&) {}; });
    CHECK(queue.next() == 0);
  }
}

}  // namespace auexfil::input
