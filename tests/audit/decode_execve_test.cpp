#include <algorithm>
#include <chrono>

#include <catch2/catch.hpp>

#include "lines.hpp"

using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test

using Args = std::vector<std::string>;

namespace {

struct Case {
  std::vector<std::string_view> bodies;
  Args args;
  std::string flags;  // l lost, c cut, b bounded
};

std::string flags(const Argv& argv) {
  return std::string(argv.lost ? "l" : "") + (argv.cut ? "c" : "") + (argv.bounded ? "b" : "");
}

}  // namespace

TEST_CASE("execve: pieces, gaps, duplicates and damage") {
  const std::vector<Case> cases = {
      {{}, {}, ""},
      {{""}, {}, ""},
      {{"argc=0"}, {}, ""},
      {{"argc=2 a0=\"a\" a1=62"}, {"a", "b"}, ""},
      {{"argc=2 a0=\"a\"", "a1=\"b\""}, {"a", "b"}, ""},
      {{"a1=\"b\"", "argc=2 a0=\"a\""}, {"a", "b"}, ""},  // as ausearch prints it
      {{"a1=\"b\""}, {"", "b"}, "l"},                     // the first record is lost
      {{"argc=4 a0=\"a\" a3=\"d\""}, {"a", "", "", "d"}, ""},
      {{"argc=6 a0=\"a\" a5=\"f\""}, {"a", "", "", "", "", "f"}, ""},
      {{"argc=7 a0=\"a\" a6=\"g\""}, {"a", "", "", "", "", "", "g"}, "l"},
      {{"argc=6 a0=\"a\""}, {"a", "", "", "", "", ""}, "l"},
      {{"argc=3 a0=\"a\" a1=\"b\"", "argc=3 a0=\"a\" a1=\"b\"", "a2=\"c\""}, {"a", "b", "c"}, ""},
      {{"argc=2 a0=\"x\" a1_len=6 a1[0]=\"ab\" a1[1]=\"cd\"", "a1[2]=\"ef\""}, {"x", "abcdef"}, ""},
      {{"a1[2]=\"ef\"", "a1[1]=\"cd\"", "argc=2 a0=\"x\" a1_len=6 a1[0]=\"ab\""},
       {"x", "abcdef"},
       ""},
      {{"argc=2 a0=\"x\" a1_len=6 a1[0]=\"ab\"", "a1[1]=\"cd\"", "a1[1]=\"cd\"", "a1[2]=\"ef\""},
       {"x", "abcdef"},
       ""},
      {{"argc=2 a0=\"x\" a1_len=6 a1[0]=\"ab\"", "a1[2]=\"ef\""}, {"x", "abef"}, "lc"},
      {{"argc=1 a0_len=8 a0[0]=\"ab\" a0[1]=6364"}, {"abcd"}, "c"},  // 2 and 4 characters of 8
      {{"argc=1 a0_len=8 a0[0]=6162 a0[1]=6364"}, {"abcd"}, ""},
      {{"argc=1 a0_len=x a0[0]=6162"}, {"ab"}, ""},
      {{"argc=1 a0=\"cut"}, {"cut"}, "c"},
      {{"argc=1 a0=616"}, {"616"}, "c"},
      {{"argc=1 a0=\"a\" UID=\"root\" a1=\"no\""}, {"a"}, ""},
      {{"argc=1 a0=\"a\"\x1d"
        "UID=\"root\""},
       {"a"},
       ""},
      {{"argc=x a0=\"a\""}, {"a"}, "l"},
      {{"argc=1 a0=\"a\" ab=\"no\" a0[=\"no\" a0[]=\"no\" a0]=\"no\" a=\"no\""}, {"a"}, ""},
      {{"argc=2 a0=\"a\" a1=\"\""}, {"a", ""}, ""},
      {{"argc=1 a0=\"\xff\""}, {"\xff"}, ""},
      {{"argc=3 a0=(null) a1=\"b\" a2=\"c\""}, {"", "b", "c"}, ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.bodies);
    const Argv argv = argv_of(c.bodies);
    CHECK(argv.args == c.args);
    CHECK(flags(argv) == c.flags);
  }
}

TEST_CASE("execve: argc tells of more than a few lost arguments without making them") {
  const Argv few = argv_of({"argc=60 a0=\"a\""});
  CHECK(few.args.size() == 60);
  const Argv many = argv_of({"argc=4294967295 a0=\"a\""});
  CHECK(many.args.size() == 1);
  CHECK(many.argc == 4294967295U);
}

TEST_CASE("execve: thousands of arguments over many records, in any order of records") {
  constexpr int kArgs = 3000;
  Args expected;
  std::vector<std::string> records;
  std::string record = "argc=" + std::to_string(kArgs);
  for (int i = 0; i < kArgs; ++i) {
    const std::string arg = "argument-" + std::to_string(i);
    expected.push_back(arg);
    record += " a" + std::to_string(i) + "=\"" + arg + "\"";
    if (i % 97 == 96 || i + 1 == kArgs) {
      records.push_back(record);
      record.clear();
    }
  }
  std::vector<std::string_view> bodies(records.begin(), records.end());
  const Argv forward = argv_of(bodies);
  CHECK(forward.args == expected);
  CHECK(flags(forward).empty());
  std::reverse(bodies.begin(), bodies.end());
  CHECK(argv_of(bodies).args == expected);
}

TEST_CASE("execve: bounds on arguments and bytes") {
  const std::string_view body = "argc=4 a0=\"aaaa\" a1=\"bbbb\" a2=\"cccc\" a3=\"dddd\"";
  ArgvBounds bounds;
  bounds.max_args = 2;
  Argv argv = argv_of({body}, bounds);
  CHECK(argv.args == Args{"aaaa", "bbbb"});
  CHECK(argv.bounded);
  CHECK(argv.argc == 4);
  bounds.max_args = 10;
  for (std::size_t bytes = 0; bytes <= 17; ++bytes) {
    CAPTURE(bytes);
    bounds.max_bytes = bytes;
    argv = argv_of({body}, bounds);
    std::string joined;
    for (const std::string& arg : argv.args) {
      joined += arg;
    }
    CHECK(joined == std::string("aaaabbbbccccdddd").substr(0, bytes));
    CHECK(argv.bounded == (bytes < 16));
  }
  // A far index is a bound, not four thousand million empty strings.
  argv = argv_of({"argc=1 a4294967294=\"x\" a18446744073709551615=\"y\""});
  CHECK(argv.args.empty());
  CHECK(argv.bounded);
  argv = argv_of({"a99999999999999999999999=\"x\" a0=\"a\""});
  CHECK(argv.args == Args{"a"});
}

TEST_CASE("execve: many lengths and many arguments cost linear time") {
  std::string body = "argc=4000";
  for (int i = 0; i < 4000; ++i) {
    const std::string name = " a" + std::to_string(i);
    body += name + "_len=8" + name + "[0]=6162" + name + "[1]=6364";
  }
  for (int i = 0; i < 200000; ++i) {
    body += " a" + std::to_string(i) + "_len=1";
  }
  const auto start = std::chrono::steady_clock::now();
  const Argv argv = argv_of({body});
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(argv.args.size() == 4000);
  CHECK_FALSE(argv.cut);
  CHECK(took < std::chrono::seconds(3));  // 800 million comparisons, were each looked for in all
}
