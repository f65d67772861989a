#include "required_text.hpp"

#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/input/pattern.hpp"
#include "auexfil/input/rule_file.hpp"

namespace auexfil::input {
namespace {

struct Case {
  const char* expression;
  std::vector<std::string> required;
};

}  // namespace

TEST_CASE("required text: what every match holds") {
  const std::vector<Case> cases = {
      {"abc", {"abc"}},
      {"(^| )--daemon( |$)", {"--daemon"}},
      {"a|bc", {"a", "bc"}},
      {"a|", {}},
      {"put|mput|(x?y)", {"put", "mput", "y"}},
      {"^/usr/bin/[a-z]+server", {"/usr/bin/"}},
      {"ab*cde", {"cde"}},
      {"abc+d", {"abc"}},
      {"ab?", {"a"}},
      {"ab{2}cd", {"cd"}},
      {"(abc)?d", {"d"}},
      {"(abc)+d", {"abc"}},
      {"(?:get|fetch) x", {"get", "fetch"}},
      {"(?<host>longname):1", {"longname"}},
      {"^(?!.*forbidden)need", {"need"}},
      {"(?=ahead)x", {"x"}},
      {"\\bput\\b", {"put"}},
      {"a\\.b\\/c", {"a.b/c"}},
      {"\\d+-\\S", {"-"}},
      {"[]x]y", {"y"}},
      {"[^]x]y", {"y"}},
      {"[[:alpha:]]yes", {"yes"}},
      {"\\x41bc", {}},   // a letter behind a backslash is not looked into
      {"(a)\\1bc", {}},  // nor a group that comes again
      {"(?i)abc", {}},   // nor letters of any case
      {"\\Qa.b\\E", {}},
      {"\\<word", {}},
      {"a(", {}},
      {"a)", {}},
      {"", {}},
  };
  for (const Case& one : cases) {
    CAPTURE(one.expression);
    CHECK(required_text(one.expression) == one.required);
  }
}

TEST_CASE("required text: deep nesting and many alternatives give no answer, quickly") {
  CHECK(required_text(std::string(5000, '(') + "a" + std::string(5000, ')')).empty());
  std::string many = "a";
  for (int i = 0; i < 1000; ++i) {
    many += "|b";
  }
  CHECK(required_text(many).empty());
}

TEST_CASE("required text: no rule of the shipped files matches without it") {
  // Subjects made of the rules' own pieces, so that many of them nearly match.
  std::vector<std::string> expressions;
  for (const char* name : {"tools.conf", "automation.conf"}) {
    std::ifstream stream(std::string(AUEXFIL_SOURCE_DIR "/rules/") + name, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    for (const Section& section : parse_rule_file(text, name).sections) {
      for (const Entry& entry : section.entries) {
        for (const std::string& item : split_list(entry.value)) {
          if (item.size() > 2 && item.front() == '/' && item.back() == '/') {
            expressions.push_back(item);
          }
        }
      }
    }
  }
  REQUIRE(expressions.size() > 50);
  std::mt19937 random(17);
  std::size_t matched = 0;
  for (const std::string& expression : expressions) {
    const std::string inner = expression.substr(1, expression.size() - 2);
    const std::vector<std::string> required = required_text(inner);
    if (required.empty()) {
      continue;
    }
    // "(?:)" keeps it from being looked into: the expression as it is.
    std::string error;
    const Pattern bare = Pattern::compile("/(?:" + inner + ")(?:\\x20|)/", &error);
    REQUIRE(error.empty());
    for (int i = 0; i < 300; ++i) {
      std::string subject;
      for (int part = 0; part < 6; ++part) {
        const std::string& from = expressions[random() % expressions.size()];
        const std::size_t begin = random() % from.size();
        subject += from.substr(begin, 1 + random() % 12);
        subject += random() % 2 == 0 ? " " : "";
      }
      if (random() % 2 == 0) {
        subject.insert(random() % subject.size(), required[random() % required.size()]);
      }
      if (bare.matches(subject)) {
        ++matched;
        CAPTURE(expression, subject);
        CHECK_FALSE(lacks_required(subject, required));
      }
    }
  }
  CHECK(matched > 1000);
}

TEST_CASE("patterns: plain words and others answer as one list") {
  Patterns patterns;
  for (const char* text : {"scp", "nc.*", "/^tftp/", "a\\*b"}) {
    std::string error;
    patterns.push_back(Pattern::compile(text, &error));
    REQUIRE(error.empty());
  }
  for (const char* yes : {"scp", "nc.openbsd", "tftpd", "a*b"}) {
    CAPTURE(yes);
    CHECK(patterns.match(yes));
  }
  for (const char* no : {"", "scpx", "sc", "nc", "xtftp", "a\\*b", "aab"}) {
    CAPTURE(no);
    CHECK_FALSE(patterns.match(no));
  }
  CHECK(std::distance(patterns.begin(), patterns.end()) == 4);
  CHECK_FALSE(Patterns().match("scp"));
}

}  // namespace auexfil::input
