#include "auexfil/input/logs.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <vector>

#include <catch2/catch.hpp>

#include "files.hpp"

using namespace auexfil::input;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::input::test;  // NOLINT(google-build-using-namespace): a test

namespace {

using Strings = std::vector<std::string>;

Strings names(const LogSet& set) {
  Strings all;
  for (const auto& file : set.files) {
    all.push_back(file.name);
  }
  return all;
}

Strings labels(const Found& found) {
  Strings all;
  for (const auto& set : found.sets) {
    all.push_back(set.label);
  }
  return all;
}

/// What a file of many lines is read as, through its pieces or copies.
std::string read_all(const std::vector<std::string>& inputs, std::size_t ahead = 0) {
  std::string text;
  for (const LogSet& set : find_logs(inputs).sets) {
    BlockReader reader(set, {1024, std::size_t{1} << 20, ahead});
    while (BlockPtr block = reader.next()) {
      text += block->bytes;
    }
    text += "--\n";
  }
  return text;
}

TEST_CASE("pieces: what split(1) made is one log again, cut at any byte, whatever the names") {
  std::string log;
  for (int i = 0; i < 40; ++i) {
    log += record(1796173321 + i / 4, i);
  }
  const auto name_of =
      GENERATE(values<Strings>({{"audit.log.aa", "audit.log.ab", "audit.log.ac"},
                                {"audit.log.00", "audit.log.01", "audit.log.02"},
                                {"audit.log.1", "audit.log.2", "audit.log.3"},
                                {"audit.log.ab", "audit.log.ac", "audit.log.aa"},
                                {"xaa", "xab", "xac"},
                                {"audit.log.part1", "audit.log.part2", "audit.log.part10"},
                                {"audit.part01.log", "audit.part02.log", "audit.part03.log"},
                                {"third.log", "first.log", "second.log"}}));
  const bool packs = GENERATE(false, true);
  CAPTURE(name_of[0], packs);
  for (std::size_t cut = log.size() / 3; cut < log.size() / 3 + 130; cut += 7) {
    const TempFolder folder;
    const std::size_t second = cut + log.size() / 3;
    const Strings parts = {log.substr(0, cut), log.substr(cut, second - cut), log.substr(second)};
    const bool is_plain_name =
        name_of[0].find(".log") == std::string::npos || name_of[0] == "third.log";
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const bool packed_too = packs && !is_plain_name;
      folder.write(name_of[i] + (packed_too ? ".gz" : ""),
                   packed_too ? packed(parts[i], "gzip") : parts[i]);
    }
    CAPTURE(cut);
    CHECK(read_all({folder.path()}) == log + "--\n");
    CHECK(read_all({folder.path()}, 2) == log + "--\n");
  }
}

TEST_CASE("pieces: a log that a crash cut is no piece of the next") {
  const TempFolder folder;
  const std::string cut = record(1, 1) + record(1, 2).substr(0, 30);
  folder.write("audit.log.1", cut);
  folder.write("audit.log", record(2, 3));
  CHECK(read_all({folder.path()}) == cut + record(2, 3) + "--\n");
}

TEST_CASE("copies: the same content under any name, folder and compression is read once") {
  std::string log;
  for (int i = 0; i < 40; ++i) {
    log += record(1796173321 + i / 4, i);
  }
  struct Case {
    const char* name;
    std::string content;
  };
  const auto copy = GENERATE_REF(
      values<Case>({{"audit.log.bak", log},
                    {"audit.log.orig", log},
                    {"audit (1).log", log},
                    {"audit - Copy.log", log},
                    {"audit.log.old.gz", packed(log, "gzip")},
                    {"other/audit.log", log},
                    {"other/var/log/audit/audit.log.1", log},
                    {"saved/audit.log.zst", packed(log, "zstd")},
                    {"audit.log.1", log},
                    {"audit.log.save", log.substr(0, log.size() / 2)}}));  // taken earlier
  CAPTURE(copy.name);
  const TempFolder folder;
  folder.write("audit.log", log);
  folder.write(copy.name, copy.content);
  const Found found = find_logs({folder.path()});
  REQUIRE(found.sets.size() == 1);
  CHECK(read_all({folder.path()}) == log + "--\n");
  REQUIRE(found.problems.size() == 1);
  CHECK(found.problems[0].kind == ProblemKind::copy);
  CHECK(found.problems[0].where == copy.name);
}

namespace {

std::string with_each_line(const std::string& log, const std::string& before,
                           const std::string& behind) {
  std::string out;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    out += before + line + behind + '\n';
  }
  return out;
}

}  // namespace

TEST_CASE("copies: a log is one log, however it lies there a second time") {
  std::vector<std::string> part;
  for (int file = 0; file < 4; ++file) {
    part.emplace_back();
    for (int i = 0; i < 20; ++i) {
      part.back() += record(1796173321 + 20 * file + i, 20 * file + i);
    }
  }
  const std::string log = part[0] + part[1] + part[2] + part[3];
  const TempFolder folder;
  folder.write("audit.log.3.gz", packed(part[0], "gzip"));
  folder.write("audit.log.2", part[1]);
  folder.write("audit.log.1", part[2]);
  folder.write("audit.log", part[3]);
  std::size_t copies = 1;
  std::string expected = log;
  SECTION("joined") {
    folder.write("merged.log", log);
  }
  SECTION("joined and packed") {
    folder.write("saved/merged.log.zst", packed(log, "zstd"));
  }
  SECTION("joined while it still grew") {
    folder.write("merged.log", log.substr(0, 900));
  }
  SECTION("joined without its oldest file") {
    folder.write("merged.log", part[1] + part[2]);
  }
  SECTION("the end of it") {
    folder.write("x/audit.log", part[2] + part[3]);
  }
  SECTION("an editor's line ends") {
    folder.write("dos.log", with_each_line(log, "", "\r"));
  }
  SECTION("syslog's lines") {
    folder.write("messages.log",
                 with_each_line(log, "Dec  2 01:02:01 etl-01 audispd: node=etl-01 ", ""));
  }
  SECTION("in pieces") {
    folder.write("split/audit.log.aa", log.substr(0, 1000));
    folder.write("split/audit.log.ab", log.substr(1000, 1500));
    folder.write("split/audit.log.ac", log.substr(2500));
    copies = 3;
  }
  SECTION("a later collection, which has grown") {
    expected += record(1796174000, 100);
    folder.write("later/audit.log.1", part[2] + part[3]);
    folder.write("later/audit.log", record(1796174000, 100));
    copies = 2;
  }
  const Found found = find_logs({folder.path()});
  CHECK(found.sets.size() == 1);
  CHECK(read_all({folder.path()}) == expected + "--\n");
  CHECK(found.problems.size() == copies);
}

TEST_CASE("copies: what only begins alike is no copy") {
  const TempFolder folder;
  const std::string image = record(1, 1) + record(2, 2);
  folder.write("p/a/audit.log.1", image);
  folder.write("p/a/audit.log", record(3, 3));
  folder.write("p/b/audit.log.1", image);
  folder.write("p/b/audit.log", record(3, 4));
  const Found found = find_logs({folder / "p"});
  CHECK(labels(found) == Strings{"a", "b"});
  CHECK(found.problems.empty());
}

TEST_CASE("copies: machines that were made of one image are two") {
  const TempFolder folder;
  folder.write("p/a/audit.log", record(1, 1) + record(2, 2));
  folder.write("p/b/audit.log", record(1, 1) + record(2, 3));
  const Found found = find_logs({folder / "p"});
  CHECK(labels(found) == Strings{"a", "b"});
  CHECK(found.problems.empty());
}

}  // namespace

TEST_CASE("find: the files of a rotation stand in their true order, oldest first") {
  struct Case {
    Strings on_disk;
    Strings in_order;
  };
  const auto c = GENERATE(values<Case>({
      {{"audit.log", "audit.log.1", "audit.log.10", "audit.log.2", "audit.log.9"},
       {"audit.log.10", "audit.log.9", "audit.log.2", "audit.log.1", "audit.log"}},
      {{"audit.log.gz", "audit.log.1.gz", "audit.log.02.xz", "audit.log.3.zst", "audit.log.4.bz2"},
       {"audit.log.4.bz2", "audit.log.3.zst", "audit.log.02.xz", "audit.log.1.gz", "audit.log.gz"}},
      {{"audit.log", "audit.log-20261201.gz", "audit.log-20251231", "audit.log-20261202"},
       {"audit.log-20251231", "audit.log-20261201.gz", "audit.log-20261202", "audit.log"}},
      {{"audit.log", "audit.log-2026-12-01", "audit.log-2026-11-30", "audit.log.2026-10-01_0300"},
       {"audit.log.2026-10-01_0300", "audit.log-2026-11-30", "audit.log-2026-12-01", "audit.log"}},
      {{"audit.log", "audit-20261201.log", "audit-20261130.log.gz"},
       {"audit-20261130.log.gz", "audit-20261201.log", "audit.log"}},
      {{"audit.log.1.gz", "audit.log.1", "audit.log"},
       {"audit.log.1", "audit.log.1.gz", "audit.log"}},
  }));
  const TempFolder folder;
  for (const auto& name : c.on_disk) {
    const auto at = std::find(c.in_order.begin(), c.in_order.end(), name);
    folder.write(name, record(1, static_cast<int>(at - c.in_order.begin())));
  }
  SECTION("as a folder") {
    const auto found = find_logs({folder.path()});
    REQUIRE(found.sets.size() == 1);
    CHECK(names(found.sets[0]) == c.in_order);
    const std::string path = folder.path();
    CHECK(found.sets[0].label == path.substr(path.rfind('/') + 1));
    CHECK(found.problems.empty());
  }
  SECTION("as files, in any order, and twice") {
    Strings inputs;
    for (const auto& name : c.on_disk) {
      inputs.push_back(folder / name);
      inputs.push_back(folder.path() + "/./" + name);
    }
    const auto found = find_logs(inputs);
    REQUIRE(found.sets.size() == 1);
    Strings expected;
    for (const auto& name : c.in_order) {
      expected.push_back(folder / name);
    }
    CHECK(names(found.sets[0]) == expected);
  }
}

TEST_CASE("find: an empty live log goes on from its rotations, wherever their numbers stand") {
  const auto files = GENERATE(values<Strings>({{"audit.log.1", "audit.log"},
                                               {"audit.1.log", "audit.log"},
                                               {"audit.2.log", "audit.1.log", "audit.log"},
                                               {"audit.10.log", "audit.9.log.gz", "audit.log"}}));
  CAPTURE(files[0]);
  const TempFolder folder;
  for (std::size_t i = 0; i + 1 < files.size(); ++i) {
    const std::string text = record(static_cast<long>(i) + 1, static_cast<int>(i) + 1);
    folder.write("web-07/" + files[i], files[i].ends_with(".gz") ? packed(text, "gzip") : text);
  }
  folder.write("web-07/audit.log", "");
  const Found found = find_logs({folder / "web-07"});
  REQUIRE(found.sets.size() == 1);
  CHECK(names(found.sets[0]) == files);
  CHECK(found.sets[0].label == "web-07");
}

TEST_CASE("find: the number of a rotation is no host's name") {
  const TempFolder folder;
  folder.write("web-07/audit.1.log", record(1, 1));
  folder.write("web-07/audit.log", record(900'000, 700'000));
  for (const std::string& label : labels(find_logs({folder / "web-07"}))) {
    CHECK(label.find_first_not_of("0123456789") != std::string::npos);
  }
}

TEST_CASE("names: logs of two machines are not one for what they are called") {
  // Two hosts of one time; of the first a later log too, where a name is there for it.
  struct Case {
    Strings first;
    Strings second;
  };
  const auto c = GENERATE(values<Case>({
      {{"audit.log.192.168.100.101"}, {"audit.log.192.168.100.102"}},
      {{"audit.log.lon"}, {"audit.log.nyc"}},
      {{"audit.log.paris"}, {"audit.log.rome"}},
      {{"audit.log.db"}, {"audit.log.web"}},
      {{"audit.log.aa"}, {"audit.log.bb"}},
      {{"audit.log.1001"}, {"audit.log.1002"}},
      {{"audit.log.1001.gz"}, {"audit.log.1002.gz"}},
      {{"host-192-168-100-101.log"}, {"host-192-168-100-102.log"}},
      {{"ip-172-31-20-101.log"}, {"ip-172-31-20-102.log"}},
      {{"i-0123456789.log"}, {"i-0123456780.log"}},
      {{"srv-00012345.log"}, {"srv-00012346.log"}},
      {{"srv-20010101.log"}, {"srv-20010102.log"}},
      {{"vm-20261001-20261128.log"}, {"vm-20261002-20261128.log"}},
      {{"web-1-20261128.log", "web-1-20261129.log"}, {"web-2-20261128.log"}},
      {{"web-1-20261128.log.gz", "web-1-20261129.log.gz"}, {"web-2-20261128.log.gz"}},
      {{"web-1-2026-11-28.log", "web-1-2026-11-29.log"}, {"web-2-2026-11-28.log"}},
      {{"web-1_20261128.log", "web-1_20261129.log"}, {"web-2_20261128.log"}},
      {{"web-1.20261128.log", "web-1.20261129.log"}, {"web-2.20261128.log"}},
      {{"w-1-20261128-1795939200.log", "w-1-20261129-1796025600.log"}, {"w-2-20261128.log"}},
      {{"web.1.log"}, {"web.2.log"}},
  }));
  CAPTURE(c.first[0]);
  const TempFolder folder;
  const auto write = [&](const std::string& name, long from, int serial) {
    std::string log;
    for (int i = 0; i < 400; ++i) {
      log += record(from + i, serial + i);
    }
    folder.write(name, name.ends_with(".gz") ? packed(log, "gzip") : log);
  };
  write(c.first[0], 1795824000, 1001);
  if (c.first.size() > 1) {
    write(c.first[1], 1795910400, 1401);
  }
  write(c.second[0], 1795824000, 800'001);
  const Found found = find_logs({folder.path()});
  REQUIRE(found.sets.size() == 2);
  const bool is_first =
      found.sets[0].files.size() == c.first.size() && names(found.sets[0])[0] == c.first[0];
  CHECK(names(found.sets[is_first ? 0 : 1]) == c.first);
  CHECK(names(found.sets[is_first ? 1 : 0]) == c.second);
  CHECK(found.sets[0].label != found.sets[1].label);
}

TEST_CASE("names: what may be one log for its times and numbers stays one") {
  const std::string start = "type=DAEMON_START msg=audit(500.000:77): op=start res=success\n";
  const auto log = [](long from, int serial, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      text += record(from + i, serial + i);
    }
    return text;
  };
  struct Case {
    const char* what;
    std::string older;
    std::string newer;
  };
  const Case c = GENERATE_COPY(
      Case{"one behind the other", log(1000, 1, 400), log(2000, 90'000, 400)},
      Case{"a clock that was set back", log(5000, 1, 400), log(5200, 401, 400)},
      Case{"booted, the clock behind", log(5000, 50'000, 400), start + log(5100, 1, 400)},
      Case{"of hours before, as far as its clock tells", log(9000, 50'000, 400),
           start + log(5000, 1, 4000)});
  CAPTURE(c.what);
  const TempFolder folder;
  folder.write("audit.log.1", c.older);
  folder.write("audit.log", c.newer);
  CHECK(find_logs({folder.path()}).sets.size() == 1);
}

TEST_CASE("find: a clock that was set back takes back no order that the kernel's numbers tell") {
  const TempFolder folder;
  std::string older;
  std::string newer;
  for (int i = 0; i < 400; ++i) {
    older += record(9000 + i, 1 + i);
    newer += record(5000 + i, 401 + i);
  }
  folder.write("audit.log.1", older);
  folder.write("audit.log", newer);
  const auto found = find_logs({folder.path()});
  REQUIRE(found.sets.size() == 1);
  CHECK(names(found.sets[0]) == Strings{"audit.log.1", "audit.log"});
}

TEST_CASE(
    "find: pieces that are numbered upwards within minutes are in the order of their content") {
  const TempFolder folder;
  for (int piece = 0; piece < 3; ++piece) {
    std::string text;
    for (int i = 0; i < 100; ++i) {
      text += record(5000 + piece * 100 + i, 1 + piece * 100 + i);
    }
    folder.write(piece == 0 ? "audit.log" : "audit.log." + std::to_string(piece), text);
  }
  const auto found = find_logs({folder.path()});
  REQUIRE(found.sets.size() == 1);
  CHECK(names(found.sets[0]) == Strings{"audit.log", "audit.log.1", "audit.log.2"});
}

TEST_CASE("find: where dates and numbers are mixed, the first record of each file decides") {
  const TempFolder folder;
  folder.write("audit.log-20261201.gz", packed(record(200), "gzip"));
  folder.write("audit.log.1", record(300));
  folder.write("audit.log.2", record(100));
  folder.write("audit.log", record(400));
  const auto found = find_logs({folder.path()});
  REQUIRE(found.sets.size() == 1);
  CHECK(names(found.sets[0]) ==
        Strings{"audit.log.2", "audit.log-20261201.gz", "audit.log.1", "audit.log"});
}

TEST_CASE("find: when auditd started does not make what it writes then any newer") {
  const TempFolder folder;
  const std::string start = "type=DAEMON_START msg=audit(500.000:77): op=start res=success\n";
  folder.write("audit.log.1", start + record(100));
  folder.write("audit.log", record(200));
  CHECK(names(find_logs({folder.path()}).sets.at(0)) == Strings{"audit.log.1", "audit.log"});
  folder.write("audit.log.2", record(50));
  folder.write("audit.log.1", start);
  CHECK(names(find_logs({folder.path()}).sets.at(0)) ==
        Strings{"audit.log.2", "audit.log.1", "audit.log"});
}

TEST_CASE("find: the live file is the last, though what was kept for auditd begins before") {
  const TempFolder folder;
  const std::string start = "type=DAEMON_START msg=audit(500.000:77): op=start res=success\n";
  SECTION("a rotation of auditd's own record alone") {
    folder.write("audit.log.1", start);
    folder.write("audit.log", record(499));
  }
  SECTION("a rotation that begins with a newer record") {
    folder.write("audit.log.1", start + record(501, 900));
    folder.write("audit.log", record(499, 1));
  }
  SECTION("an empty rotation") {
    folder.write("audit.log.1", "");
    folder.write("audit.log", record(499));
  }
  CHECK(names(find_logs({folder.path()}).sets.at(0)) == Strings{"audit.log.1", "audit.log"});
}

TEST_CASE("find: each folder with a rotation is a set, and labels tell hosts apart") {
  struct Case {
    Strings files;
    Strings labels;
  };
  const auto c = GENERATE(values<Case>({
      {{"p/etl-10/var/log/audit/audit.log", "p/etl-2/var/log/audit/audit.log"},
       {"etl-2", "etl-10"}},
      {{"p/a/audit.log", "p/b/logs/audit.log"}, {"a", "b"}},
      {{"p/site/a/audit.log", "p/site/b/audit.log"}, {"a", "b"}},
      {{"p/x/a/audit.log", "p/y/a/audit.log"}, {"x/a", "y/a"}},
      {{"p/a.log", "p/b.log.1"}, {"a", "b"}},
      {{"p/etl-01.audit.log", "p/audit-etl-02.log"}, {"etl-02", "etl-01"}},
      {{"p/a/audit.log", "p/a/var/log/audit/audit.log", "p/b/audit.log"},
       {"a/audit.log", "a/var/log/audit/audit.log", "b"}},
      {{"p/audit.log", "p/old/audit.log"}, {"audit", "old"}},
      {{"p/only/audit.log"}, {"only"}},
      {{"p/only/var/log/audit/audit.log"}, {"only"}},
      {{"p/logs/audit.log"}, {"p"}},
  }));
  const TempFolder folder;
  for (int serial = 1; const auto& file : c.files) {
    folder.write(file, record(1, serial++));
  }
  const auto found = find_logs({folder / "p"});
  CHECK(labels(found) == c.labels);
}

TEST_CASE("find: names are relative to the folder, sets come in the order of the arguments") {
  const TempFolder folder;
  const auto file = folder.write("z/audit.log", record(1));
  folder.write("p/etl-01/audit.log.3", record(1, 2));
  folder.write("p/etl-01/audit.log", record(2));
  const auto found = find_logs({file, folder / "p"});
  REQUIRE(found.sets.size() == 2);
  CHECK(names(found.sets[0]) == Strings{file});
  CHECK(names(found.sets[1]) == Strings{"etl-01/audit.log.3", "etl-01/audit.log"});
  CHECK(found.sets[1].files[1].bytes == record(2).size());
  CHECK(labels(found) == Strings{"z", "p/etl-01"});
}

TEST_CASE("find: in a folder, other *.log files count by what is in them, also compressed") {
  struct Case {
    const char* name;
    std::string content;
    bool counts;
  };
  const TempFolder folder;
  const auto c = GENERATE(values<Case>({
      {"etl.log", "node=etl " + record(1), true},
      {"etl.log.1.xz", packed(record(1), "xz"), true},
      {"etl.log.old", record(1), true},
      {"export.log", "----\ntime->Wed Dec  2\n" + record(1), true},
      {"kern.log", "Dec 2 etl kernel: audit: type=1400 audit(1796173321.1:2): apparmor\n", false},
      {"other.log", "nothing of the kind\n", false},
      {"empty.log", "", false},
      {"notes.txt", record(1), false},
      {"notes.txt", record(1) + record(2) + "as it was\n" + record(3) + record(4), false},
      {"dump.txt", record(1) + record(2) + "\n" + record(3) + record(4), true},
      {"web1_audit", record(1) + record(2) + record(3) + record(4), true},
      {"audit", record(1), false},
      {"audit.log", "whatever it is", true},
      {"audit.log.1", "", true},
  }));
  CAPTURE(c.name);
  folder.write(c.name, c.content);
  const auto found = find_logs({folder.path()});
  CHECK(found.sets.size() == (c.counts ? 1 : 0));
  CHECK(found.problems.size() == (c.counts ? 0 : 1));
}

TEST_CASE("find: a missing file and a folder without logs are named") {
  const TempFolder folder;
  folder.write("p/readme.txt", "x");
  const auto file = folder.write("audit.log", record(1));
  const auto found = find_logs({folder / "gone", folder / "p", file});
  REQUIRE(found.problems.size() == 2);
  CHECK(found.problems[0].kind == ProblemKind::missing);
  CHECK(found.problems[0].where == folder / "gone");
  CHECK(found.problems[1].kind == ProblemKind::no_logs);
  CHECK(found.problems[1].where == folder / "p");
  CHECK(found.sets.size() == 1);
}

TEST_CASE("find: links that loop or lead out of the folder are not followed") {
  const TempFolder folder;
  folder.write("outside/audit.log", record(1));
  folder.write("p/a/current.data", record(2));
  folder.link("p/a/loop", "..");
  folder.link("p/a/self", "self");
  folder.link("p/a/out", "../../outside");
  folder.link("p/a/audit.log.1", "../../outside/audit.log");
  SECTION("nothing else is there: said so") {
    const auto found = find_logs({folder / "p"});
    CHECK(found.sets.empty());
    REQUIRE(found.problems.size() == 1);
    CHECK_THAT(found.problems[0].what, Catch::Contains("lead out of it were not followed"));
  }
  SECTION("a link to a file inside counts by its own name") {
    folder.link("p/a/audit.log", "current.data");
    const auto found = find_logs({folder / "p"});
    REQUIRE(found.sets.size() == 1);
    CHECK(names(found.sets[0]) == Strings{"a/audit.log"});
  }
  SECTION("a folder that is itself named through a link is") {
    folder.link("link", "outside");
    CHECK(find_logs({folder / "link"}).sets.size() == 1);
  }
}

TEST_CASE("find: a folder that may not be listed is one of permission") {
  if (geteuid() == 0) {
    WARN("root reads everything: skipped");
    return;
  }
  const TempFolder folder;
  folder.write("p/closed/audit.log", record(1));
  chmod((folder / "p/closed").c_str(), 0);
  const auto found = find_logs({folder / "p"});
  chmod((folder / "p/closed").c_str(), 0700);
  REQUIRE(found.problems.size() == 1);
  CHECK(found.problems[0].kind == ProblemKind::permission);
}

TEST_CASE("find: a file that is a pipe by the time it is read is refused, nobody is waited for") {
  const TempFolder folder;
  folder.write("p/audit.log.1", record(1));
  folder.write("p/audit.log", record(2));
  const auto found = find_logs({GENERATE(true, false) ? folder / "p" : folder / "p/audit.log"});
  REQUIRE(found.sets.size() == 1);
  fs::remove(folder / "p/audit.log");
  REQUIRE(mkfifo((folder / "p/audit.log").c_str(), 0600) == 0);
  BlockReader reader(found.sets[0], {1024, std::size_t{1} << 20, 0});
  std::string text;
  while (const BlockPtr block = reader.next()) {
    text += block->bytes;
  }
  CHECK((text.empty() || text == record(1)));
  REQUIRE(reader.problems().size() == 1);
  CHECK(reader.problems()[0].kind == ProblemKind::unreadable);
}

TEST_CASE("find: a pipe that is named is a stream, one that is found is none") {
  const TempFolder folder;
  folder.write("p/audit.log.1", record(1));
  REQUIRE(mkfifo((folder / "p/audit.log").c_str(), 0600) == 0);
  const auto named = find_logs({folder / "p/audit.log"});
  REQUIRE(named.sets.size() == 1);
  CHECK(named.sets[0].files[0].is_stream);
  const auto walked = find_logs({folder / "p"});
  REQUIRE(walked.sets.size() == 1);
  CHECK(names(walked.sets[0]) == Strings{"audit.log.1"});
  CHECK_FALSE(walked.sets[0].files[0].is_stream);
}

TEST_CASE("find: standard input is a set of its own, once") {
  const auto found = find_logs({"-", "-"});
  REQUIRE(found.sets.size() == 1);
  CHECK(found.sets[0].files[0].path == "-");
}
