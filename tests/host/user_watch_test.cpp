#include "auexfil/host/user_watch.hpp"

#include <catch2/catch.hpp>

namespace auexfil::host {
namespace {

constexpr audit::TimeMs kHour = 3'600'000;

void sessions(UserWatch& watch, std::uint32_t auid, int count, audit::TimeMs from,
              audit::TimeMs step = kHour) {
  for (int i = 0; i < count; ++i) {
    watch.note_session(auid, from + i * step);
  }
}

}  // namespace

TEST_CASE("users: sessions in a row without a program are told, of each user by itself") {
  UserWatch watch;
  sessions(watch, 0, 5, kHour);
  sessions(watch, 1000, 3, kHour);
  watch.note_start(1001, 2 * kHour);
  SECTION("to the end") {
    watch.settle(9 * kHour);
    REQUIRE(watch.all().size() == 1);
    CHECK(watch.all()[0].to == 9 * kHour);
  }
  SECTION("until one begins") {
    watch.note_start(0, 7 * kHour);
    watch.settle(9 * kHour);
    REQUIRE(watch.all().size() == 1);
    CHECK(watch.all()[0].to == 7 * kHour);
  }
  CHECK(watch.all()[0].auid == 0);
  CHECK(watch.all()[0].from == kHour);
  CHECK(watch.all()[0].sessions == 5);
  watch.forget_before(kHour);
  CHECK(watch.all().size() == 1);
  watch.forget_before(10 * kHour);
  CHECK(watch.all().empty());
}

TEST_CASE("users: sessions with programs are no sign, nor are some that come at once") {
  UserWatch watch;
  for (int i = 0; i < 100; ++i) {
    sessions(watch, 0, 9, i * kHour, 1);
    watch.note_start(0, i * kHour + 500);
  }
  sessions(watch, 0, 9, 100 * kHour, 1);
  watch.settle(100 * kHour + 10);
  CHECK(watch.all().empty());
}

TEST_CASE("users: where some sessions have shown no program before, there have to be more") {
  UserWatch watch;
  sessions(watch, 0, 3, 0);
  watch.note_start(0, 3 * kHour);
  sessions(watch, 0, 6, 4 * kHour);
  watch.note_start(0, 10 * kHour);
  CHECK(watch.all().empty());
  sessions(watch, 0, 13, 11 * kHour);
  watch.settle(30 * kHour);
  CHECK(watch.all().size() == 1);
}

TEST_CASE("users: more than a bound are one, and what is told is bounded") {
  UserWatch watch;
  for (std::uint32_t auid = 0; auid < 2000; ++auid) {
    sessions(watch, auid, 5, kHour);
  }
  watch.settle(9 * kHour);
  REQUIRE(watch.all().size() == 64);
  std::uint64_t all = 0;
  for (const QuietUser& one : watch.all()) {
    all += one.sessions;
  }
  CHECK(all == 10'000);
}

}  // namespace auexfil::host
