#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/input/logs.hpp"
#include "files.hpp"

namespace auexfil::input::test {
namespace {

std::string record(int serial, const std::string& exe = "/x") {
  return "type=SYSCALL msg=audit(1796173321." + std::to_string(100 + serial) + ":" +
         std::to_string(serial) + "): arch=c000003e syscall=59 success=yes exit=0 pid=7 exe=\"" +
         exe + "\"";
}

std::string log(int first, int last, const std::string& exe = "/x") {
  std::string text;
  for (int i = first; i <= last; ++i) {
    text += record(i, exe) + "\n";
  }
  return text;
}

std::string exported(int first, int last) {
  std::string text;
  for (int i = first; i <= last; ++i) {
    std::string line = record(i);
    for (std::size_t at = line.find('"'); at != std::string::npos; at = line.find('"', at + 2)) {
      line.insert(at, "\\");
    }
    text += R"({"message":")" + line + "\"}\n";
  }
  return text;
}

}  // namespace

TEST_CASE("one host: an export is read beside the log that it is of") {
  const TempFolder folder;
  folder.write("a/audit.log", log(1, 20));
  folder.write("b/audit.log", log(100, 120));
  folder.write("export.ndjson", exported(5, 30));
  const Found found = find_logs({folder.path()});
  REQUIRE(found.sets.size() == 2);
  CHECK(found.sets[0].files.size() + found.sets[1].files.size() == 3);
}

namespace {

std::string of_host(const std::string& host, const std::string& lines) {
  std::string text = lines;
  for (std::size_t at = text.find("{\"m"); at != std::string::npos;
       at = text.find("{\"m", at + 9)) {
    text.insert(at + 1, "\"host\":{\"name\":\"" + host + "\"},");
  }
  return text;
}

/// "audit.log=db1 all.ndjson=", of each set.
std::vector<std::string> nodes_of(const Found& found) {
  std::vector<std::string> all;
  for (const LogSet& set : found.sets) {
    std::string names;
    for (const LogFile& file : set.files) {
      names += (names.empty() ? "" : " ") + file.name + "=" + file.node;
    }
    all.push_back(names);
  }
  return all;
}

using Nodes = std::vector<std::string>;

}  // namespace

TEST_CASE("one host: a host's own log has the name that a collector's syslog has for its records") {
  const TempFolder folder;
  folder.write("a/audit.log", log(1, 20));
  const auto behind = [](const std::string& host, int i) {
    return "Dec  2 01:02:03 " + host + " audispd: " + record(i) + "\n";
  };
  std::string own;
  std::string of_both;
  for (int i = 5; i < 20; ++i) {
    own += behind("a", i);
    of_both += behind("h1", i) + behind("h2", 700 + i);
  }
  SECTION("its own syslog's needs none") {
    folder.write("messages", own);
    CHECK(nodes_of(find_logs({folder.path()})) == Nodes{"a/audit.log= messages="});
  }
  SECTION("the collector's") {
    folder.write("messages", of_both);
    CHECK(nodes_of(find_logs({folder.path()})) == Nodes{"messages= a/audit.log=h1"});
  }
}

TEST_CASE("one host: logs of hosts are read beside an export of all, under the names it has") {
  const TempFolder folder;
  folder.write("x/audit.log", log(1, 400));
  const bool is_sorted = GENERATE(true, false);
  CAPTURE(is_sorted);
  std::string all;
  for (int part = 0; part < (is_sorted ? 1 : 40); ++part) {
    const int count = is_sorted ? 400 : 10;
    all += of_host("web1", exported(1000 + count * part, 999 + count * (part + 1)));
    all += of_host("db1", exported(1 + count * part, count * (part + 1)));
  }
  folder.write("all.ndjson", all);
  SECTION("one") {
    const Found found = find_logs({folder.path()});
    CHECK(nodes_of(found) == Nodes{"all.ndjson= x/audit.log=db1"});
    CHECK(found.problems.empty());
  }
  SECTION("both") {
    folder.write("y/audit.log", log(1000, 1400));
    const Found found = find_logs({folder.path()});
    CHECK(found.sets[0].files[0].names_hosts);
    CHECK(nodes_of(found) == Nodes{"all.ndjson= x/audit.log=db1 y/audit.log=web1"});
    CHECK(found.problems.empty());
  }
  SECTION("one that shares nothing is by itself") {
    folder.write("z/audit.log", log(5000, 5400));
    CHECK(nodes_of(find_logs({folder.path()})) ==
          Nodes{"all.ndjson= x/audit.log=db1", "z/audit.log="});
  }
  SECTION("two that are of one host by its word alone are not one, which is told") {
    folder.write("y/audit.log", log(1, 400, "/of/another/host"));
    const Found found = find_logs({folder.path()});
    CHECK(found.sets.size() == 3);
    REQUIRE(found.problems.size() == 1);
    CHECK(found.problems[0].kind == ProblemKind::twice);
    CHECK(found.problems[0].where == "all.ndjson");
    CHECK(found.problems[0].what.find("x/audit.log") != std::string::npos);
  }
}

TEST_CASE("one host: an export whose words for one log's records differ is told, and read apart") {
  const TempFolder folder;
  folder.write("x/audit.log", log(1, 100));
  std::string all;
  for (int i = 20; i <= 140; ++i) {
    all += of_host(i % 2 == 0 ? "web1" : "db1", exported(i, i));
  }
  folder.write("all.ndjson", all);
  const Found found = find_logs({folder.path()});
  CHECK(found.sets.size() == 2);
  REQUIRE(found.problems.size() == 1);
  CHECK(found.problems[0].kind == ProblemKind::twice);
}

TEST_CASE("one host: a machine made of one that an export has is not that one") {
  const TempFolder folder;
  folder.write("x/audit.log", log(1, 40) + log(3001, 3400));
  folder.write("all.ndjson",
               of_host("db1", exported(1, 40)) + of_host("db1", exported(3501, 3800)) +
                   of_host("web1", exported(7000, 7100)) + of_host("db1", exported(2001, 3000)) +
                   of_host("db1", exported(3801, 3900)));
  const Found found = find_logs({folder.path()});
  CHECK(nodes_of(found) == Nodes{"all.ndjson=", "x/audit.log="});
  REQUIRE(found.problems.size() == 1);
  CHECK(found.problems[0].kind == ProblemKind::twice);
}

TEST_CASE("one host: records that one of two has a node of are of that node in both") {
  const TempFolder folder;
  const auto with_node = [](const std::string& node, const std::string& lines) {
    std::string text = lines;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      text.insert(at, "node=" + node + " ");
    }
    return text;
  };
  folder.write("web1/audit.log", log(1, 60));
  SECTION("a collector's, of two") {
    folder.write("c/audit.log", with_node("n1", log(20, 90)) + with_node("n2", log(500, 560)));
    CHECK(nodes_of(find_logs({folder.path()})) == Nodes{"c/audit.log= web1/audit.log=n1"});
  }
  SECTION("an export of one, whose records have it") {
    std::string all = exported(20, 90);
    for (std::size_t at = all.find("type="); at != std::string::npos;
         at = all.find("type=", at + 9)) {
      all.insert(at, "node=n1 ");
    }
    folder.write("e.ndjson", all);
    CHECK(nodes_of(find_logs({folder.path()})) == Nodes{"web1/audit.log=n1 e.ndjson=n1"});
  }
}

TEST_CASE("one host: two of auditd's own logs are never one, whatever they share") {
  const TempFolder folder;
  folder.write("a/audit.log", log(1, 20));
  folder.write("b/audit.log", log(1, 20, "/of/another/host"));
  SECTION("beside a file that is no log") {
    const auto notes = folder.write("notes.txt", "nothing\n");
    CHECK(find_logs({folder / "a", folder / "b", notes}).sets.size() == 3);
  }
  SECTION("beside an export that is of both: it is of several hosts") {
    folder.write("export.ndjson", exported(3, 20));
    CHECK(find_logs({folder.path()}).sets.size() == 3);
  }
  SECTION("beside two exports, one of them of both") {
    folder.write("b/audit.log", log(40, 60));
    folder.write("one.ndjson", exported(1, 30));
    folder.write("two.ndjson", exported(25, 60));
    const Found found = find_logs({folder.path()});
    for (const LogSet& set : found.sets) {
      int plain = 0;
      for (const LogFile& file : set.files) {
        plain += file.name.ends_with("audit.log") ? 1 : 0;
      }
      CHECK(plain <= 1);
    }
  }
}

}  // namespace auexfil::input::test
