#include "auexfil/host/rule_watch.hpp"

#include <initializer_list>
#include <utility>

#include <catch2/catch.hpp>

namespace auexfil::host {
namespace {

using audit::Call;

constexpr audit::TimeMs kHour = 3'600'000;
constexpr std::uint8_t kThree = kind::kExec | kind::kConnect | kind::kBytes;

void change(RuleWatch& watch, RuleStep step, int times, audit::TimeMs time) {
  if (watch.is_new_change(time)) {
    static_cast<void>(watch.settle(time));
  }
  for (int i = 0; i < times; ++i) {
    watch.note({step, true, 1000, 9}, time, kThree);
  }
}

void calls(RuleWatch& watch) {
  for (const Call call : {Call::execve, Call::connect, Call::sendto}) {
    watch.note_call(call);
  }
}

}  // namespace

TEST_CASE("rules: all that were removed leave a hole until others are added, or the end") {
  RuleWatch watch;
  change(watch, RuleStep::removed, 5, 1000);
  SECTION("to the end") {
    CHECK(watch.settle(kHour));
    REQUIRE(watch.holes().size() == 1);
    CHECK(watch.holes()[0].removed == 5);
    CHECK(watch.holes()[0].auid == 1000);
    CHECK(watch.holes()[0].from == 1000);
    CHECK(watch.holes()[0].to == kHour);
  }
  SECTION("until they are added") {
    change(watch, RuleStep::added, 5, kHour);
    calls(watch);
    CHECK_FALSE(watch.settle(3 * kHour));
    REQUIRE(watch.holes().size() == 1);
    CHECK(watch.holes()[0].to == kHour);
  }
  SECTION("one that is added for five is none for the others") {
    change(watch, RuleStep::added, 1, kHour);
    watch.note_call(Call::execve);
    CHECK(watch.settle(2 * kHour));
    REQUIRE(watch.holes().size() == 1);
    CHECK(watch.holes()[0].removed == 5);
    CHECK(watch.holes()[0].to == 2 * kHour);
  }
}

TEST_CASE("rules: a reload is no hole") {
  RuleWatch watch;
  change(watch, RuleStep::removed, 5, 1000);
  change(watch, RuleStep::added, 5, 4000);
  SECTION("calls come again") {
    watch.note_call(Call::execve);
    CHECK_FALSE(watch.settle(9 * kHour));
  }
  SECTION("the log ends soon after") {
    CHECK_FALSE(watch.settle(60'000));
  }
  SECTION("unless nothing at all comes for hours: other rules came than went") {
    CHECK(watch.settle(9 * kHour));
  }
}

TEST_CASE("rules: fewer that are added at once are a reload only if every kind comes again") {
  RuleWatch watch;
  change(watch, RuleStep::removed, 5, 1000);
  change(watch, RuleStep::added, 1, 1000);
  SECTION("it does") {
    calls(watch);
    CHECK_FALSE(watch.settle(kHour));
  }
  SECTION("one does not") {
    watch.note_call(Call::execve);
    watch.note_call(Call::write);
    CHECK(watch.settle(kHour));
    CHECK(watch.holes()[0].missing() == kind::kConnect);
  }
}

TEST_CASE("rules: one that goes while all calls go on takes nothing away") {
  RuleWatch watch;
  change(watch, RuleStep::removed, 1, 1000);
  calls(watch);
  CHECK_FALSE(watch.settle(kHour));
}

TEST_CASE("rules: what came between two removals does not prove that anything is left") {
  RuleWatch watch;
  change(watch, RuleStep::removed, 1, 1000);
  calls(watch);
  change(watch, RuleStep::removed, 4, 1001);
  CHECK(watch.settle(kHour));
}

TEST_CASE("rules: an exclusion after which nothing comes is a hole as well") {
  RuleWatch watch;
  change(watch, RuleStep::hides, 1, 1000);
  SECTION("nothing for hours") {
    CHECK(watch.settle(9 * kHour));
  }
  SECTION("calls go on") {
    watch.note_call(Call::write);
    CHECK_FALSE(watch.settle(9 * kHour));
  }
}

TEST_CASE("rules: holes without end are no more than a bound, and none is left out of the sum") {
  RuleWatch watch;
  for (int i = 1; i <= 200; ++i) {
    change(watch, RuleStep::removed, 2, i * kHour);
  }
  CHECK(watch.settle(999 * kHour));
  CHECK(watch.holes().size() == 64);
  std::uint64_t removed = 0;
  for (const RuleChange& hole : watch.holes()) {
    removed += hole.removed;
  }
  CHECK(removed == 400);
  CHECK(watch.holes().back().to == 999 * kHour);
}

TEST_CASE("rules: a hole that is over goes, unless a kind of call has not come since") {
  RuleWatch watch;
  change(watch, RuleStep::removed, 5, 1000);
  change(watch, RuleStep::added, 5, kHour);
  watch.note_call(Call::execve);
  watch.note_call(Call::write);
  watch.forget_before(kHour);
  CHECK(watch.holes().size() == 1);  // it ends then
  watch.forget_before(2 * kHour);
  CHECK(watch.holes().size() == 1);  // no connection has come
  SECTION("it comes") {
    watch.note_call(Call::connect);
    watch.forget_before(2 * kHour);
    CHECK(watch.holes().empty());
  }
  SECTION("another one that is not over stays") {
    change(watch, RuleStep::removed, 5, 5 * kHour);
    change(watch, RuleStep::added, 5, 6 * kHour);
    calls(watch);
    watch.forget_before(2 * kHour);
    REQUIRE(watch.holes().size() == 1);
    CHECK(watch.holes()[0].to == 6 * kHour);
  }
}

namespace {

constexpr bool kKey = true;

/// Edits of one go, after calls have come.
void edit(RuleWatch& watch, std::initializer_list<std::pair<RuleStep, bool>> edits,
          audit::TimeMs time, std::uint8_t before = kThree) {
  if (watch.is_new_change(time)) {
    static_cast<void>(watch.settle(time));
  }
  for (const auto& [step, has_key] : edits) {
    watch.note({step, has_key, 0, 5}, time, before);
  }
  calls(watch);
}

}  // namespace

TEST_CASE("rules: one that may leave calls out and comes in mid-log is a doubt until it goes") {
  using enum RuleStep;
  struct Row {
    const char* name;
    RuleStep step;
    bool has_key;
    RuleStep back;
    bool is_doubt;
  };
  constexpr Row kRows[] = {{"without a key", added, !kKey, removed, true},
                           {"with a key", added, kKey, removed, false},
                           {"task", hides, !kKey, shows, true},
                           {"exclude, with a key", hides, kKey, shows, true}};
  for (const Row& row : kRows) {
    CAPTURE(row.name);
    RuleWatch watch;
    edit(watch, {{added, kKey}, {added, kKey}}, 1000, 0);
    edit(watch, {{row.step, row.has_key}}, kHour);
    static_cast<void>(watch.settle(2 * kHour));
    REQUIRE(watch.doubts().size() == (row.is_doubt ? 1 : 0));
    if (!row.is_doubt) {
      continue;
    }
    CHECK(watch.doubts()[0].hiding_added == 1);
    CHECK(watch.doubts()[0].from == kHour);
    CHECK(watch.doubts()[0].to == 0);
    SECTION("removed") {
      edit(watch, {{row.back, row.has_key}}, 3 * kHour);
      static_cast<void>(watch.settle(4 * kHour));
      CHECK(watch.doubts()[0].to == 3 * kHour);
    }
    SECTION("a boot") {
      watch.boot(3 * kHour, kThree);
      CHECK(watch.doubts()[0].to == 3 * kHour);
      watch.forget_before(4 * kHour);
      CHECK(watch.doubts().empty());
    }
    SECTION("it goes on") {
      watch.forget_before(9 * kHour);
      CHECK(watch.doubts().size() == 1);
    }
  }
}

TEST_CASE(
    "rules: those that a log or a boot begins with, and what a reload brings again, are none") {
  using enum RuleStep;
  RuleWatch watch;
  SECTION("the log's first") {
    edit(watch, {{added, !kKey}, {hides, !kKey}}, 1000, 0);
  }
  SECTION("a boot's first") {
    edit(watch, {{added, kKey}}, 1000, 0);
    static_cast<void>(watch.settle(kHour));
    watch.boot(kHour, kThree);
    edit(watch, {{added, !kKey}, {hides, !kKey}}, kHour + 10);
  }
  SECTION("reloaded") {
    edit(watch, {{removed, !kKey}, {shows, !kKey}, {added, !kKey}, {hides, !kKey}}, kHour);
  }
  SECTION("auditd stops, and is there again later") {
    edit(watch, {{added, !kKey}, {added, kKey}}, 1000, 0);
    if (watch.is_new_change(kHour)) {
      static_cast<void>(watch.settle(kHour));
    }
    watch.note({removed, !kKey, 0, 5}, kHour, kThree);
    watch.note({removed, kKey, 0, 5}, kHour, kThree);
    static_cast<void>(watch.settle(2 * kHour));
    CHECK(watch.holes().size() == 1);
    edit(watch, {{added, !kKey}, {added, kKey}}, 2 * kHour);
  }
  static_cast<void>(watch.settle(3 * kHour));
  CHECK(watch.doubts().empty());
}

TEST_CASE("rules: a boot after which no rules are loaded is a hole") {
  RuleWatch watch;
  edit(watch, {{RuleStep::added, kKey}}, 1000, 0);
  static_cast<void>(watch.settle(kHour));
  watch.boot(kHour, kThree);
  SECTION("to the end") {
    CHECK(watch.settle(9 * kHour));
    REQUIRE(watch.holes().size() == 1);
    CHECK(watch.holes()[0].from == kHour);
    CHECK(watch.holes()[0].to == 9 * kHour);
  }
  SECTION("until they are") {
    edit(watch, {{RuleStep::added, kKey}}, 5 * kHour);
    CHECK_FALSE(watch.settle(9 * kHour));
    REQUIRE(watch.holes().size() == 1);
    CHECK(watch.holes()[0].to == 5 * kHour);
  }
  SECTION("not if they are soon") {
    edit(watch, {{RuleStep::added, kKey}}, kHour + 60'000);
    CHECK_FALSE(watch.settle(9 * kHour));
    CHECK(watch.holes().empty());
  }
  SECTION("nor if calls come") {
    calls(watch);
    CHECK_FALSE(watch.settle(9 * kHour));
  }
}

TEST_CASE("rules: a reload that brings more that may leave calls out than went is a doubt") {
  using enum RuleStep;
  RuleWatch watch;
  edit(watch, {{added, !kKey}, {added, kKey}}, 1000, 0);
  edit(watch, {{removed, !kKey}, {removed, kKey}, {added, !kKey}, {added, kKey}, {added, !kKey}},
       kHour);
  static_cast<void>(watch.settle(2 * kHour));
  REQUIRE(watch.doubts().size() == 1);
  CHECK(watch.doubts()[0].hiding_added == 1);
}

TEST_CASE("rules: doubts without end are no more than a bound, and none is left out of the sum") {
  using enum RuleStep;
  RuleWatch watch;
  edit(watch, {{added, kKey}}, 1000, 0);
  for (int i = 1; i <= 200; ++i) {
    edit(watch, {{added, !kKey}}, i * kHour);
  }
  static_cast<void>(watch.settle(999 * kHour));
  CHECK(watch.doubts().size() == 64);
  std::uint64_t rules = 0;
  for (const RuleChange& doubt : watch.doubts()) {
    rules += doubt.hiding_added;
  }
  CHECK(rules == 200);
}

}  // namespace auexfil::host
