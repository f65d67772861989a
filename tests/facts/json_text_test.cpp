#include "json_text.hpp"

#include <string>

#include <catch2/catch.hpp>

namespace auexfil::facts {
namespace {

TEST_CASE("json_text: every escape becomes its bytes") {
  struct Case {
    const char* json;  // with the closing quote
    std::string bytes;
  };
  const Case cases[] = {
      {"\"", ""},
      {"plain\"tail", "plain"},
      {R"(a\"b\\c\/d")", "a\"b\\c/d"},
      {R"(\b\f\n\r\t")", "\b\f\n\r\t"},
      {"\\u0000x\"", std::string("\0x", 2)},
      {R"(\u001b[0m")", "\x1b[0m"},
      {R"(\u00e9\u20AC")", "\xc3\xa9\xe2\x82\xac"},
      {"\xc3\xa9\"", "\xc3\xa9"},
      {R"(\ud83d\ude00")", "\xf0\x9f\x98\x80"},
      {R"(\udcff\udc80")", "\xff\x80"},
      {R"(caf\udce9")", "caf\xe9"},
      {R"(\ud83d")", "\xef\xbf\xbd"},
      {R"(\ud83d\udce9")", "\xf0\x9f\x93\xa9"},
      {R"(\ud83d\u0041")",
       "\xef\xbf\xbd"
       "A"},
      {R"(\ud83d\n")", "\xef\xbf\xbd\n"},
      {R"(\udc7f\udd00")", "\xef\xbf\xbd\xef\xbf\xbd"},
  };
  for (const Case& c : cases) {
    INFO(c.json);
    std::string out = "left over";
    CHECK(decode_json_text(c.json, out));
    CHECK(out == c.bytes);
  }
}

TEST_CASE("json_text: escapes that JSON does not have are refused") {
  for (const char* json : {R"(\x41")", R"(\u12")", R"(\u12g4")", R"(\ud83d\u12")", R"(\0")"}) {
    INFO(json);
    std::string out;
    CHECK(!decode_json_text(json, out));
  }
}

}  // namespace
}  // namespace auexfil::facts
