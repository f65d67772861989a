#include <string>

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

TEST_CASE("one host: a collector's syslog is beside none of its hosts' own logs") {
  const TempFolder folder;
  folder.write("a/audit.log", log(1, 20));
  const auto behind = [](const std::string& host, int i) {
    return "Dec  2 01:02:03 " + host + " audispd: " + record(i) + "\n";
  };
  std::string own;
  std::string of_both;
  for (int i = 5; i < 20; ++i) {
    own += behind("a", i);
    of_both += behind("a", i) + behind("b", i);
  }
  SECTION("its own syslog is") {
    folder.write("messages", own);
    CHECK(find_logs({folder.path()}).sets.size() == 1);
  }
  SECTION("the collector's is not") {
    folder.write("messages", of_both);
    CHECK(find_logs({folder.path()}).sets.size() == 2);
  }
}

TEST_CASE("one host: an export of several hosts is beside none of their logs, and that is told") {
  const TempFolder folder;
  folder.write("x/audit.log", log(1, 400));
  const auto of_host = [](const std::string& host, int first, int last) {
    std::string text = exported(first, last);
    for (std::size_t at = text.find("{\"m"); at != std::string::npos;
         at = text.find("{\"m", at + 9)) {
      text.insert(at + 1, "\"host\":{\"name\":\"" + host + "\"},");
    }
    return text;
  };
  const bool is_sorted = GENERATE(true, false);
  CAPTURE(is_sorted);
  std::string all;
  for (int part = 0; part < (is_sorted ? 1 : 40); ++part) {
    const int count = is_sorted ? 400 : 10;
    all += of_host("web1", 1000 + count * part, 999 + count * (part + 1));
    all += of_host("db1", 1 + count * part, count * (part + 1));
  }
  folder.write("all.ndjson", all);
  const Found found = find_logs({folder.path()});
  CHECK(found.sets.size() == 2);
  REQUIRE(found.problems.size() == 1);
  CHECK(found.problems[0].kind == ProblemKind::twice);
  CHECK(found.problems[0].where == "all.ndjson");
  CHECK(found.problems[0].what.find("x/audit.log") != std::string::npos);
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
