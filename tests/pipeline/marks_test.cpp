#include "../../src/pipeline/marks.hpp"

#include <catch2/catch.hpp>

#include "auexfil/input/state_io.hpp"

namespace auexfil::pipeline {
namespace {

constexpr audit::TimeMs kHour = 3'600'000;
constexpr audit::TimeMs kDay = 24 * kHour;

/// A sum that is larger by one each hour.
void mark(Marks& marks, audit::TimeMs time) {
  if (marks.wants(time)) {
    Mark made;
    made.time = time;
    made.hidden.unopened_sends = static_cast<std::uint64_t>(time / kHour);
    made.unattributed.surely.add("ftp", made.hidden.unopened_sends);
    made.bounds["strings"] = 3;
    marks.add(std::move(made));
  }
}

Marks read_back(Marks& marks) {
  std::string bytes;
  input::StateWriter writer(bytes);
  marks.walk(writer);
  writer.flush();
  const std::string sealed = input::seal_state(bytes);
  input::StateReader reader(input::open_state(sealed));
  Marks made;
  made.walk(reader);
  CHECK(reader.is_at_end());
  return made;
}

}  // namespace

TEST_CASE("marks: the last one before a time tells what sums were then") {
  Marks marks;
  for (int day = 1; day <= 9; ++day) {
    mark(marks, day * kDay + day % 2 * 1000);
  }
  marks = read_back(marks);
  CHECK_FALSE(marks.forget_before(kDay));
  const auto then = marks.forget_before(5 * kDay);
  REQUIRE(then);
  CHECK(then->time == 4 * kDay);
  CHECK(then->hidden.unopened_sends == 96);
  CHECK(then->unattributed.surely.total() == 96);
  CHECK(then->bounds.at("strings") == 3);
  CHECK_FALSE(marks.forget_before(3 * kDay));  // it is forgotten, and all is told
}

TEST_CASE("marks: they are few, however often a job runs and however long facts are kept") {
  Marks marks;
  for (int hour = 1; hour <= 24 * 400; ++hour) {
    mark(marks, hour * kHour);
  }
  const auto then = marks.forget_before(200 * kDay);
  REQUIRE(then);
  CHECK(then->time > 185 * kDay);
  std::string bytes;
  input::StateWriter writer(bytes);
  marks.walk(writer);
  writer.flush();
  CHECK(bytes.size() < 64 * 64);
}

TEST_CASE("marks: those of a clock that was ahead go as it is put back") {
  Marks marks;
  mark(marks, kDay);
  mark(marks, 500 * kDay);
  mark(marks, 2 * kDay);
  mark(marks, 3 * kDay);
  CHECK(marks.forget_before(400 * kDay)->time == 3 * kDay);
}

TEST_CASE("marks: what sums were is taken off, and never more than there is") {
  transfer::UnattributedBytes now;
  now.surely.add("ftp", 100);
  now.surely.add("curl", 5);
  now.maybe_files[1].add("tar", 7);
  transfer::UnattributedBytes before = now;
  now.surely.add("ftp", 11);
  now.take_off(before);
  CHECK(now.surely.total() == 11);
  CHECK(now.surely.programs() == decltype(now.surely.programs()){{"ftp", 11}});
  CHECK(now.maybe_files[1].total() == 0);
  before.take_off(now);
  now.take_off(before);
  CHECK(now.surely.total() == 0);
  CHECK(now.surely.programs().empty());

  host::HiddenTally tally;
  tally.families[1] = {10, 4, 400};
  tally.unknown_archs = {{7, 5}, {8, 1}};
  const host::HiddenTally old = tally;
  tally.families[1].nameless = 5;
  tally.unknown_archs[0].calls = 6;
  tally.take_off(old);
  CHECK(tally.families[1].connects == 10);
  CHECK(tally.families[1].nameless == 1);
  CHECK(tally.families[1].nameless_bytes == 0);
  REQUIRE(tally.unknown_archs.size() == 1);
  CHECK(tally.unknown_archs[0].calls == 1);
}

}  // namespace auexfil::pipeline
