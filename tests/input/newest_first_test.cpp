#include "newest_first.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/input/logs.hpp"
#include "files.hpp"

namespace auexfil::input::test {
namespace {

std::string log_of(const std::vector<int>& seconds) {
  std::string text;
  for (const int second : seconds) {
    const std::string stamp =
        std::to_string(1796173200 + second) + ".000:" + std::to_string(100 + second) + "): a=b\n";
    text += "type=SYSCALL msg=audit(" + stamp + "type=PROCTITLE msg=audit(" + stamp;
  }
  return text;
}

}  // namespace

TEST_CASE("newest first: by time alone, or by serial alone") {
  const auto log = [](const std::vector<std::pair<int, int>>& stamps) {
    std::string text;
    for (const auto& [ms, serial] : stamps) {
      text += "type=CWD msg=audit(1796173200." + std::to_string(100 + ms) + ":" +
              std::to_string(serial) + "): a=b\n";
    }
    return text;
  };
  // Two hosts.
  CHECK(is_newest_first(
      log({{9, 70}, {9, 5}, {8, 69}, {7, 4}, {6, 68}, {5, 3}, {4, 67}, {3, 2}, {2, 66}, {1, 1}})));
  // Long calls.
  CHECK(is_newest_first(
      log({{9, 20}, {1, 19}, {8, 18}, {2, 17}, {7, 16}, {3, 15}, {6, 14}, {4, 13}, {5, 12}})));
  CHECK_FALSE(is_newest_first(
      log({{9, 1}, {1, 2}, {8, 3}, {2, 4}, {7, 5}, {3, 6}, {6, 7}, {4, 8}, {5, 9}})));
}

TEST_CASE("newest first: what somebody writes at the beginning turns no file round") {
  const TempFolder folder;
  std::string flood;
  for (int i = 900; i > 0; --i) {
    flood += "Dec  2 01:02:03 h u1000: type=X msg=audit(" + std::to_string(i) + ".000:1): x\n";
  }
  std::string rest;
  for (int i = 0; i < 2000; ++i) {
    rest += "Dec  2 01:02:03 h audispd: " + record(1796173321, i);
  }
  const auto is_turned = [&](const std::string& text) {
    const auto path = folder.write("messages", text);
    return find_logs({path}).sets.front().files.front().is_newest_first;
  };
  CHECK(is_newest_first(flood));
  CHECK_FALSE(is_turned(flood + rest));
  CHECK(is_turned(flood));
}

TEST_CASE("newest first: eight steps down for each one up") {
  CHECK(is_newest_first(log_of({9, 8, 7, 6, 5, 4, 3, 2, 1})));
  CHECK_FALSE(is_newest_first(log_of({9, 8, 7, 6, 5, 4, 3, 2})));
  CHECK(is_newest_first(log_of({1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0})));
  CHECK_FALSE(is_newest_first(log_of({1, 9, 8, 7, 6, 5, 4, 3, 2})));
  CHECK_FALSE(is_newest_first(log_of({1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 9, 8, 7, 6})));
  CHECK_FALSE(is_newest_first(log_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10})));
  CHECK_FALSE(is_newest_first("audit(1.0:9) audit(x) audit("));
  // What somebody put into a record, or a program into the log.
  std::string stamps;
  std::string said;
  for (int i = 20; i > 0; --i) {
    const std::string stamp = "type=CWD msg=audit(1796173200.000:" + std::to_string(i) + "): ";
    stamps += stamp;
    said += "Dec  2 01:02:03 h sshd[7]: Invalid user x " + stamp + "\n";
  }
  CHECK_FALSE(is_newest_first("type=USER_CMD msg=audit(1.000:1): msg='" + stamps + "'\n"));
  CHECK_FALSE(is_newest_first(said));
  CHECK_FALSE(is_newest_first(""));
}

}  // namespace auexfil::input::test
