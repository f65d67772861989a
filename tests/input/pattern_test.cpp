#include "auexfil/input/pattern.hpp"

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace auexfil::input {
namespace {

TEST_CASE("pattern: globs match the whole subject, regular expressions are searched") {
  struct Case {
    const char* pattern;
    const char* subject;
    bool matches;
  };
  const Case cases[] = {
      {"scp", "scp", true},
      {"scp", "scpx", false},
      {"*", "", true},
      {"*", "anything", true},
      {"bk-*", "bk-07", true},
      {"bk-*", "abk-07", false},
      {"*-07", "bk-07-07", true},
      {"a*b*c", "aXbYbZc", true},
      {"a*b*c", "aXbYbZ", false},
      {"a**", "a", true},
      {"?", "", false},
      {"a?c", "abc", true},
      {"[a-c]x", "bx", true},
      {"[a-c]x", "dx", false},
      {"[!a-c]x", "dx", true},
      {"[^a-c]x", "ax", false},
      {"[]a]", "]", true},
      {"[a-]", "-", true},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"*[0-9]", "host9", true},
      {"/usr/bin/scp", "/usr/bin/scp", true},
      {"/usr/*", "/usr/bin/scp", true},
      {"/bin/", "/usr/bin/scp", true},
      {"/^backup[0-9]+$/", "backup12", true},
      {"/^backup[0-9]+$/", "xbackup12", false},
      {"/b{1,2}c/", "abbcd", true},
      {"/\\x23/", "a#b", true},
  };
  for (const Case& c : cases) {
    INFO(c.pattern << " on " << c.subject);
    std::string error;
    const Pattern pattern = Pattern::compile(c.pattern, &error);
    CHECK(error.empty());
    CHECK(pattern.text() == c.pattern);
    CHECK(pattern.matches(c.subject) == c.matches);
  }
}

TEST_CASE("pattern: a pattern that is not valid says so and matches nothing") {
  for (const char* text : {"", "//", "/(/", "/a{2,1}/", "[a", "a\\", "/[z-a]/"}) {
    INFO(text);
    std::string error;
    const Pattern pattern = Pattern::compile(text, &error);
    CHECK(!error.empty());
    CHECK(!pattern.matches(""));
    CHECK(!pattern.matches("a"));
  }
  CHECK(!Pattern::compile("[a", nullptr).matches("a"));
}

TEST_CASE("pattern: one that backtracks too much gives up, says so, and soon") {
  std::string error;
  const Pattern pattern = Pattern::compile("/^(a+)+$/", &error);
  REQUIRE(error.empty());
  bool too_costly = false;
  const auto begin = std::chrono::steady_clock::now();
  CHECK(!pattern.matches(std::string(4000, 'a') + "!", &too_costly));
  CHECK(too_costly);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
  too_costly = false;
  CHECK(pattern.matches("aaa", &too_costly));
  CHECK(!too_costly);
}

TEST_CASE("pattern: only the first 4 KiB of a subject are looked at") {
  const Pattern pattern = Pattern::compile("*x", nullptr);
  CHECK(pattern.matches(std::string(4095, 'a') + "x"));
  CHECK(!pattern.matches(std::string(4096, 'a') + "x"));
}

TEST_CASE("pattern: a text whose pairs are noted is answered as the text itself") {
  Patterns patterns;
  for (const char* text :
       {"scp", "sftp*", "/needle/", "/(^| )(exec|run)( |$)/", "/a+b/", "/x/", "/^$/", "/end$/"}) {
    patterns.push_back(Pattern::compile(text, nullptr));
  }
  std::vector<std::string> subjects = {"",
                                       "scp",
                                       "scpx",
                                       "sftp-server",
                                       "needle",
                                       "a needle b",
                                       "ne edle",
                                       "docker run -it",
                                       "exec",
                                       "prerunning",
                                       "aab",
                                       "x",
                                       "weekend",
                                       "the ender",
                                       std::string(1, '\0'),
                                       std::string(4090, 'n') + "needle",
                                       std::string(4091, 'n') + "needle"};
  std::mt19937 random(17);
  for (int i = 0; i < 500; ++i) {
    std::string subject;
    for (auto length = random() % 40; length > 0; --length) {
      subject.push_back("abdelnrux \xff"[random() % 11]);
    }
    subjects.push_back(subject);
  }
  std::size_t matched = 0;
  for (const std::string& subject : subjects) {
    INFO(subject);
    CHECK(patterns.match(AskedText(subject)) == patterns.match(subject));
    matched += patterns.match(subject) ? 1U : 0U;
  }
  CHECK(matched > 10);
  CHECK(matched < subjects.size());
}

}  // namespace
}  // namespace auexfil::input
