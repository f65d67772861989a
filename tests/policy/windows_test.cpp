#include "auexfil/policy/windows.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

namespace auexfil::policy {
namespace {

/// The definition, word by word: every moment at which an entry ends, every window, every entry.
std::vector<Stretch> reference(const std::vector<WindowEntry>& entries, std::int64_t window,
                               std::optional<std::uint64_t> limit,
                               std::optional<audit::TimeMs> from = {}) {
  std::vector<Stretch> out;
  for (const WindowEntry& moment : entries) {
    if (from && moment.end < *from) {
      continue;
    }
    Stretch held{entries.size(), 0, 0};
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].end > moment.end - window && entries[i].end <= moment.end) {
        held.first = std::min(held.first, i);
        held.last = i;
        held.peak += entries[i].amount;
      }
    }
    if (limit && held.peak <= *limit) {
      continue;
    }
    if (!out.empty() && held.first <= out.back().last) {
      out.back().last = held.last;
      out.back().peak = std::max(out.back().peak, held.peak);
    } else {
      out.push_back(held);
    }
  }
  return out;
}

TEST_CASE("windows: a limit is exceeded by more, within a window that is open on its left") {
  struct Case {
    const char* what;
    std::vector<WindowEntry> entries;
    std::vector<Stretch> stretches;
  };
  // window 10, limit 100
  const std::vector<Case> cases = {
      {"nothing", {}, {}},
      {"as much as the limit", {{5, 100}}, {}},
      {"one more", {{5, 101}}, {{0, 0, 101}}},
      {"a sum in the window", {{0, 50}, {9, 51}}, {{0, 1, 101}}},
      {"one window apart is not in it", {{0, 50}, {10, 51}}, {}},
      {"the same moment counts whole", {{5, 60}, {5, 60}}, {{0, 1, 120}}},
      {"small ones around a big one are covered",
       {{0, 1}, {5, 101}, {9, 1}, {14, 1}},
       {{0, 3, 103}}},
      {"what shares no entry stays apart", {{0, 101}, {10, 101}}, {{0, 0, 101}, {1, 1, 101}}},
      {"windows that share an entry are one", {{0, 60}, {6, 60}, {12, 60}}, {{0, 2, 120}}},
      {"unknown volumes exceed nothing", {{0, 0}, {1, 0}}, {}},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    CHECK(find_stretches(c.entries, 10, 100) == c.stretches);
    CHECK(reference(c.entries, 10, 100) == c.stretches);
  }
}

TEST_CASE("windows: without a limit every entry is covered, a window apart in pieces") {
  const std::vector<WindowEntry> entries = {{0, 0}, {9, 1}, {18, 0}, {28, 5}};
  CHECK(find_stretches(entries, 10, std::nullopt) == std::vector<Stretch>{{0, 2, 1}, {3, 3, 5}});
}

TEST_CASE("windows: sums are exact past 64 bits and times at the ends of their range are safe") {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  constexpr auto kFirst = std::numeric_limits<audit::TimeMs>::min();
  constexpr auto kLast = std::numeric_limits<audit::TimeMs>::max();
  const std::vector<WindowEntry> sums = {{0, kMost}, {1, kMost}, {11, 5}, {12, 5}};
  CHECK(find_stretches(sums, 10, 10) == std::vector<Stretch>{{0, 1, kMost}});
  const std::vector<WindowEntry> ends = {{kFirst, 11}, {kLast, 11}};
  CHECK(find_stretches(ends, 10, 10) == std::vector<Stretch>{{0, 0, 11}, {1, 1, 11}});
}

TEST_CASE("windows: what entries are only together counts where a window holds them all") {
  struct Case {
    const char* what;
    std::vector<WindowEntry> entries;
    std::vector<Together> together;
    std::vector<Stretch> stretches;
  };
  // window 10, limit 100
  const std::vector<Case> cases = {
      {"within the window", {{0, 5}, {9, 5}}, {{0, 1, 91}}, {{0, 1, 101}}},
      {"no more than the limit", {{0, 5}, {9, 5}}, {{0, 1, 90}}, {}},
      {"a window apart", {{0, 5}, {10, 5}}, {{0, 1, 91}}, {}},
      {"with the first it goes", {{0, 5}, {5, 5}, {12, 95}}, {{0, 1, 91}}, {{0, 1, 101}}},
      {"two that begin alike", {{0, 5}, {0, 5}, {1, 5}}, {{0, 1, 40}, {0, 2, 46}}, {{0, 2, 101}}},
      {"at one moment, whatever their order", {{3, 5}, {3, 5}}, {{0, 1, 91}}, {{0, 1, 101}}},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    CHECK(find_stretches(c.entries, 10, 100, {}, c.together) == c.stretches);
  }
}

TEST_CASE("windows: random groups agree with the definition") {
  std::mt19937 random(4711);
  for (int round = 0; round < 3000; ++round) {
    const auto pick = [&random](int low, int high) {
      return std::uniform_int_distribution<int>(low, high)(random);
    };
    std::vector<WindowEntry> entries(static_cast<std::size_t>(pick(0, 40)));
    const int span = pick(1, 120);
    for (WindowEntry& entry : entries) {
      entry.end = pick(0, span);
      entry.amount = static_cast<std::uint64_t>(pick(0, 3) == 0 ? pick(0, 90) : pick(0, 9));
    }
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.end < b.end; });
    const int window = pick(1, 30);
    const auto limit = static_cast<std::uint64_t>(pick(0, 80));
    INFO("round " << round);
    REQUIRE(find_stretches(entries, window, limit) == reference(entries, window, limit));
    REQUIRE(find_stretches(entries, window, std::nullopt) ==
            reference(entries, window, std::nullopt));
    const audit::TimeMs from = pick(0, span);
    REQUIRE(find_stretches(entries, window, limit, from) ==
            reference(entries, window, limit, from));
  }
}

}  // namespace
}  // namespace auexfil::policy
