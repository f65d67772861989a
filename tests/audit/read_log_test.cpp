#include "auexfil/audit/read_log.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <tuple>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "lines.hpp"

using namespace auexfil;               // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test
namespace fs = std::filesystem;

// read_log(): what the sink sees depends on the records alone.

namespace {

/// A folder that goes away with the test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "auexfil-audit-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string write(const std::string& name, std::string_view text) const {
    const std::string path = (path_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

 private:
  fs::path path_;
};

struct Options {
  std::size_t block_bytes = std::size_t{1} << 20;
  unsigned threads = 1;
};

/// What read_log() tells of the files, with bodies so long as they tell events apart.
struct Result {
  std::vector<EventCopy> events;
  ReadResult counts;
};

Result read_paths(const std::vector<std::string>& paths, Options options = {}) {
  input::LogSet set;
  for (const std::string& path : paths) {
    set.files.push_back({path, path, fs::file_size(path)});
  }
  input::BlockReader::Options reading;
  reading.block_bytes = options.block_bytes;
  input::BlockReader reader(set, reading);
  ReadOptions read;
  read.threads = options.threads;
  Result result;
  result.counts =
      read_log(reader, read, [&](const Event& event) { result.events.push_back(copy(event)); });
  return result;
}

/// Stamps, boots and the sorted bodies of each event, in the order of the events. Places in files
/// and the order of records inside an event are left out: those are the log's own.
using Story = std::vector<std::tuple<std::string, std::uint32_t, Stamp,
                                     std::vector<std::pair<std::uint16_t, std::string>>>>;

Story story(const std::vector<EventCopy>& events) {
  Story out;
  for (const EventCopy& event : events) {
    std::vector<std::pair<std::uint16_t, std::string>> bodies;
    for (const auto& record : event.records) {
      bodies.emplace_back(record.type, record.body);
    }
    std::sort(bodies.begin(), bodies.end());
    out.emplace_back(event.node, event.boot, event.stamp, std::move(bodies));
  }
  return out;
}

/// Fails with the first difference only: a whole story is megabytes.
void check_same(const Story& have, const Story& want) {
  CHECK(have.size() == want.size());
  for (std::size_t i = 0; i < std::min(have.size(), want.size()); ++i) {
    if (have[i] != want[i]) {
      CAPTURE(i, std::get<0>(have[i]), to_string(std::get<2>(have[i])),
              to_string(std::get<2>(want[i])), std::get<1>(have[i]), std::get<1>(want[i]));
      FAIL_CHECK("another event, boot or record");
      return;
    }
  }
}

/// Lines that could come from a host: events of several records, out-of-order stamps, two boots.
std::string made_log(std::size_t events, std::uint32_t seed = 1) {
  std::mt19937 random(seed);
  std::string log;
  std::uint32_t serial = 100;
  std::int64_t ms = 1796173321000;
  for (std::size_t i = 0; i < events; ++i) {
    ms += static_cast<std::int64_t>(random() % 40);
    ++serial;
    const std::int64_t entry =
        ms - static_cast<std::int64_t>(random() % 4 == 0 ? random() % 3000 : 0);
    const std::string stamp = "msg=audit(" + std::to_string(entry / 1000) + "." +
                              std::to_string(1000 + entry % 1000).substr(1) + ":" +
                              std::to_string(serial) + "): ";
    const std::string pid = std::to_string(400 + i % 90);
    log += "type=SYSCALL " + stamp +
           "arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=2 ppid=1 pid=" +
           pid + " auid=0 uid=0 tty=(none) ses=1 comm=\"x\" exe=\"/usr/bin/x\" key=(null)\n";
    for (std::uint32_t more = random() % 4; more > 0; --more) {
      log += "type=PATH " + stamp + "item=" + std::to_string(more) + " name=\"/p" + pid + "\"\n";
    }
    log += "type=PROCTITLE " + stamp + "proctitle=\"x\"\n";
  }
  return log;
}

/// Each line is moved by at most `most` places.
std::string displaced(const std::string& log, std::size_t most, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::pair<std::size_t, std::string_view>> lines;
  for (const std::string_view line : lines_of(log)) {
    lines.emplace_back(lines.size() + random() % (most + 1), line);
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string out;
  for (const auto& [place, line] : lines) {
    out += line;
    out += '\n';
  }
  return out;
}

/// Made logs always; a recording where there is one.
std::vector<std::string> logs() {
  std::vector<std::string> all = {made_log(3000)};
  for (const RecordedFile& file : recorded_files()) {
    if (file.recording == "dev-guide" || file.recording == "dev-minimal") {
      all.push_back(read_whole(file.path));
    }
  }
  return all;
}

}  // namespace

TEST_CASE("read_log: any block size and any number of threads give the same events") {
  for (const std::string& log : logs()) {
    const Folder folder;
    const std::string path = folder.write("audit.log", log);
    const Result whole = read_paths({path});
    CHECK(whole.events.size() == whole.counts.events);
    for (std::size_t bytes = 1024; bytes <= (std::size_t{1} << 20); bytes *= 4) {
      for (const unsigned threads : {1U, 2U, 3U, 4U}) {
        CAPTURE(bytes, threads);
        const Result cut = read_paths({path}, {bytes, threads});
        check_same(story(cut.events), story(whole.events));
        CHECK(cut.counts.records == whole.counts.records);
        CHECK(cut.counts.events == whole.counts.events);
        // Evidence points at the same lines.
        bool same_lines = cut.events.size() == whole.events.size();
        for (std::size_t i = 0; same_lines && i < cut.events.size(); ++i) {
          same_lines = cut.events[i].records == whole.events[i].records;
        }
        CHECK(same_lines);
      }
    }
  }
}

TEST_CASE("read_log: a consumer that gives up ends the reading, on any number of threads") {
  const Folder folder;
  std::string log;
  while (log.size() < 200'000) {
    log += logs().front();
  }
  input::LogSet set;
  set.files.push_back({folder.write("audit.log", log), "audit.log", 0});
  for (const unsigned threads : {1U, 2U, 3U, 8U}) {
    for (const int after : {0, 1, 50}) {
      input::BlockReader reader(set, {1024, std::size_t{1} << 20});
      audit::ReadOptions options;
      options.threads = threads;
      options.assembler.window_events = 16;
      int seen = 0;
      CHECK_THROWS_AS(audit::read_log(reader, options,
                                      [&](const audit::Event&) {
                                        if (seen++ == after) {
                                          throw std::runtime_error("the pipe is closed");
                                        }
                                      }),
                      std::runtime_error);
      CHECK(seen == after + 1);
    }
  }
}

namespace {

/// DAEMON_* records have a counter of auditd's own: their place is where the log has them.
std::string without_daemon(const std::string& log) {
  std::string out;
  for (const std::string_view line : lines_of(log)) {
    if (line.find("type=DAEMON_") == std::string_view::npos) {
      out += line;
      out += '\n';
    }
  }
  return out;
}

}  // namespace

TEST_CASE("read_log: any interleaving of the lines gives the same events in the same order") {
  for (const std::string& whole : logs()) {
    const std::string log = without_daemon(whole);
    const Folder folder;
    const Result straight = read_paths({folder.write("straight", log)});
    for (const std::size_t most : {1U, 5U, 50U, 300U}) {
      for (const std::uint32_t seed : {1U, 2U, 3U}) {
        CAPTURE(most, seed);
        const Result shuffled = read_paths({folder.write("shuffled", displaced(log, most, seed))});
        check_same(story(shuffled.events), story(straight.events));
        CHECK(shuffled.counts.malformed.of(Malformed::late_record).lines == 0);
      }
    }
  }
}

TEST_CASE("read_log: any split into files gives the same events") {
  for (const std::string& log : logs()) {
    const Folder folder;
    const Result whole = read_paths({folder.write("whole", log)});
    const auto lines = lines_of(log);
    std::mt19937 random(7);
    for (int round = 0; round < 12; ++round) {
      // Two to nine pieces, at line ends: auditd rotates between records.
      std::vector<std::string> paths;
      std::vector<std::size_t> cuts = {0, lines.size()};
      for (std::size_t i = 0; i < 1 + random() % 8; ++i) {
        cuts.push_back(random() % lines.size());
      }
      std::sort(cuts.begin(), cuts.end());
      for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
        std::string piece;
        for (std::size_t at = cuts[i]; at < cuts[i + 1]; ++at) {
          piece += lines[at];
          piece += '\n';
        }
        paths.push_back(folder.write("piece" + std::to_string(i), piece));
      }
      const unsigned threads = 1 + static_cast<unsigned>(round % 4);
      CAPTURE(round, paths.size(), threads);
      const Result pieces = read_paths(paths, {4096, threads});
      check_same(story(pieces.events), story(whole.events));
      CHECK(pieces.counts.records == whole.counts.records);
    }
  }
}

TEST_CASE("read_log: a cut of the end takes away, and changes nothing else") {
  const std::string log = made_log(300);
  const Folder folder;
  const Result whole = read_paths({folder.write("whole", log)});
  std::map<Stamp, const EventCopy*> by_stamp;
  for (const EventCopy& event : whole.events) {
    by_stamp[event.stamp] = &event;
  }
  std::mt19937 random(3);
  for (int round = 0; round < 150; ++round) {
    const std::size_t size =
        round < 100 ? log.size() - static_cast<std::size_t>(round) : random() % log.size();
    const Result cut = read_paths({folder.write("cut", log.substr(0, size))});
    CAPTURE(size);
    std::size_t damaged_records = 0;
    std::uint32_t last = 0;
    for (const EventCopy& event : cut.events) {
      CHECK(event.stamp.serial > last);
      last = event.stamp.serial;
      const auto found = by_stamp.find(event.stamp);
      REQUIRE(found != by_stamp.end());
      REQUIRE(event.records.size() <= found->second->records.size());
      for (std::size_t i = 0; i < event.records.size(); ++i) {
        if (event.records[i].cut) {
          ++damaged_records;
          CHECK(found->second->records[i].body.substr(0, event.records[i].body.size()) ==
                event.records[i].body);
        } else {
          CHECK(event.records[i] == found->second->records[i]);
        }
      }
    }
    CHECK(damaged_records <= 1);
  }
}

TEST_CASE("read_log: two hosts' lines dealt into one log") {
  std::string a;
  std::string b;
  const std::string log_a = made_log(800, 1);
  const std::string log_b = made_log(900, 2);
  for (const std::string_view line : lines_of(log_a)) {
    a += "node=a " + std::string(line) + "\n";
  }
  for (const std::string_view line : lines_of(log_b)) {
    b += "node=b " + std::string(line) + "\n";
  }
  const Folder folder;
  const Story want_a = story(read_paths({folder.write("a", a)}).events);
  const Story want_b = story(read_paths({folder.write("b", b)}).events);
  std::string both;
  const auto lines_a = lines_of(a);
  const auto lines_b = lines_of(b);
  std::mt19937 random(9);
  for (std::size_t i = 0, j = 0; i < lines_a.size() || j < lines_b.size();) {
    const bool take_a = j == lines_b.size() || (i < lines_a.size() && random() % 2 == 0);
    both += take_a ? lines_a[i++] : lines_b[j++];
    both += '\n';
  }
  const Result dealt = read_paths({folder.write("both", both)}, {2048, 1});
  std::vector<EventCopy> of_a;
  std::vector<EventCopy> of_b;
  for (const EventCopy& event : dealt.events) {
    (event.node == "a" ? of_a : of_b).push_back(event);
  }
  check_same(story(of_a), want_a);
  check_same(story(of_b), want_b);
}

TEST_CASE("read_log: a line before its boot's end, over a reboot") {
  // The second boot starts at serial 1 and goes on later.
  std::string log = made_log(500);
  log +=
      "type=DAEMON_START msg=audit(1796180000.000:7798): op=start ver=3.0.9 format=raw "
      "res=success\n";
  for (int i = 4; i < 300; ++i) {
    log += "type=CWD msg=audit(1796180000.100:" + std::to_string(i) + "): cwd=\"/\"\n";
  }
  const Folder folder;
  const Result result = read_paths({folder.write("log", log)});
  CHECK(result.events.front().boot == 0);
  CHECK(result.events.back().boot == 1);
  CHECK(std::is_sorted(result.events.begin(), result.events.end(),
                       [](const EventCopy& x, const EventCopy& y) { return x.boot < y.boot; }));
}

namespace {

std::string cwd_lines(std::string_view second, int from, int to) {
  std::string lines;
  for (int i = from; i < to; ++i) {
    lines += fmt::format("type=CWD msg=audit({}.{:03}:{}): cwd=\"/\"\n", second, i % 1000, i);
  }
  return lines;
}

std::string boot_line(std::string_view second, int serial) {
  return fmt::format(
      "type=SYSTEM_BOOT msg=audit({}.999:{}): pid=50 uid=0 auid=4294967295 ses=4294967295 "
      "msg=' comm=\"systemd-update-utmp\" exe=\"/x\" hostname=? addr=? terminal=? res=success'\n",
      second, serial);
}

std::uint32_t boots_of(const std::string& log) {
  const Folder folder;
  return read_paths({folder.write("log", log)}).events.back().boot;
}

}  // namespace

TEST_CASE("read_log: a boot that only SYSTEM_BOOT tells") {
  SECTION("of a machine that was not up for long") {
    CHECK(boots_of(cwd_lines("1796173000", 3, 340) + boot_line("1796180000", 3) +
                   cwd_lines("1796180001", 4, 90)) == 1);
    CHECK(boots_of(cwd_lines("1796173000", 100, 165) + boot_line("1796180000", 5) +
                   cwd_lines("1796180001", 6, 66)) == 1);
  }
  SECTION("after what the boot logged before") {
    CHECK(boots_of(cwd_lines("1796173000", 3, 900) + cwd_lines("1796180000", 2, 20) +
                   boot_line("1796180001", 20) + cwd_lines("1796180002", 21, 90)) == 1);
  }
}

TEST_CASE("read_log: whoever sends a SYSTEM_BOOT cuts nothing in two") {
  SECTION("serials go on") {
    CHECK(boots_of(cwd_lines("1796173000", 3, 340) + boot_line("1796180000", 340) +
                   cwd_lines("1796180001", 341, 400)) == 0);
  }
  SECTION("it stands a few lines late") {
    CHECK(boots_of(cwd_lines("1796173000", 3, 335) + cwd_lines("1796173000", 336, 350) +
                   boot_line("1796180000", 335) + cwd_lines("1796180001", 351, 400)) == 0);
  }
  SECTION("serials wrap") {
    CHECK(boots_of("type=CWD msg=audit(1796173000.000:4294967290): cwd=\"/\"\n" +
                   boot_line("1796180000", 3) + cwd_lines("1796180001", 4, 90)) == 0);
  }
}

namespace {

/// node, milliseconds and serial of every stamp in a text, found without the reader.
std::set<std::tuple<std::string, std::string, std::string>> stamps(const std::string& text) {
  std::set<std::tuple<std::string, std::string, std::string>> all;
  for (const std::string_view line : lines_of(text)) {
    const std::size_t at = line.find("audit(");
    const std::size_t close = at == std::string_view::npos ? at : line.find(')', at);
    if (close == std::string_view::npos || line.substr(0, 1) == "#" ||
        line.find("UNKNOWN[1329] msg=?") != std::string_view::npos) {
      continue;
    }
    const std::string_view stamp = line.substr(at + 6, close - at - 6);
    const std::size_t colon = stamp.find(':');
    const std::string_view node =
        line.substr(0, 5) == "node=" ? line.substr(5, line.find(' ') - 5) : "";
    all.emplace(node, stamp.substr(0, colon), stamp.substr(colon + 1));
  }
  return all;
}

}  // namespace

TEST_CASE("read_log: one event a stamp, in every public log and every recording") {
  const auto publics = public_logs();
  const auto recorded = recorded_files();
  if (publics.empty() && recorded.empty()) {
    WARN("no logs beside the source tree: skipped");
    return;
  }
  const Folder folder;
  for (const std::string& path : publics) {
    CAPTURE(path);
    const std::string text = read_public(path);
    const Result result = read_paths({folder.write("log", text)});
    CHECK(result.counts.events == stamps(text).size());
    CHECK(result.counts.malformed.of(Malformed::late_record).lines == 0);
  }
  std::map<std::string, std::vector<std::string>> sets;
  for (const RecordedFile& file : recorded) {
    sets[file.recording].push_back(file.path);
  }
  for (const auto& [recording, paths] : sets) {
    CAPTURE(recording);
    std::string text;
    for (const std::string& path : paths) {
      text += read_whole(path);
    }
    input::LogSet set;
    for (const std::string& path : paths) {
      set.files.push_back({path, path, fs::file_size(path)});
    }
    input::BlockReader reader(set, {});
    std::size_t events = 0;
    ReadOptions options;
    options.threads = 2;
    const ReadResult result = read_log(reader, options, [&](const Event&) { ++events; });
    CHECK(result.events == stamps(text).size());
    CHECK(events == result.events);
    CHECK(result.malformed.of(Malformed::late_record).lines == 0);
    CHECK(result.malformed.of(Malformed::damaged_syscall).lines == 0);
  }
}

TEST_CASE("read_log: the same EXECVE and SOCKADDR records a stamp as ausearch --raw") {
  constexpr const char* kAusearch = "/usr/sbin/ausearch";
  const auto recorded = recorded_files();
  if (access(kAusearch, X_OK) != 0 || recorded.empty()) {
    WARN("no ausearch or no recordings: skipped");
    return;
  }
  const Folder folder;
  for (const RecordedFile& file : recorded) {
    if (file.recording != "dev-network" && file.recording != "dev-minimal") {
      continue;
    }
    const std::string text = read_whole(file.path);
    const std::string plain = folder.write("plain.log", text);
    const std::string raw_path = folder.write("raw.log", "");
    // Paths are this test's own.
    const std::string command = std::string(kAusearch) + " --raw -m EXECVE,SOCKADDR -if " + plain +
                                " > " + raw_path + " 2>/dev/null < /dev/null";
    REQUIRE(std::system(command.c_str()) == 0);  // NOLINT(cert-env33-c): a fixed program
    using PerStamp = std::map<Stamp, std::multiset<std::string>>;
    const auto wanted_types = [](const std::string& path) {
      PerStamp all;
      for (const EventCopy& event : read_paths({path}).events) {
        for (const auto& record : event.records) {
          if (record.type == type::kExecve || record.type == type::kSockaddr) {
            // ausearch puts the separator behind records without an enriched part as well.
            all[event.stamp].insert(record.body.substr(0, record.body.find('\x1d')));
          }
        }
      }
      return all;
    };
    const PerStamp ours = wanted_types(plain);
    const PerStamp theirs = wanted_types(raw_path);
    CHECK(ours.size() > 100);
    CHECK(ours.size() == theirs.size());
    std::size_t different = 0;
    for (const auto& [stamp, bodies] : ours) {
      const auto found = theirs.find(stamp);
      if ((found == theirs.end() || found->second != bodies) && ++different == 1) {
        CAPTURE(to_string(stamp), bodies,
                found == theirs.end() ? std::multiset<std::string>{} : found->second);
        FAIL_CHECK("another body");
      }
    }
    CHECK(different == 0);
  }
}
