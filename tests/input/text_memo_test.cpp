#include "auexfil/input/text_memo.hpp"

#include <cstddef>
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

/// How often a text has to be asked anew, of 40 that come one after the other, again and again.
std::size_t asked_anew(std::size_t most) {
  TextMemo<int> memo(most);
  std::size_t asked = 0;
  for (int round = 0; round < 2000; ++round) {
    for (int text = 0; text < 40; ++text) {
      const auto [answer, is_known] = memo.place_of("text " + std::to_string(text));
      asked += is_known ? 0U : 1U;
      CHECK((!is_known || answer == text));
      answer = text;
    }
  }
  return asked;
}

// Which texts meet in the table is another thing in every run.
TEST_CASE("text memo: it grows as long as texts drive out others") {
  const std::size_t without_room = asked_anew(4);
  const std::size_t with_room = asked_anew(std::size_t{1} << 16U);
  CHECK(with_room * 2 < without_room);
  CHECK(with_room >= 40);
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

TEST_CASE("text memo: a long text is not kept, and drives out none") {
  TextMemo<int> memo(4);
  const std::string longest(TextMemo<int>::kLongest, 'x');
  memo.place_of(longest).answer = 1;
  for (int round = 0; round < 3; ++round) {
    const auto [answer, is_known] = memo.place_of(longest + "y");
    CHECK(!is_known);
    answer = 2;
    memo.forget(longest + "y");
  }
  CHECK(memo.place_of(longest).is_known);
  CHECK(memo.place_of(longest).answer == 1);
}

}  // namespace
}  // namespace auexfil::input
