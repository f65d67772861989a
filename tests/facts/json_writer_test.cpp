#include "auexfil/facts/json_writer.hpp"

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

using auexfil::facts::append_json_string;
using auexfil::facts::JsonWriter;

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

struct Case {
  std::string_view text;
  std::string_view wanted;
};

using namespace std::string_view_literals;

constexpr Case kCases[] = {
    {"", R"("")"},
    {"plain text, longer than eight bytes", R"("plain text, longer than eight bytes")"},
    {R"(say "hi" \ bye)", R"("say \"hi\" \\ bye")"},
    {"a\0b"sv, R"("a\u0000b")"},
    {"\x1b[31mred", R"("\u001b[31mred")"},
    {"tab\tnl\ncr\rdel\x7f", R"("tab\u0009nl\u000acr\u000ddel\u007f")"},
    {"12345678\n", R"("12345678\u000a")"},
    {"grün 文 😀", "\"grün 文 😀\""},
    {"\xc2\x9b", R"("\u009b")"},      // CSI, a C1 control
    {"\xe2\x80\xae", R"("\u202e")"},  // right-to-left override
    {"\xe2\x81\xa6", R"("\u2066")"},  // left-to-right isolate
    {"\xe2\x80\xa8\xe2\x80\xa9", R"("\u2028\u2029")"},
    {"\xe2\x80\x93", "\"\xe2\x80\x93\""},  // an en dash deceives nobody
    {"\xff", R"("\udcff")"},
    {"\x80\xbf", R"("\udc80\udcbf")"},
    {"\xc3", R"("\udcc3")"},  // cut short
    {"\xc3(", R"("\udcc3(")"},
    {"\xc0\xaf", R"("\udcc0\udcaf")"},                      // overlong
    {"\xe0\x80\xaf", R"("\udce0\udc80\udcaf")"},            // overlong
    {"\xed\xb2\x80", R"("\udced\udcb2\udc80")"},            // a surrogate in UTF-8
    {"\xf4\x90\x80\x80", R"("\udcf4\udc90\udc80\udc80")"},  // past U+10FFFF
    {"\xf0\x9f\x98", R"("\udcf0\udc9f\udc98")"},
};

}  // namespace

TEST_CASE("JSON strings: controls and deceptive characters are escaped, no byte is lost") {
  for (const Case& c : kCases) {
    CHECK(quoted(c.text) == c.wanted);
  }
}

TEST_CASE("JSON strings: a special byte is found at every place of a long run") {
  for (std::size_t at = 0; at < 40; ++at) {
    for (const char special : {'"', '\\', '\x01', '\x7f', '\xff'}) {
      std::string text(40, 'x');
      text[at] = special;
      const std::string tail = quoted(std::string_view(&special, 1));
      const std::string escape = tail.substr(1, tail.size() - 2);
      CHECK(quoted(text) == '"' + std::string(at, 'x') + escape + std::string(39 - at, 'x') + '"');
    }
  }
}

TEST_CASE("JSON strings: every byte alone is printable ASCII") {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    for (const char printed : quoted(std::string_view(&c, 1))) {
      CHECK((printed >= 0x20 && printed < 0x7f));
    }
  }
}

TEST_CASE("JSON writer: commas stand where they must, unknown is null") {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("a", 1);
  json.key("b");
  json.begin_array();
  json.begin_object();
  json.end_object();
  json.begin_array();
  json.end_array();
  json.value("s");
  json.end_array();
  json.member("c", std::optional<std::uint64_t>{});
  json.member("d", std::optional<std::string>{});
  json.member("e", std::optional<std::uint64_t>{0});
  json.member("f", true);
  json.member("g", std::vector<std::string>{"x", "y"});
  json.key("h\n");
  json.raw("0x");
  json.end_object();
  json.end_line();
  json.begin_object();
  json.end_object();
  json.end_line();
  CHECK(out ==
        "{\"a\":1,\"b\":[{},[],\"s\"],\"c\":null,\"d\":null,\"e\":0,\"f\":true,\"g\":[\"x\",\"y\"],"
        "\"h\\u000a\":0x}\n{}\n");
}

TEST_CASE("JSON writer: numbers of any size") {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  json.value(std::numeric_limits<std::uint64_t>::max());
  json.value(std::numeric_limits<std::int64_t>::min());
  json.value(std::uint16_t{65535});
  json.end_array();
  CHECK(out == "[18446744073709551615,-9223372036854775808,65535]");
}
