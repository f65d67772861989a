#include "header_hosts.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/input/logs.hpp"
#include "files.hpp"

using namespace auexfil::input;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::input::test;  // NOLINT(google-build-using-namespace): a test

namespace {

std::string behind(const std::string& host, int serial, const std::string& node = {}) {
  return "Dec  2 01:02:03 " + host + " audispd: " + node + record(1796173321, serial) + "\n";
}

std::string many(const std::string& host, int first, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += behind(host, first + i);
  }
  return text;
}

/// How many of the files of the one set say whose their records are.
std::size_t named(const TempFolder& folder) {
  const Found found = find_logs({folder.path()});
  REQUIRE(found.sets.size() == 1);
  std::size_t count = 0;
  for (const LogFile& file : found.sets.front().files) {
    count += file.names_hosts ? 1U : 0U;
  }
  return count;
}

}  // namespace

TEST_CASE("header hosts: several are told from one, and from lines that say their node") {
  struct Case {
    std::string text;
    bool any;
    bool several;
  };
  const std::vector<Case> cases = {
      {"", false, false},
      {record(1796173321, 1) + "\n", false, false},
      {behind("a", 1) + behind("a", 2), true, false},
      {behind("a", 1) + behind("b", 1) + behind("a", 2), true, true},
      {behind("a", 1) + behind("b", 1) + behind("c", 1), true, true},
      {behind("ip-10-0-0-5", 1) + behind("a", 2) + behind("a", 3), true, false},  // it got a name
      {behind("a", 1) + behind("a.example.com", 2) + behind("a", 3), true, false},
      {behind("localhost", 1) + behind("a", 2), true, false},  // before it had its name
      {behind("a", 1, "node=n ") + behind("b", 1, "node=n "), false, false},
      {"Dec  2 01:02:03 a sshd[7]: x\nDec  2 01:02:03 b sshd[7]: y\n", false, false},
      // What a program says names nobody.
      {behind("a", 1) + "Dec  2 01:02:03 b sshd[7]: Invalid user x " + record(1796173321, 2) +
           behind("a", 3),
       true, false},
      {behind("a", 1) + behind("b", 1) + behind("a", 2).substr(0, 60), true, false},  // cut off
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    HeaderHosts hosts;
    hosts.take(c.text);
    CHECK(hosts.has_any() == c.any);
    CHECK(hosts.has_several() == c.several);
  }
}

TEST_CASE("header hosts: the same records of two hosts are no copies, nor one log by two ways") {
  const TempFolder folder;
  const auto alike = [](const std::string& before) {
    std::string text;
    for (int i = 0; i < 40; ++i) {
      text += before + "type=SYSCALL msg=audit(1796173321.000:" + std::to_string(i) +
              "): arch=c000003e syscall=59 success=yes exit=0 pid=7 exe=\"/x\"\n";
    }
    return text;
  };
  const auto sets = [&] { return find_logs({folder.path()}).sets.size(); };
  SECTION("by their headers") {
    folder.write("a/messages", alike("Dec  2 01:02:03 web-01 audispd: "));
    folder.write("b/messages", alike("Dec  2 01:02:03 db-02 audispd: "));
    CHECK(sets() == 2);
  }
  SECTION("by their nodes") {
    folder.write("a/audit.log", alike("node=web-01 "));
    folder.write("b/audit.log", alike("node=db-02 "));
    CHECK(sets() == 2);
  }
  SECTION("one name with its domain is one") {
    folder.write("a/messages", alike("Dec  2 01:02:03 web-01 audispd: "));
    folder.write("b/messages", alike("Dec  2 01:02:03 web-01.example.com audispd: "));
    CHECK(sets() == 1);
  }
  SECTION("by the images that they lie in") {
    folder.write("a/var/log/audit/audit.log", alike(""));
    folder.write("a/etc/hostname", "web-01\n");
    folder.write("b/var/log/audit/audit.log", alike(""));
    folder.write("b/etc/hostname", "db-02\n");
    CHECK(sets() == 2);
  }
  SECTION("who names none may be any") {
    folder.write("a/audit.log", alike(""));
    folder.write("b/audit.log", alike("node=db-02 "));
    CHECK(sets() == 1);
  }
}

TEST_CASE("header hosts: a log names them in all of its files or in none") {
  const TempFolder folder;
  SECTION("one host") {
    folder.write("messages.1", many("a", 1, 50));
    folder.write("messages", many("a", 60, 50));
    CHECK(named(folder) == 0);
  }
  SECTION("a machine that was given its name") {
    folder.write("messages.1", many("ip-10-0-0-5", 1, 50) + many("a", 51, 100));
    folder.write("messages", many("a", 160, 2000));
    CHECK(named(folder) == 0);
  }
  SECTION("a second one begins the next rotation") {
    folder.write("messages.1", many("a", 1, 50));
    folder.write("messages", many("b", 1000, 50) + many("a", 60, 5));
    CHECK(named(folder) == 2);
  }
  SECTION("a second one comes behind the first 64 KiB") {
    folder.write("messages.1", many("a", 1, 50));
    folder.write("messages", many("a", 60, 2000) + many("b", 1, 1000) + many("a", 3000, 50));
    CHECK(named(folder) == 2);
  }
  SECTION("documents of one host a file") {
    const auto document = [](const std::string& host, int serial) {
      return R"({"host":{"name":")" + host + R"("},"message":"type=CWD msg=audit(1796173321.000:)" +
             std::to_string(serial) + "): cwd=2F\"}\n";
    };
    folder.write("a.ndjson.2", document("a", 1));
    folder.write("a.ndjson.1", document("b", 7));
    folder.write("a.ndjson", document("a", 9));
    CHECK(named(folder) == 3);
  }
}
