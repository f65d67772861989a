#include "auexfil/report/safe.hpp"

#include <random>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

using auexfil::report::join_command;
using auexfil::report::to_safe;
using namespace std::string_view_literals;

TEST_CASE("safe: nothing that a terminal obeys passes") {
  struct Case {
    std::string_view text;
    std::string_view wanted;
  };
  constexpr Case kCases[] = {
      {"", ""},
      {"scp -q f", "scp -q f"},
      {"\x1b[2J\x1b]0;title\x07", R"(\x1b[2J\x1b]0;title\x07)"},
      {"a\r\nb\tc\0d\x7f"sv, R"(a\x0d\x0ab\x09c\x00d\x7f)"},
      {"\xc2\x9b"
       "31m",
       R"(\u009b31m)"},
      {"\x9b"
       "31m",
       R"(\x9b31m)"},
      {"user\xe2\x80\xae"
       "txt",
       R"(user\u202etxt)"},
      {"a\xe2\x80\x8b"
       "b",
       R"(a\u200bb)"},
      {"grün → 文 😀", "grün → 文 😀"},
      {"\xed\xa0\x80", R"(\xed\xa0\x80)"},
      {"\xf0\x9f", R"(\xf0\x9f)"},
  };
  for (const Case& c : kCases) {
    CHECK(to_safe(c.text) == c.wanted);
  }
}

TEST_CASE("safe: any bytes become text without controls, and stay what they are") {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (auto i = random() % 30; i > 0; --i) {
      text.push_back(static_cast<char>(random() % 256));
    }
    const std::string safe = to_safe(text);
    for (const char c : safe) {
      const auto byte = static_cast<unsigned char>(c);
      REQUIRE((byte >= 0x20 && byte != 0x7f));
    }
    REQUIRE(to_safe(safe) == safe);
  }
}

TEST_CASE("safe: a bound counts characters and shows that it cut") {
  CHECK(to_safe("grün", 3) == "grü…");
  CHECK(to_safe("grün", 4) == "grün");
  CHECK(to_safe("a\x1b"
                "b",
                2) == R"(a\x1b…)");
  CHECK(to_safe("abc", 0) == "abc");
}

TEST_CASE("a command shows where its words begin and end") {
  CHECK(join_command({}).empty());
  CHECK(join_command({"scp", "-q", "a*", "h:/x"}) == "scp -q a* h:/x");
  CHECK(join_command({"sh", "-c", "a; b"}) == "sh -c 'a; b'");
  CHECK(join_command({"x", "", "it's"}) == R"(x '' 'it'\''s')");
}
