#include "overlap.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "auexfil/input/logs.hpp"
#include "files.hpp"

using namespace auexfil::input;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::input::test;  // NOLINT(google-build-using-namespace): a test

namespace {

/// Events with numbers from `first` to `last`, one a second, from a second on.
struct Run {
  int first;
  int last;
  int second;
  std::string exe = "/x";
  int step = 1;
};

using Log = std::vector<Run>;

std::string event_of(int serial, int second, const std::string& exe, const std::string& node) {
  // Every tenth is a call that took a while: its stamp is of its beginning.
  const int begun = second - (serial % 10 == 9 ? 300 : 0);
  const std::string stamp = fmt::format("msg=audit({}.000:{}):", 1796173200 + begun, serial);
  return fmt::format(
      "{0}type=SYSCALL {1} arch=c000003e syscall=42 pid={2} exe=\"{3}\"\n"
      "{0}type=PROCTITLE {1} proctitle=\"{3}\"\n",
      node.empty() ? "" : "node=" + node + " ", stamp, 1000 + serial % 7, exe);
}

std::string text_of(const Log& log, const std::string& node = {}) {
  std::string text;
  for (const Run& run : log) {
    for (int serial = run.first; serial <= run.last; serial += run.step) {
      text += event_of(serial, run.second + serial - run.first, run.exe, node);
    }
  }
  return text;
}

std::string turned(const std::string& text) {
  std::string made;
  for (std::size_t end = text.size(); end > 0;) {
    const std::size_t begin = text.rfind('\n', end - 2) + 1;  // npos + 1: 0
    made += text.substr(begin, end - begin);
    end = begin;
  }
  return made;
}

std::string said(const Found& found) {
  std::string all;
  for (const LogSet& set : found.sets) {
    all += set.files.front().joined;
  }
  return all;
}

struct Case {
  const char* what;
  Log first;
  Log second;
  const char* why;  ///< they are apart; null: they are one
};

const std::vector<Case> kCases = {
    {"pages that overlap", {{1, 100, 0}}, {{61, 160, 60}}, nullptr},
    {"by a little", {{1, 100, 0}}, {{80, 160, 79}}, nullptr},
    {"by hours", {{1, 9000, 0}}, {{2001, 12000, 2000}}, nullptr},
    {"one inside the other", {{1, 3000, 0}}, {{1501, 1700, 1500}}, nullptr},
    {"an excerpt of the other", {{1, 3000, 0}}, {{601, 2400, 600, "/x", 3}}, nullptr},
    {"an excerpt that goes on alone",
     {{1, 300, 0}},
     {{201, 300, 200, "/x", 3}, {303, 600, 302, "/x", 3}},
     "but not all"},
    {"what each lacks an event of",
     {{1, 120, 0}, {122, 200, 121}},
     {{61, 149, 60}, {151, 260, 150}},
     nullptr},
    {"one event has other words",
     {{1, 100, 0}},
     {{61, 79, 60}, {80, 80, 79, "/y"}, {81, 160, 80}},
     "but not all"},
    {"a machine made of the other while it ran: both go on",
     {{1, 100, 0}, {101, 200, 100}},
     {{1, 100, 0}, {101, 200, 101, "/y"}},
     "but not all"},
    {"later, with the next numbers, and the one ends soon",
     {{1, 100, 0}, {101, 110, 100}},
     {{41, 100, 40}, {101, 200, 7200, "/y"}},
     "but not all"},
    {"later, with new numbers",
     {{1000, 1100, 0}, {1101, 1110, 101}},
     {{1040, 1100, 40}, {1, 200, 7200, "/y"}},
     "but not all"},
    {"with its clock set back",
     {{1, 100, 0}, {101, 400, 100}},
     {{1, 200, 0}, {201, 270, 20, "/y"}},
     "but not all"},
    {"long before either ends",
     {{1, 100, 0}, {101, 6000, 100}},
     {{41, 100, 40}, {101, 6000, 101, "/y"}},
     "but not all"},
    {"lines of the other put into one",
     {{1, 200, 0}},
     {{101, 120, 100}, {5000, 5100, 121, "/y"}},
     "but not all"},
    {"a few at its beginning", {{1, 200, 0}}, {{101, 104, 100}, {5000, 5100, 104, "/y"}}, ""},
    {"too few", {{1, 901, 0, "/x", 100}}, {{601, 2001, 600, "/x", 100}}, "but too few"},
    {"of two hosts", {{1, 100, 0}}, {{61, 160, 61, "/y"}}, ""},
    {"of two hosts with numbers of their own", {{1, 100, 0}}, {{7061, 7160, 60, "/y"}}, ""},
};

}  // namespace

TEST_CASE("overlap: logs that hold the same events where both are, are of one host") {
  const Case& c = GENERATE(from_range(kCases));
  const auto how =
      GENERATE(values<std::string>({"plain", "second first", "gzip", "newest first", "named"}));
  CAPTURE(c.what, how);
  const bool is_named = how == "named";
  if (is_named && c.why != nullptr && *c.why != '\0') {
    return;  // two events are enough of one name, and any may be missing
  }
  const TempFolder folder;
  const auto write = [&](const std::string& name, const Log& log) {
    const std::string text = text_of(log, is_named ? "w" : "");
    folder.write(name, how == "gzip"           ? packed(text, "gzip")
                       : how == "newest first" ? turned(text)
                                               : text);
  };
  write(how == "second first" ? "one.log" : "aeon.log", c.first);
  write(how == "second first" ? "aeon.log" : "one.log", c.second);
  const Found found = find_logs({folder.path()});
  CAPTURE(said(found));
  REQUIRE(found.problems.empty());
  if (c.why == nullptr) {
    REQUIRE(found.sets.size() == 1);
    REQUIRE(found.sets[0].files.size() == 2);
    CHECK(found.sets[0].files[0].lane != found.sets[0].files[1].lane);
    CHECK(said(found).empty());
  } else {
    REQUIRE(found.sets.size() == 2);
    CHECK(said(found).find(c.why) != std::string::npos);
    CHECK((*c.why != '\0' || is_named || said(found).empty()));
  }
}

TEST_CASE("overlap: pages that cut an event or a line in two are of one host") {
  const TempFolder folder;
  const std::string all = text_of({{1, 300, 0}});
  const std::size_t end = all.find(":200)") + 30;
  const std::size_t begin = all.find("type=PROC", all.find(":100)"));
  folder.write("aeon.log", all.substr(0, end));
  SECTION("an event") {
    folder.write("one.log", all.substr(begin));
  }
  SECTION("a line") {
    folder.write("one.log", all.substr(begin + 5));
  }
  CHECK(find_logs({folder.path()}).sets.size() == 1);
}

TEST_CASE("overlap: rotations that overlap are of one host, wherever they are cut") {
  const TempFolder folder;
  folder.write("aeon.log.1", text_of({{1, 3000, 0}}));
  folder.write("aeon.log", text_of({{3001, 5000, 3000}}));
  folder.write("one.log.2.gz", packed(text_of({{2001, 4000, 2000}}), "gzip"));
  folder.write("one.log.1", text_of({{4001, 6000, 4000}}));
  const Found found = find_logs({folder.path()});
  REQUIRE(found.sets.size() == 1);
  CHECK(found.sets[0].files.size() == 4);
}

TEST_CASE("overlap: pages of a fleet overlap for all of its hosts") {
  const TempFolder folder;
  const auto page = [](int first, int last, int other) {
    std::string text;
    for (int i = first; i <= last; ++i) {
      text += event_of(i, i, "/x", "w") + event_of(other + i, i, "/y", "v");
    }
    return text;
  };
  folder.write("aeon.log", page(1, 100, 4000));
  const bool is_same = GENERATE(true, false);
  folder.write("one.log", page(61, 160, is_same ? 4000 : 7000));
  CHECK(find_logs({folder.path()}).sets.size() == 1);  // of one at least
}

TEST_CASE("overlap: many pages share the lanes that they need") {
  const TempFolder folder;
  constexpr int kPages = 300;
  for (int i = 0; i < kPages; ++i) {
    folder.write(fmt::format("{}-{}.log", i * 7919 % 1000, i),
                 text_of({{100 * i, 100 * i + 140, 100 * i}}));
  }
  const Found found = find_logs({folder.path()});
  REQUIRE(found.sets.size() == 1);
  REQUIRE(found.sets[0].files.size() == kPages);
  CHECK(found.sets[0].files.back().lane < 16);
  CHECK(std::is_sorted(found.sets[0].files.begin(), found.sets[0].files.end(),
                       [](const auto& a, const auto& b) { return a.lane < b.lane; }));
}
