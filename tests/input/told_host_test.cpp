#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "auexfil/input/logs.hpp"
#include "files.hpp"

using namespace auexfil::input;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::input::test;  // NOLINT(google-build-using-namespace): a test

namespace {

std::string line_of(int serial) {
  return fmt::format("type=SYSCALL msg=audit({}.000:{}): arch=c000003e syscall=59 pid=7 exe=/x",
                     1796173200 + serial, serial);
}

/// \param form  of a record behind what names its host
std::string text_of(int first, int last, const std::string& host, const std::string& form) {
  std::string text;
  for (int i = first; i <= last; ++i) {
    const std::string line = line_of(i);
    text +=
        (form == "json" ? fmt::format(R"({{"host":{{"name":"{}"}},"message":"{}"}})", host, line)
         : form == "header" ? fmt::format("Dec  2 01:02:03 {} audispd: {}", host, line)
                            : line) +
        "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("hosts: two whose records stand under one name are two") {
  const TempFolder folder;
  const std::string w = text_of(1, 40, "w", "json");
  const std::string v = text_of(1, 40, "v", "json");
  SECTION("copies they are none, nor one host by two ways") {
    folder.write("w/x.json", w);
    folder.write("v/x.json", v);
    CHECK(find_logs({folder.path()}).sets.size() == 2);
  }
  SECTION("nor is the next rotation of one the other's") {
    folder.write("x.json.1", w);
    folder.write("x.json", text_of(41, 80, "v", "json"));
    const Found found = find_logs({folder.path()});
    REQUIRE(found.sets.size() == 1);
    CHECK(found.sets[0].files[0].names_hosts);
    CHECK(found.sets[0].told_host.empty());
  }
}

TEST_CASE("hosts: what carries all records names their host") {
  struct Named {
    const char* what;
    std::string text;
    std::string host;
  };
  const std::vector<Named> cases = {
      {"a field", text_of(1, 40, "w", "json"), "w"},
      {"a header", text_of(1, 40, "w", "header"), "w"},
      {"a column", "_time,host,_raw\n0,w,\"" + line_of(1) + "\"\n", "w"},
      {"nothing", text_of(1, 40, "", "plain"), ""},
      {"what any is called", text_of(1, 40, "localhost", "json"), ""},
      {"several", text_of(1, 40, "w", "json") + text_of(1, 40, "v", "json"), ""},
      {"one after another",
       text_of(1, 40, "ip-10-0-0-5", "header") + text_of(41, 80, "w", "header"), ""},
      {"what a program says",
       "Dec  2 01:02:03 v sshd[7]: Invalid user x " + line_of(1) + "\n" +
           text_of(1, 40, "w", "header"),
       "w"},
  };
  for (const Named& c : cases) {
    CAPTURE(c.what);
    const TempFolder folder;
    const auto file = folder.write("of.txt", c.text);
    const Found found = find_logs({file});
    REQUIRE(found.sets.size() == 1);
    CHECK(found.sets[0].told_host == c.host);
    CHECK(found.sets[0].host.empty());
  }
}
