#include <algorithm>

#include <catch2/catch.hpp>

#include "lines.hpp"

using namespace auexfil;               // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test

namespace {

std::unique_ptr<ParsedBlock> parsed(const std::string& text, Detail detail = Detail::all) {
  auto block = std::make_unique<ParsedBlock>();
  block->block = std::make_unique<input::Block>();
  block->block->buffer.assign(text.begin(), text.end());
  block->block->bytes = {block->block->buffer.data(), block->block->buffer.size()};
  block->block->starts_file = true;
  parse_block(*block, detail);
  return block;
}

const std::string kCall =
    "arch=c000003e syscall=1 success=yes exit=5 a0=3 a1=2 a2=5 a3=4 items=0 ppid=1 pid=900 auid=0 "
    "comm=\"x\" exe=\"/x\" key=(null)";

}  // namespace

TEST_CASE(
    "blocks: of several hosts, a record without a node is of the host that its header names") {
  const std::string header = "Dec  2 01:02:03 web-01 audispd: ";
  const std::string text = header + "type=CWD msg=audit(1.000:1): cwd=\"/\"\n" +  //
                           header + "node=db-02 type=CWD msg=audit(1.000:2): cwd=\"/\"\n" +
                           "type=CWD msg=audit(1.000:3): cwd=\"/\"\n" +
                           "Dec  2 01:02:03 web-01 kernel: [ 1.2] audit: type=1307 "
                           "audit(1.000:4): cwd=\"/\"\n"
                           "2026-12-02T01:02:03Z type=CWD msg=audit(1.000:5): cwd=\"/\"\n";
  const auto nodes = [&](bool names_hosts) {
    ParsedBlock block;
    block.block = std::make_unique<input::Block>();
    block.block->bytes = text;
    block.block->starts_file = true;
    block.block->names_hosts = names_hosts;
    parse_block(block, Detail::all);
    std::vector<std::string> found;
    for (const Record& record : block.records) {
      found.emplace_back(record.node);
    }
    return found;
  };
  CHECK(nodes(false) == std::vector<std::string>{"", "db-02", "", "", ""});
  CHECK(nodes(true) == std::vector<std::string>{"web-01", "db-02", "", "web-01", ""});
}

TEST_CASE("blocks: what is glued behind a record is of its host") {
  const auto block = parsed(
      "node=a type=CWD msg=audit(1.000:1): cwd=\"/\" type=CWD msg=audit(1.000:2): cwd=\"/\"\n"
      "node=a type=CWD msg=audit(1.000:3): cwd=\"/\" node=b type=CWD msg=audit(1.000:4): cwd=\"/\" "
      "type=CWD msg=audit(1.000:5): cwd=\"/\"\n"
      "type=CWD msg=audit(1.000:6): cwd=\"/\"\n");
  std::string nodes;
  for (const Record& record : block->records) {
    nodes += record.node.empty() ? "-" : std::string(record.node);
  }
  CHECK(nodes == "aaabb-");
}

TEST_CASE("blocks: lines are counted, damage has its place, also where there is none") {
  const auto block = parsed(
      "# comment\n"
      "type=CWD msg=audit(1.000:1): cwd=\"/\"\n"
      "\n"
      "garbage\n"
      "more garbage\r\n"
      "type=SYSCALL msg=audit(1.000:2): proctitle=\"whoami\"4/ld-linux\n"
      "type=CWD msg=audit(01/02/26 10:11:12.123:456) : cwd=/\n"
      "type=CWD msg=audit(1.000:3): cwd=\"/\"\r\n");
  CHECK(block->lines == 8);
  CHECK_FALSE(block->ends_file_cut);
  REQUIRE(block->records.size() == 3);
  CHECK(block->records[0].line == 2);
  CHECK(block->records[2].line == 8);
  CHECK(text(block->records[2].body, "cwd") == "/");
  CHECK(block->malformed.of(Malformed::no_stamp).lines == 2);
  CHECK(block->malformed.of(Malformed::no_stamp).first_line == 4);
  CHECK(block->malformed.of(Malformed::interpreted).lines == 1);
  CHECK(block->malformed.of(Malformed::interpreted).first_line == 7);
  CHECK(block->malformed.of(Malformed::damaged_syscall).lines == 1);
  CHECK(block->malformed.of(Malformed::damaged_syscall).first_line == 6);
  for (const Malformed none : {Malformed::overlong, Malformed::nul_bytes, Malformed::late_record,
                               Malformed::duplicate, Malformed::bad_sockaddr}) {
    CHECK(block->malformed.of(none).lines == 0);
  }
}

TEST_CASE("blocks: every kind of damage has a word of its own") {
  std::vector<std::string> words;
  for (int i = 0; i < static_cast<int>(Malformed::count_); ++i) {
    words.emplace_back(to_word(static_cast<Malformed>(i)));
    CHECK(words.back() != "?");
  }
  std::sort(words.begin(), words.end());
  CHECK(std::adjacent_find(words.begin(), words.end()) == words.end());
}

TEST_CASE("blocks: records glued on one line are parted") {
  const auto block = parsed(
      "type=CWD msg=audit(1.000:1): cwd=\"/a\" "
      "type=CWD msg=audit(1.000:2): cwd=\"/b\" "
      "type=SYSCALL msg=audit(1.000:3): " +
      kCall + "\n");
  REQUIRE(block->records.size() == 3);
  CHECK(text(block->records[0].body, "cwd") == "/a");
  CHECK(text(block->records[1].body, "cwd") == "/b");
  CHECK(block->records[2].type == type::kSyscall);
  CHECK(block->records[2].line == 1);
  // Text inside of quotes is no record, nor is what a message holds.
  for (const std::string body : {"x=\"type=CWD msg=audit(1.000:2):\"",
                                 "msg='op=x type=CWD msg=audit(1.000:2): res=success'"}) {
    CHECK(parsed("type=USER_CMD msg=audit(1.000:1): " + body + "\n")->records.size() == 1);
  }
}

TEST_CASE("blocks: records parted by a carriage return alone are parted") {
  const auto block =
      parsed("type=CWD msg=audit(1.000:1): cwd=\"/a\"\rtype=CWD msg=audit(1.000:2): cwd=\"/b\"\n");
  CHECK(block->records.size() == 2);
}

TEST_CASE("blocks: a glued record keeps its node") {
  const auto block = parsed(
      "node=a type=CWD msg=audit(1.000:1): cwd=\"/a\" node=b type=CWD msg=audit(1.000:2): "
      "cwd=\"/b\"\n");
  REQUIRE(block->records.size() == 2);
  CHECK(block->records[0].node == "a");
  CHECK(block->records[1].node == "b");
  CHECK(keys(block->records[0].body) == std::vector<std::string>{"cwd"});
}

TEST_CASE("blocks: zeros before a record are counted") {
  const auto block = parsed(std::string(100, '\0') + "type=CWD msg=audit(1.000:1): cwd=\"/\"\n");
  REQUIRE(block->records.size() == 1);
  CHECK(block->records[0].type == type::kCwd);
  CHECK(block->malformed.of(Malformed::nul_bytes).lines == 1);
}

TEST_CASE("blocks: a number that a cut goes through is not used") {
  // "pid=900" cut to "pid=9" is another process.
  const std::string whole = "type=SYSCALL msg=audit(1.000:1): " + kCall;
  const auto block = parsed(whole.substr(0, whole.find("pid=900") + 5));
  REQUIRE(block->records.size() == 1);
  CHECK(block->records[0].cut);
  CHECK(block->syscalls[0].ppid == 1);
  CHECK(block->syscalls[0].pid == 0);
}

TEST_CASE("blocks: a cut last line is counted") {
  const auto block = parsed("type=CWD msg=audit(1.000:1): cwd=\"/us");
  REQUIRE(block->records.size() == 1);
  CHECK(block->records[0].cut);
  CHECK(block->malformed.of(Malformed::cut).lines == 1);
}

TEST_CASE("blocks: what is folded for the tracker is not lost") {
  const std::string log = "type=SYSCALL msg=audit(1.000:1): " + kCall +
                          "\n"
                          "type=CWD msg=audit(1.000:1): cwd=\"/\"\n"
                          "type=PATH msg=audit(1.000:1): item=0 name=\"/x\"\n"
                          "type=PROCTITLE msg=audit(1.000:1): proctitle=\"x\"\n"
                          "type=PROCTITLE msg=audit(1.000:2): proctitle=\"y\"\n";
  const auto all = parsed(log);
  CHECK(all->records.size() == 5);
  CHECK(all->folded == 0);
  const auto followed = parsed(log, Detail::followed);
  REQUIRE(followed->records.size() == 2);
  CHECK(followed->folded == 3);
  CHECK(followed->records[0].title == "proctitle=\"x\"");
  CHECK(followed->records[0].paths ==
        "type=CWD msg=audit(1.000:1): cwd=\"/\"\n"
        "type=PATH msg=audit(1.000:1): item=0 name=\"/x\"");
  CHECK(followed->records[1].type == type::kProctitle);
}

TEST_CASE("blocks: exec keeps its paths") {
  const std::string log = "type=SYSCALL msg=audit(1.000:1): " + kCall +
                          "\n"
                          "type=EXECVE msg=audit(1.000:1): argc=1 a0=\"x\"\n"
                          "type=CWD msg=audit(1.000:1): cwd=\"/\"\n"
                          "type=PATH msg=audit(1.000:1): item=0 name=\"/x\"\n";
  CHECK(parsed(log, Detail::followed)->records.size() == 4);
  // A shipper that sorts: EXECVE behind them.
  const std::string sorted = "type=SYSCALL msg=audit(1.000:1): " + kCall +
                             "\n"
                             "type=CWD msg=audit(1.000:1): cwd=\"/\"\n"
                             "type=PATH msg=audit(1.000:1): item=0 name=\"/x\"\n"
                             "type=PROCTITLE msg=audit(1.000:1): proctitle=\"x\"\n"
                             "type=EXECVE msg=audit(1.000:1): argc=1 a0=\"x\"\n";
  const auto block = parsed(sorted, Detail::followed);
  CHECK(block->records.size() == 4);
  CHECK(block->folded == 1);
}

TEST_CASE("blocks: paths of other calls go when the event goes on or ends") {
  const std::string paths =
      "type=CWD msg=audit(1.000:1): cwd=\"/\"\n"
      "type=PATH msg=audit(1.000:1): item=0 name=\"/x\"\n";
  const std::string call = "type=SYSCALL msg=audit(1.000:1): " + kCall + "\n";
  for (const std::string behind : {"type=SOCKADDR msg=audit(1.000:1): saddr=0100\n",
                                   "type=CWD msg=audit(1.000:2): cwd=\"/\"\n",
                                   "type=EXECVE msg=audit(1.000:2): argc=1 a0=\"x\"\n"}) {
    CAPTURE(behind);
    const auto block = parsed(call + paths + behind, Detail::followed);
    CHECK(block->records.size() == 2);
    CHECK(block->folded == 2);
  }
}

TEST_CASE("blocks: a stamp read by help of the line before is the same stamp") {
  StampMemo memo;
  for (const char* const stamp : {"1796173321.113:512",
                                  "1796173321.113:512",
                                  "1796173321.114:512",
                                  "1796173321.114:513",
                                  "1796173321.5:513",
                                  "1796173321.500:513",
                                  "1796173321.05:513",
                                  "1796173322.000:4294967295",
                                  "1796173322.000:4294967296",
                                  "1796173322.001:0",
                                  "1796173322.001:",
                                  "1796173322.00a:1",
                                  "1796173322.:1",
                                  "1796173322.1234:1",
                                  "1796173322.001:00000000001",
                                  "179617332.100:7",
                                  "17961733220.100:7",
                                  "17961733220.100:8",
                                  "1.000:1",
                                  "1.000:2",
                                  "1.1:7896173321.113:5",
                                  "1796173322.001:1x",
                                  "999999999999999.999:1",
                                  "999999999999999.998:1"}) {
    const std::string line = std::string("type=CWD msg=audit(") + stamp + "): cwd=\"/\"";
    CAPTURE(stamp);
    Record plain;
    Record helped;
    Malformed plain_kind{};
    Malformed helped_kind{};
    const LineKind kind = parse_line(line, plain, plain_kind);
    // The memo points into the line: as in a block, it must outlive the next one.
    static std::vector<std::unique_ptr<std::string>> kept;
    kept.push_back(std::make_unique<std::string>(line));
    REQUIRE(parse_line(*kept.back(), helped, helped_kind, memo) == kind);
    if (kind == LineKind::record) {
      CHECK(helped.stamp() == plain.stamp());
      CHECK(helped.body == plain.body);
      CHECK(helped.type == plain.type);
    } else {
      CHECK(helped_kind == plain_kind);
    }
  }
}
