#include "auexfil/input/text_memo.hpp"

#include <string>

#include <catch2/catch.hpp>

namespace auexfil::input {
namespace {

TEST_CASE("text memo: an answer is that of its text, or none") {
  // Far more texts than places: whatever drives out whatever, no answer is another's.
  TextMemo<std::string> memo(16);
  std::size_t known = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string text = "text " + std::to_string(round * round % 97);
    const auto [answer, is_known] = memo.place_of(text);
    if (is_known) {
      ++known;
      CHECK(answer == text + "!");
    } else {
      answer = text + "!";
    }
  }
  CHECK(known > 0);
}

TEST_CASE("text memo: few texts are all kept once there is room") {
  TextMemo<int> memo(64);
  int asked = 0;
  for (int round = 0; round < 50; ++round) {
    for (const char* text : {"", "a", "b", "ab"}) {
      const auto [answer, is_known] = memo.place_of(text);
      asked += is_known ? 0 : 1;
      answer = is_known ? answer : round;
    }
  }
  CHECK(asked < 40);
}

TEST_CASE("text memo: what is forgotten or cleared is asked again") {
  TextMemo<int> memo(4);
  memo.place_of("a").answer = 1;
  CHECK(memo.place_of("a").is_known);
  memo.forget("a");
  CHECK(!memo.place_of("a").is_known);
  memo.forget("never asked");
  memo.clear();
  CHECK(!memo.place_of("a").is_known);
  memo.clear();
  memo.forget("a");  // of an empty table
}

}  // namespace
}  // namespace auexfil::input
