#include "adjoin.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "auexfil/input/logs.hpp"
#include "files.hpp"

using namespace auexfil::input;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::input::test;  // NOLINT(google-build-using-namespace): a test

namespace {

constexpr int kDay = 86400;

/// Events of one host: serials from `first` to `last`, one a second, from a second on.
struct Part {
  int first;
  int last;
  int second;
  std::string host = {};
  std::string form = "plain";
  std::string begin = {};  ///< stands before all
  int pid = 7;
};

std::string line_of(const Part& part, int serial) {
  return fmt::format(
      "type=SYSCALL msg=audit({}.000:{}): arch=c000003e syscall=59 ppid=1 pid={} exe=/x",
      1796173200 + part.second + serial - part.first, serial, part.pid);
}

std::string carried(const Part& part, const std::string& line) {
  return part.form == "json"
             ? fmt::format(R"({{"host":{{"name":"{}"}},"message":"{}"}})", part.host, line)
         : part.form == "header" ? fmt::format("Dec  2 01:02:03 {} audispd: {}", part.host, line)
         : part.host.empty()     ? line
                                 : fmt::format("node={} {}", part.host, line);
}

std::string text_of(const Part& part, bool newest_first = false) {
  std::vector<std::string> lines;
  for (int i = part.first; i <= part.last; ++i) {
    lines.push_back(carried(part, line_of(part, i)) + "\n");
  }
  std::string text = part.begin;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += lines[newest_first ? lines.size() - 1 - i : i];
  }
  return text;
}

std::vector<std::string> names(const LogSet& set) {
  std::vector<std::string> all;
  for (const LogFile& file : set.files) {
    all.push_back(file.name);
  }
  return all;
}

const std::string kStart = "type=DAEMON_START msg=audit(1796173200.000:7): op=start res=success\n";

struct Case {
  const char* what;
  Part first;
  Part second;
  bool is_one;
};

const std::vector<Case> kCases = {
    {"a told host goes on at once", {1, 40, 0, "w"}, {41, 80, 40, "w"}, true},
    {"by a field", {1, 40, 0, "w", "json"}, {41, 80, 40, "w", "json"}, true},
    {"by a header", {1, 40, 0, "w", "header"}, {41, 80, 40, "w", "header"}, true},
    {"and by a node behind that", {1, 40, 0, "w", "json"}, {41, 80, 40, "w"}, true},
    {"a day later", {1, 40, 0, "w"}, {41, 80, kDay, "w"}, true},
    {"where the clock was set back a little", {1, 40, 0, "w"}, {41, 80, 25, "w"}, true},
    {"where it was set back, and a number is missing too many",
     {1, 40, 0, "w"},
     {80, 120, 25, "w"},
     false},
    {"with a little missing", {1, 40, 0, "w"}, {900, 940, 900, "w"}, true},
    {"with more missing than there is", {1, 40, 0, "w"}, {90000, 90040, kDay, "w"}, false},
    {"of two hosts that are told", {1, 40, 0, "w"}, {41, 80, 40, "v"}, false},
    {"of two by their fields", {1, 40, 0, "w", "json"}, {41, 80, 40, "v", "json"}, false},
    {"of one name, two at a time", {1, 40, 0, "w"}, {41, 80, 10, "w"}, false},
    {"of one name, other numbers", {500, 540, 0, "w"}, {101, 180, kDay, "w"}, false},
    {"of one name, numbers over again", {1, 40, 0, "w"}, {30, 80, kDay, "w"}, false},
    {"auditd was started there",
     {500, 540, 0, "w"},
     {101, 180, kDay, "w", "plain", "node=w " + kStart},
     true},
    {"no host, the next number", {1, 40, 0}, {41, 80, 40}, true},
    {"no host, localhost is none", {1, 40, 0, "localhost"}, {900, 940, 900, "localhost"}, false},
    {"no host, a few missing", {1, 40, 0}, {45, 80, 45}, true},
    {"no host, many missing", {1, 40, 0}, {90, 180, 90}, false},
    {"no host, hours later", {1, 40, 0}, {41, 80, 40 + 7200}, false},
    {"no host, of the same time", {1, 40, 0}, {41, 80, 10}, false},
    {"no host, too little to know", {1, 5, 0}, {6, 40, 5}, false},
    {"no host, auditd was started", {1, 40, 0}, {41, 80, 40, "", "plain", kStart}, false},
    {"no host, the number of another event", {1, 40, 0}, {40, 80, 40}, false},
    {"no host, one event of both", {1, 40, 0}, {40, 80, 39}, true},
    {"one that names a host, one that does not", {1, 40, 0, "w", "json"}, {41, 80, 40}, true},
};

}  // namespace

TEST_CASE("adjoin: logs of one folder are one where what they hold goes on, whatever their names") {
  const Case& c = GENERATE(from_range(kCases));
  const bool turned = GENERATE(false, true);
  const auto how = GENERATE(values<std::string>({"plain", "gzip", "newest first"}));
  CAPTURE(c.what, turned, how);
  const TempFolder folder;
  const bool is_newest_first = how == "newest first" && c.first.begin == c.second.begin;
  const auto write = [&](const std::string& name, const Part& part) {
    const std::string text = text_of(part, is_newest_first);
    folder.write(name, how == "gzip" ? packed(text, "gzip") : text);
  };
  const std::string first = turned ? "b_of.txt" : "a_part.txt";
  const std::string second = turned ? "a_part.txt" : "b_of.txt";
  write(first, c.first);
  write(second, c.second);
  const Found found = find_logs({folder.path()});
  REQUIRE(found.problems.empty());
  if (c.is_one) {
    REQUIRE(found.sets.size() == 1);
    CHECK(names(found.sets[0]) == std::vector<std::string>{first, second});
    CHECK(found.sets[0].files[0].joined.empty());
    CHECK_FALSE(found.sets[0].files[1].joined.empty());
  } else {
    CHECK(found.sets.size() == 2);
  }
}

TEST_CASE("adjoin: what stays apart for a doubt says so") {
  const TempFolder folder;
  const auto joined = [&] {
    std::string all;
    for (const LogSet& set : find_logs({folder.path()}).sets) {
      REQUIRE(set.files.size() == 1);
      all += set.files.front().joined + ";";
    }
    return all;
  };
  folder.write("a.log", text_of({1, 40, 0}));
  SECTION("no host is named") {
    folder.write("b.log", text_of({90, 180, 90}));
    CHECK(joined() ==
          ";may go on from a.log (number 90 behind 40), but no host is named and that alone does "
          "not tell: kept apart;");
  }
  SECTION("nothing is near") {
    folder.write("b.log", text_of({70000, 70100, 90}));
    CHECK(joined() == ";;");
  }
  SECTION("two that it may go on from") {
    folder.write("a.log", text_of({1, 40, 0}));
    folder.write("b.log", text_of({11, 41, 5}));
    folder.write("c.log", text_of({43, 80, 46}));
    CHECK(joined().find("may go on from a.log or from b.log: kept apart") != std::string::npos);
  }
  SECTION("two that go on from it") {
    folder.write("b.log", text_of({41, 80, 42}));
    folder.write("c.log", text_of({42, 90, 50}));
    CHECK(joined().find("kept apart") != std::string::npos);
  }
}

TEST_CASE("adjoin: without a host's name words of names speak, if no process does") {
  struct Names {
    const char* first;
    const char* second;
    int pid_of_second;
    bool is_one;
  };
  const Names one = GENERATE(values<Names>({
      {"web-03.log", "db-01.log", 8, false},
      {"web-03.log", "db-01.log", 7, true},
      {"first.log", "second.log", 7, true},
      {"part-a.log", "part-b.log", 8, true},
      {"hits_0.json", "hits_1.json", 8, true},
      {"1.log", "2.log", 8, true},
      {"page 2026-12-01.log", "page 2026-12-02.log.gz", 8, true},
  }));
  CAPTURE(one.first, one.second, one.pid_of_second);
  const TempFolder folder;
  const std::string form = std::string(one.first).ends_with("json") ? "json" : "plain";
  Part second{41, 80, 40, "", form};
  second.pid = one.pid_of_second;
  folder.write(one.first, text_of({1, 40, 0, "", form}));
  folder.write(one.second, text_of(second));
  const Found found = find_logs({folder.path()});
  REQUIRE(found.sets.size() == (one.is_one ? 1 : 2));
  if (!one.is_one) {
    CHECK(found.sets[0].files[0].joined + found.sets[1].files[0].joined ==
          "may go on from web-03.log (number 41 behind 40), but no host is named and that alone "
          "does not tell of names that differ, with no process in both: kept apart");
  }
}

TEST_CASE("adjoin: what is too little to know is of the log between whose parts it fits") {
  const TempFolder folder;
  folder.write("a.log", text_of({1, 40, 0}));
  SECTION("one, or two") {
    const bool are_two = GENERATE(false, true);
    folder.write("b.log", text_of({41, are_two ? 43 : 45, 40}));
    if (are_two) {
      folder.write("e.log", text_of({44, 45, 43}));
    }
    folder.write("c.log", text_of({46, 90, 45}));
    const Found found = find_logs({folder.path()});
    REQUIRE(found.sets.size() == 1);
    CHECK(names(found.sets[0]) ==
          (are_two ? std::vector<std::string>{"a.log", "b.log", "e.log", "c.log"}
                   : std::vector<std::string>{"a.log", "b.log", "c.log"}));
  }
  SECTION("not where its numbers are another's") {
    folder.write("b.log", text_of({41, 46, 40}));
    folder.write("c.log", text_of({45, 90, 44}));
    folder.write("e.log", text_of({41, 44, 41}));
    CHECK(find_logs({folder.path()}).sets.size() > 1);
  }
  SECTION("at the end it is said") {
    folder.write("b.log", text_of({41, 45, 40}));
    const Found found = find_logs({folder.path()});
    REQUIRE(found.sets.size() == 2);
    CHECK(found.sets[1].files[0].joined ==
          "may go on from a.log, but of so few events the numbers alone do not tell: kept apart");
  }
}

TEST_CASE("adjoin: many are one, in their order, as their copies are") {
  const TempFolder folder;
  const std::vector<std::string> in_order = {"late.json", "hits_1.json", "a-b.json", "x1.json"};
  std::string all;
  for (int i = 0; i < 4; ++i) {
    const Part part{100 * i, 100 * i + 99, 100 * i, "w", "json"};
    folder.write(in_order[static_cast<std::size_t>(i)], text_of(part));
    all += text_of(part);
  }
  SECTION("alone") {}
  SECTION("with a copy of one") {
    folder.write("copy of one.json", text_of({100, 199, 100, "w", "json"}));
  }
  SECTION("with a copy of the first") {
    folder.write("copy of it.json", text_of({0, 99, 0, "w", "json"}));
  }
  SECTION("with the log of another host, which goes on too") {
    folder.write("other.json", text_of({400, 480, 400, "v", "json"}));
    const Found found = find_logs({folder.path()});
    REQUIRE(found.sets.size() == 2);
    CHECK(found.sets[0].files.size() + found.sets[1].files.size() == 5);
    return;
  }
  const Found found = find_logs({folder.path()});
  REQUIRE(found.sets.size() == 1);
  CHECK(names(found.sets[0]) == in_order);
  CHECK(found.sets[0].told_host == "w");
}

TEST_CASE("adjoin: pages of several hosts go on where one of them does, and none contradicts") {
  const auto pages = [](int second_of_w, int second_of_v, int first_of_v = 7041) {
    const TempFolder folder;
    const Part w{1, 40, 0, "w", "json"};
    const Part v{7001, 7040, 0, "v", "json"};
    folder.write("one.json", text_of(w) + text_of(v));
    folder.write("two.json", text_of({41, 80, second_of_w, "w", "json"}) +
                                 text_of({first_of_v, first_of_v + 39, second_of_v, "v", "json"}));
    return find_logs({folder.path()}).sets.size();
  };
  CHECK(pages(40, 40) == 1);
  CHECK(pages(40, 10) == 2);
  CHECK(pages(40, 600, 3) == 1);       // v was started anew between them
  CHECK(pages(40, 600, 90'000) == 1);  // little of v is in them
}

TEST_CASE("adjoin: logs of two folders stay apart, whatever they hold") {
  const TempFolder folder;
  folder.write("a/one.log", text_of({1, 40, 0, "w"}));
  folder.write("b/two.log", text_of({41, 80, 40, "w"}));
  CHECK(find_logs({folder.path()}).sets.size() == 2);
}

TEST_CASE("adjoin: logs of one host that hold the same records are read beside one another") {
  struct Overlap {
    const char* first;
    const char* second;
    int second_of_second;
    bool is_one;
  };
  const Overlap one = GENERATE(values<Overlap>({
      {"w", "w", 40, true},   // 41 to 60 are in both
      {"w", "w", 20, false},  // the numbers are, of other moments
      {"w", "v", 40, false},  // two hosts
      {"", "", 40, true},
      {"", "", 20, false},
      {"w", "", 40, false},
  }));
  CAPTURE(one.first, one.second, one.second_of_second);
  const TempFolder folder;
  folder.write("some.log", text_of({1, 60, 0, one.first}));
  folder.write("more.log", text_of({41, 100, one.second_of_second, one.second}));
  const Found found = find_logs({folder.path()});
  REQUIRE(found.sets.size() == (one.is_one ? 1 : 2));
  if (one.is_one) {
    CHECK(found.sets[0].files.size() == 2);
    CHECK(found.sets[0].files[0].lane != found.sets[0].files[1].lane);
    CHECK(found.sets[0].files[1].joined.empty());
  }
}
