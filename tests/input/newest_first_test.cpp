#include "newest_first.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

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

TEST_CASE("newest first: eight steps back and none forth") {
  CHECK(is_newest_first(log_of({9, 8, 7, 6, 5, 4, 3, 2, 1})));
  CHECK_FALSE(is_newest_first(log_of({9, 8, 7, 6, 5, 4, 3, 2})));
  CHECK_FALSE(is_newest_first(log_of({1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0})));
  CHECK_FALSE(is_newest_first(log_of({9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1})));
  CHECK_FALSE(is_newest_first(log_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10})));
  CHECK_FALSE(is_newest_first("audit(1.0:9) audit(x) audit("));
  CHECK_FALSE(is_newest_first(""));
}

}  // namespace auexfil::input::test
