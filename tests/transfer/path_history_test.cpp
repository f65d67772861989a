#include "auexfil/transfer/path_history.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "auexfil/input/state_io.hpp"

namespace auexfil::transfer {
namespace {

constexpr audit::TimeMs kHour = 3'600'000;

PathHistory::Deed staged(audit::TimeMs time, std::uint32_t maker = 7) {
  return {false, maker, {time, 1}, "tar (pid 5)", "packed"};
}
PathHistory::Deed removed(audit::TimeMs time) {
  return {true, 0, {time, 1}, "rm (pid 6)", ""};
}

}  // namespace

TEST_CASE("path history: each night's archive is its own") {
  PathHistory history;
  for (std::uint32_t night = 0; night < 3; ++night) {
    const audit::TimeMs time = (1 + 24 * audit::TimeMs{night}) * kHour;
    history.add_staged("/x", false, staged(time, night + 1));
    history.add_removal("/x", false, removed(time + 10));
  }
  history.settle(false);
  CHECK(history.staged_before("/x", {kHour, 0}) == nullptr);
  const PathHistory::Deed* const second = history.staged_before("/x", {25 * kHour + 5, 0});
  REQUIRE(second != nullptr);
  CHECK(second->maker == 2);
  REQUIRE(history.removed_after("/x", {25 * kHour + 5, 0}) != nullptr);
  CHECK(history.removed_after("/x", {25 * kHour + 5, 0})->event.time == 25 * kHour + 10);
  // Gone, and not made again.
  CHECK(history.staged_before("/x", {26 * kHour, 0}) == nullptr);
  CHECK(history.removed_after("/x", {24 * kHour, 0}) == nullptr);
}

TEST_CASE("path history: a week is long enough") {
  PathHistory history;
  history.add_staged("/x", false, staged(0));
  history.settle(false);
  CHECK(history.staged_before("/x", {7 * 24 * kHour, 2}) != nullptr);
  CHECK(history.staged_before("/x", {7 * 24 * kHour + 1, 2}) == nullptr);
}

TEST_CASE("path history: pieces, and what they were made from") {
  PathHistory history;
  history.add_staged("/t/a.tgz", false, staged(1, 1));
  history.add_staged("/t/part.", true, staged(2, 2));
  history.add_source("/t/part.", true, 2, "/t/a.tgz");
  history.add_source("/t/part.", true, 2, "/t/other");
  history.add_source("/t/part.", true, 3, "/t/a.tgz");  // another program's
  history.settle(false);
  const PathHistory::Deed* const piece = history.staged_before("/t/part.ab", {9, 9});
  REQUIRE(piece != nullptr);
  CHECK(piece->sources == std::vector<std::string>{"/t/a.tgz"});
  CHECK(history.staged_before("/t/part.", {9, 9}) == nullptr);
  CHECK(history.staged_before("/t/part.longer", {9, 9}) == nullptr);
  CHECK(history.staged_before("/t/part./x", {9, 9}) == nullptr);
}

TEST_CASE("path history: what was done out of order is told in order") {
  PathHistory history;
  history.add_removal("/x", false, removed(1));  // nobody asked for it
  history.add_staged("/x", false, staged(20, 2));
  history.add_removal("/x", false, removed(10));
  history.settle(false);
  CHECK(history.staged_before("/x", {15, 0}) == nullptr);
  REQUIRE(history.removed_after("/x", {5, 0}) != nullptr);
  CHECK(history.removed_after("/x", {5, 0})->event.time == 10);
}

TEST_CASE("path history: a folder goes with all that is in it") {
  PathHistory history;
  history.ask_for("/t/d/x");
  history.ask_for("/t/dd");
  history.add_removal("/t/d", true, removed(5));
  history.settle(false);
  CHECK(history.removed_after("/t/d/x", {1, 1}) != nullptr);
  CHECK(history.removed_after("/t/dd", {1, 1}) == nullptr);
}

TEST_CASE("path history: a command line's word gives way to the kernel's") {
  for (const bool unlinks_seen : {false, true}) {
    PathHistory history;
    history.ask_for("/x");
    PathHistory::Deed tried = removed(5);
    tried.by_argv = true;
    history.add_removal("/x", true, tried);
    history.settle(unlinks_seen);
    CHECK((history.removed_after("/x", {1, 1}) == nullptr) == unlinks_seen);
  }
}

TEST_CASE("path history: a name without its folder is nobody's") {
  PathHistory history;
  history.add_staged("a.tgz", false, staged(1));
  history.settle(false);
  CHECK_FALSE(history.asks_for("a.tgz"));
  CHECK(history.staged_before("a.tgz", {2, 2}) == nullptr);
}

TEST_CASE("path history: a million archives are counted past the bound") {
  PathHistory history(1 << 16);
  for (int i = 0; i < 1'000'000; ++i) {
    history.add_staged("/tmp/" + std::to_string(i), false, staged(i));
  }
  CHECK(history.refused() > 999'000);
  CHECK(history.asks_for("/tmp/1"));
  CHECK_FALSE(history.asks_for("/tmp/999999"));
}

TEST_CASE("path history: it goes on where it was paused") {
  PathHistory history;
  history.add_staged("/t/a", false, staged(1, 1));
  history.add_staged("/t/b", false, staged(2, 2));
  history.add_source("/t/b", false, 2, "/t/a");
  history.add_removal("/t/b", false, removed(4));
  std::string bytes;
  {
    input::StateWriter writer(bytes);
    history.walk(writer);
  }
  PathHistory again;
  input::StateReader reader(bytes);
  again.walk(reader);
  CHECK(reader.is_at_end());
  again.settle(false);
  REQUIRE(again.staged_before("/t/b", {3, 0}) != nullptr);
  CHECK(again.staged_before("/t/b", {3, 0})->sources.size() == 1);
  CHECK(again.removed_after("/t/b", {3, 0}) != nullptr);
}

}  // namespace auexfil::transfer
