#include "auexfil/input/rule_file.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace auexfil::input {
namespace {

using Words = std::vector<std::string>;

std::string mistakes_of(const RuleFile& file) {
  std::string out;
  for (const Mistake& mistake : file.mistakes) {
    out += fmt::format("{}:{}: {}\n", mistake.file, mistake.line, mistake.what);
  }
  return out;
}

TEST_CASE("rule_file: sections and entries keep their order, lines and trimmed text") {
  const RuleFile file = parse_rule_file(
      "# a comment\n"
      "[role backup]   # which hosts\n"
      "  host = bk-*, /^b{1,2}$/ # and why\n"
      "\n"
      "limit=5GiB\n"
      "note =\n"
      "[ allow\tpartner ]\n"
      "x = a = b\n"
      "[bare]",
      "p.conf");
  REQUIRE(mistakes_of(file).empty());
  REQUIRE(file.sections.size() == 3);
  const Section& role = file.sections[0];
  CHECK(role.kind == "role");
  CHECK(role.name == "backup");
  CHECK(role.file == "p.conf");
  CHECK(role.line == 2);
  REQUIRE(role.entries.size() == 3);
  CHECK(role.entries[0].key == "host");
  CHECK(role.entries[0].value == "bk-*, /^b{1,2}$/");
  CHECK(role.entries[0].line == 3);
  CHECK(role.entries[1].value == "5GiB");
  CHECK(role.entries[1].line == 5);
  CHECK(role.entries[2].value.empty());
  CHECK(file.sections[1].name == "partner");
  CHECK(file.sections[1].find("x")->value == "a = b");
  CHECK(file.sections[2].kind == "bare");
  CHECK(file.sections[2].name.empty());
  CHECK(role.find("window") == nullptr);
}

TEST_CASE("rule_file: a key may repeat and find() gives the last") {
  const RuleFile file = parse_rule_file("[a b]\nk = 1\nk = 2\n", "f");
  CHECK(file.sections.at(0).entries.size() == 2);
  CHECK(file.sections.at(0).find("k")->value == "2");
}

TEST_CASE("rule_file: CRLF and a byte order mark are no part of the text") {
  const RuleFile file = parse_rule_file("\xEF\xBB\xBF[a b]\r\nk = v\r\n", "f");
  REQUIRE(mistakes_of(file).empty());
  CHECK(file.sections.at(0).name == "b");
  CHECK(file.sections.at(0).find("k")->value == "v");
}

TEST_CASE("rule_file: each mistake is told with its line, the rest is kept") {
  const RuleFile file = parse_rule_file(
      "early = 1\n"
      "[role\n"
      "unreported = 1\n"
      "[a b c]\n"
      "[]\n"
      "[ok one]\n"
      "no equals sign\n"
      "= value\n"
      "k = v\n",
      "f");
  CHECK(mistakes_of(file) ==
        "f:1: 'early' stands before any [kind name]\n"
        "f:2: section header '[role' lacks its ']'\n"
        "f:4: section header '[a b c]' is not of the form [kind name]\n"
        "f:5: section header '[]' is not of the form [kind name]\n"
        "f:7: 'no equals sign' is neither key = value nor [kind name]\n"
        "f:8: '= value' has no key; write key = value\n");
  REQUIRE(file.sections.size() == 1);
  CHECK(file.sections[0].entries.size() == 1);
}

TEST_CASE("rule_file: bounds of line, file and mistakes hold") {
  const std::string long_line = "[a b]\nk = " + std::string(70'000, 'x') + "\nk = v\n";
  const RuleFile lines = parse_rule_file(long_line, "f");
  CHECK(mistakes_of(lines) == "f:2: the line is 70004 bytes long; at most 64 KiB\n");
  CHECK(lines.sections.at(0).entries.size() == 1);

  const RuleFile big = parse_rule_file(std::string((16u << 20) + 1, '\n'), "f");
  CHECK(big.mistakes.size() == 1);

  std::string many;
  for (int i = 0; i < 5000; ++i) {
    many += "wrong\n";
  }
  CHECK(parse_rule_file(many, "f").mistakes.size() == 1001);

  using namespace std::string_literals;
  CHECK(mistakes_of(parse_rule_file("[a b]\nk = a\0b\n"s, "f")) ==
        "f:2: holds a NUL byte; a rule file is UTF-8 text\n");
}

TEST_CASE("rule_file: what a mistake shows of the file holds no control characters") {
  const RuleFile file = parse_rule_file("\x1b[31mred\n", "f");
  REQUIRE(file.mistakes.size() == 1);
  CHECK(file.mistakes[0].what.find('\x1b') == std::string::npos);
}

TEST_CASE("overlay: a later layer replaces in place and puts new sections first") {
  const RuleFile merged = overlay({
      parse_rule_file("[role a]\nx = 1\n[role default]\nx = 2\n", "low"),
      parse_rule_file("[role new]\nx = 3\n[role default]\nx = 4\n[role newer]\n", "high"),
  });
  REQUIRE(merged.mistakes.empty());
  REQUIRE(merged.sections.size() == 4);
  CHECK(merged.sections[0].name == "new");
  CHECK(merged.sections[1].name == "newer");
  CHECK(merged.sections[2].name == "a");
  CHECK(merged.sections[3].name == "default");
  CHECK(merged.sections[3].file == "high");
  CHECK(merged.sections[3].find("x")->value == "4");
}

TEST_CASE("overlay: a second section of one name in one layer is a mistake and not used") {
  const RuleFile merged = overlay({parse_rule_file("[tool a]\n[tool a]\nx = 1\n[sign a]\n", "f")});
  CHECK(mistakes_of(merged) == "f:2: a second [tool a]; the first is at f:1\n");
  REQUIRE(merged.sections.size() == 2);
  CHECK(merged.sections[0].entries.empty());
}

TEST_CASE("overlay: mistakes of every layer are kept") {
  CHECK(overlay({parse_rule_file("x\n", "a"), parse_rule_file("y\n", "b")}).mistakes.size() == 2);
}

TEST_CASE("nearest_word: near is two edits, one for short words") {
  const std::vector<std::string_view> known = {"limit", "window", "host", "direction"};
  struct Case {
    const char* word;
    const char* nearest;
  };
  const Case cases[] = {{"limits", "limit"},        {"lmiit", "limit"}, {"wndw", ""},
                        {"hots", "host"},           {"hst", "host"},    {"ho", ""},
                        {"directoin", "direction"}, {"colour", ""},     {"", ""},
                        {"widnwo", "window"}};
  for (const Case& c : cases) {
    INFO(c.word);
    CHECK(nearest_word(c.word, known) == c.nearest);
  }
}

TEST_CASE("split_list: items are trimmed, empty ones dropped, regular expressions kept whole") {
  CHECK(split_list("a, b,c") == Words{"a", "b", "c"});
  CHECK(split_list(" , a ,, ") == Words{"a"});
  CHECK(split_list("").empty());
  CHECK(split_list("/a{1,2}/, b") == Words{"/a{1,2}/", "b"});
  CHECK(split_list("x, /a{1,2}b{3,4}/") == Words{"x", "/a{1,2}b{3,4}/"});
  CHECK(split_list("/usr/bin/scp, /usr/bin/ssh") == Words{"/usr/bin/scp", "/usr/bin/ssh"});
  CHECK(split_list("/usr/bin/scp, /scp$/") == Words{"/usr/bin/scp", "/scp$/"});
  CHECK(split_list("/^a$/, /b,c/, d") == Words{"/^a$/", "/b,c/", "d"});
  CHECK(split_list("/") == Words{"/"});
}

}  // namespace
}  // namespace auexfil::input
