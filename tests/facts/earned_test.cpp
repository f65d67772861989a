#include <regex>

#include "night.hpp"

/// `adequate` must be earned: each log lacks one thing, and the verdict says which.
namespace auexfil::test {
namespace {

bool has_reason(const coverage::HostCoverage& coverage, std::string_view part) {
  return std::any_of(
      coverage.reasons.begin(), coverage.reasons.end(),
      [&](const std::string& reason) { return reason.find(part) != std::string::npos; });
}

std::string text_of(const coverage::HostCoverage& coverage) {
  std::string text;
  for (const std::string& reason : coverage.reasons) {
    text += reason + "; ";
  }
  return text;
}

/// The lines that do not hold a word.
std::string without(const std::string& text, std::string_view word) {
  std::string rest;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at) + 1;
    if (text.substr(at, end - at).find(word) == std::string::npos) {
      rest += text.substr(at, end - at);
    }
    at = end;
  }
  return rest;
}

/// auditctl -D, or its like.
void change_rules(Log& log, std::string_view op, int rules, std::string_view more = "res=1") {
  for (int i = 0; i < rules; ++i) {
    log.record(
        "CONFIG_CHANGE", log.next_stamp(),
        fmt::format("auid=1000 ses=9 subj=unconfined op={} key=\"k{}\" list=4 {}", op, i, more));
  }
}

/// Sessions that cron opens, which no rule asks for.
void pass_unaudited(CronHost& log, int hours) {
  for (int i = 0; i < hours; ++i) {
    log.pass(3'600'000);
    log.user("USER_START", CronHost::kCron, "PAM:session_open", "cron");
  }
}

void check_partial(const std::string& log, std::string_view reason) {
  const coverage::HostCoverage coverage = coverage_of(log);
  CAPTURE(text_of(coverage));
  CHECK(coverage.verdict != coverage::CoverageVerdict::adequate);
  CHECK(has_reason(coverage, reason));
}

}  // namespace

TEST_CASE("earned: addresses are left out") {
  check_partial(without(night({}).text(), "SOCKADDR"), "the address of");
}

TEST_CASE("earned: a datagram socket's bytes do not vanish with its address") {
  CronHost log = night({});
  const int tftp = log.tool("/opt/feed/udp", {"udp"});
  log.udp(tftp, 3);
  log.call(tftp, "sendto", 200'000, {3, 0x7f, 200'000});
  log.done(tftp);
  std::uint64_t bytes = 0;
  for (const facts::Fact& fact : tell(log)) {
    if (fact.process.pid == static_cast<std::uint32_t>(tftp)) {
      bytes += fact.bytes_out.value_or(0);
      CHECK_FALSE(fact.destinations.at(0).address);
    }
  }
  CHECK(bytes == 200'000);
  check_partial(log.text(), "connect of 1 IPv4 sockets");
}

TEST_CASE("earned: connects that were not done at once are left out") {
  const auto profile = [](const Called& call) { return call.name != "connect" || call.exit == 0; };
  check_partial(night(profile).text(), "connect of");
}

TEST_CASE("earned: so they are where sockets are not in the log either") {
  const auto profile = [](const Called& call) {
    return call.name != "socket" && (call.name != "connect" || call.exit == 0);
  };
  CronHost log = night(profile);
  for (int i = 0; i < 16; ++i) {
    const int ok = log.tool("/usr/bin/true-client", {"true-client"});
    log.connect(ok, 4, "192.0.2.50", 80);
    log.send(ok, 4, 20);
    log.done(ok, 4);
  }
  check_partial(log.text(), "seem to be left out");
}

TEST_CASE("earned: one family's connects are left out") {
  const auto profile = [](const Called& call) {
    return call.name != "connect" || call.a[2] == 16 || call.a[2] == 110;
  };
  CronHost log = night(profile);
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "https://[2001:db8::7]/"});
  log.socket(curl, 5, 1, 10);
  log.call(curl, "connect", 0, {5, 0x7f, 28}, {"SOCKADDR saddr=" + saddr("2001:db8::7", 443)});
  log.send(curl, 5, 5000);
  log.done(curl, 5);
  check_partial(log.text(),
                "connect of 1 IPv6 sockets that sent 5000 bytes is not in the log: no "
                "connect of that family is");
}

TEST_CASE("earned: socketcall without its arguments") {
  CronHost log = night({});
  const int old = log.tool("/usr/bin/up32", {"up32"});
  log.arch = kI386;
  log.call(old, "socketcall", 3, {1, 0xff, 0});
  check_partial(log.text(), "arguments of 1 socket calls");
}

TEST_CASE("earned: what 32-bit programs send is not audited") {
  CronHost log = night({});
  const int old = log.tool("/usr/bin/up32", {"up32"});
  log.arch = kI386;
  log.tcp(old, 3, kDrop, 21);
  log.close(old, 3);
  check_partial(log.text(), "of 32-bit programs");
}

TEST_CASE("earned: an architecture whose numbers are not known is named") {
  const auto all_calls = std::regex("arch=c000003e");
  SECTION("all of the log") {
    const std::string log = std::regex_replace(night({}).text(), all_calls, "arch=8000002b");
    check_partial(log, "8000002b (sparc64)");
    CHECK_FALSE(has_reason(coverage_of(log), "execve"));
    CHECK(coverage_of(log).verdict == coverage::CoverageVerdict::blind);
  }
  SECTION("a call of it") {
    CronHost log = night({});
    log.raw(
        "type=SYSCALL msg=audit(1796173999.000:99999): arch=87654321 syscall=59 success=yes "
        "exit=0 a0=0 a1=0 a2=0 a3=0 items=0 ppid=1 pid=77 auid=0 uid=0 tty=(none) ses=1 "
        "comm=\"x\" exe=\"/x\" key=\"t\"\n");
    check_partial(log.text(), "1 system calls of architecture 87654321");
  }
  SECTION("any number of them is bounded") {
    CronHost log = night({});
    for (unsigned i = 0; i < 50; ++i) {
      log.raw(
          fmt::format("type=SYSCALL msg=audit(1796173999.000:{}): arch=876{:05x} syscall=59 "
                      "success=yes exit=0 a0=0 a1=0 a2=0 a3=0 items=0 ppid=1 pid=77 auid=0 "
                      "uid=0 tty=(none) ses=1 comm=\"x\" exe=\"/x\" key=\"t\"\n",
                      90'000 + i, i));
    }
    const Told told = tell_host(log.text());
    CHECK(told.tracker->tally().unknown_archs.size() == 8);
    CHECK(told.tracker->tally().unknown_archs.back().calls == 43);
  }
}

TEST_CASE("earned: packet and vsock sockets are transfers without an address") {
  const std::uint64_t family = GENERATE(17U, 40U, 31U);
  CAPTURE(family);
  CronHost log = night({});
  const int tool = log.tool("/opt/feed/feeder", {"feeder"});
  log.socket(tool, 4, family == 17 ? 3 : 1, family);
  for (int i = 0; i < 100; ++i) {
    log.write(tool, 4, 30'000);
  }
  log.done(tool, 4);
  const auto facts = tell(log);
  const auto fact = std::find_if(facts.begin(), facts.end(), [&](const facts::Fact& f) {
    return f.process.pid == static_cast<std::uint32_t>(tool);
  });
  REQUIRE(fact != facts.end());
  CHECK(fact->bytes_out == 3'000'000U);
  CHECK_FALSE(fact->destinations.at(0).address);
  CHECK(fact->destinations.at(0).transport == transfer::Transport::unknown);
  CHECK(has_note(*fact, "no IP address"));
  const std::uint64_t before = tell_host(night({}).text()).builder->unaddressed().total();
  CHECK(tell_host(log.text()).builder->unaddressed().total() == before + 3'000'000U);
}

TEST_CASE("earned: netlink and unix sockets are none, and AF_XDP says what it hides") {
  CronHost log = night({});
  const int tool = log.tool("/opt/feed/feeder", {"feeder"});
  log.socket(tool, 4, 3, 16);
  log.call(tool, "sendto", 2'000'000, {4, 0x7f, 2'000'000},
           {"SOCKADDR saddr=100000000000000000000000"});
  log.socket(tool, 5, 1, 1);
  log.write(tool, 5, 2'000'000);
  for (const facts::Fact& fact : tell(log)) {
    CHECK(fact.process.pid != static_cast<std::uint32_t>(tool));
  }
  CHECK(coverage_of(log).verdict == coverage::CoverageVerdict::adequate);
  log.socket(tool, 6, 3, 44);
  check_partial(log.text(), "AF_XDP");
}

TEST_CASE("earned: an open connection of a log that shows all is adequate") {
  CronHost log = night({});
  const int server = log.daemon(950, "/usr/sbin/httpd");
  log.socket(server, 4);
  log.bind(server, 4, "0.0.0.0", 80);
  log.listen(server, 4);
  log.call(server, "accept", 5, {4, 0, 0});  // it does not ask who it is
  log.write(server, 5, 900);
  log.tcp(server, 6, kDrop, 80, -115);
  CHECK(text_of(coverage_of(log)).empty());
}

TEST_CASE("earned: without close_range a number may be another file's") {
  const auto add = [](CronHost& log, bool modern) {
    const int nc = log.tool("/usr/bin/nc", {"nc", kDrop, "9000"});
    log.tcp(nc, 3, "203.0.113.55", 9000);
    log.write(nc, 3, 1000);
    log.done(nc);
    if (modern) {
      log.call(nc, "clone3", nc + 7, {0x7f, 88});
    }
    return sum(of(tell(log), "203.0.113.55"));
  };
  SECTION("nor what opens files") {
    CronHost log = night(all_but({"close_range", "openat"}));
    CHECK(add(log, true) == "out 1000 estimated");
    check_partial(log.text(), "close_range");
  }
  SECTION("libraries that are older than it do not call it") {
    CronHost log = night(all_but({"close_range", "openat"}));
    CHECK(add(log, false) == "out 1000 measured");
  }
  SECTION("what opens files shows a number that is used again") {
    CronHost log = night(all_but({"close_range"}));
    CHECK(add(log, true) == "out 1000 measured");
  }
  SECTION("it is there") {
    CronHost log = night({});
    CHECK(add(log, true) == "out 1000 measured");
  }
}

TEST_CASE("earned: rules that are removed in mid-log leave a hole") {
  CronHost log = night({});
  const std::int64_t removed = log.now();
  const std::string op = GENERATE("remove_rule", "\"remove rule\"", "\"remove_rule\"");
  CAPTURE(op);
  change_rules(log, op, 5);
  pass_unaudited(log, 17);
  const coverage::HostCoverage coverage = coverage_of(log);
  CAPTURE(text_of(coverage));
  CHECK(coverage.verdict == coverage::CoverageVerdict::partial);
  CHECK(has_reason(coverage, "5 audit rules were removed at 2026-12-02T"));
  CHECK(
      has_reason(coverage, "by auid 1000 in session 9; of program starts, connections and calls"));
  REQUIRE(coverage.gaps.size() == 1);
  CHECK(coverage.gaps[0].from == removed);
  CHECK(coverage.gaps[0].to == log.now());
}

TEST_CASE("earned: a hole of rules ends when they are added, or with a boot") {
  CronHost log = night({});
  change_rules(log, "remove_rule", 5);
  pass_unaudited(log, 17);
  const std::int64_t end = log.now();
  SECTION("added") {
    change_rules(log, "add_rule", 5);
  }
  SECTION("boot") {
    log.at(log.now(), 1);
    log.record("KERNEL", log.next_stamp(), "state=initialized audit_enabled=0 res=1");
  }
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://192.0.2.99/f"});
  log.tcp(curl, 5, "192.0.2.99", 80);
  log.send(curl, 5, 160);
  log.done(curl, 5);
  const coverage::HostCoverage coverage = coverage_of(log);
  CHECK(coverage.verdict == coverage::CoverageVerdict::partial);
  REQUIRE(coverage.gaps.size() == 1);
  CHECK(coverage.gaps[0].to == end);
}

TEST_CASE("earned: what was sent while the rules were gone is a lower bound") {
  CronHost log = night({});
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://192.0.2.99/f"});
  log.tcp(curl, 5, "192.0.2.99", 80);
  log.send(curl, 5, 65536);
  change_rules(log, "remove_rule", 5);
  pass_unaudited(log, 1);
  change_rules(log, "add_rule", 5);
  log.send(curl, 5, 65536);
  log.done(curl, 5);
  CHECK(sum(of(tell(log), "192.0.2.99")) == "out 131072 at-least");
}

TEST_CASE("earned: rules that are loaded anew, or were none of ours, take nothing away") {
  CronHost log = night({});
  SECTION("augenrules --load, and nothing after it") {
    change_rules(log, "remove_rule", 5);
    log.pass(1000);
    change_rules(log, "add_rule", 5);
  }
  SECTION("it did not succeed") {
    change_rules(log, "remove_rule", 5, "res=0");
  }
  SECTION("one on a folder, which goes with it") {
    change_rules(log, "remove_rule", 1, "dir=\"/mnt\" res=1");
  }
  SECTION("a rule of another list") {
    log.record("CONFIG_CHANGE", log.next_stamp(), "auid=0 ses=9 op=remove_rule list=5 res=1");
  }
  SECTION("a key that reads like it") {
    log.record("CONFIG_CHANGE", log.next_stamp(),
               "auid=0 ses=9 op=add_rule key=\"op=remove_rule\" list=4 res=1");
  }
  SECTION("a user's message that reads like it") {
    log.user("USER_CMD", CronHost::kCron, "remove_rule list=4", "?");
  }
  CHECK(text_of(coverage_of(log)).empty());
}

TEST_CASE("earned: a rule that goes takes nothing away while all calls go on") {
  CronHost log("", {});
  log.raw(night({}).text());
  change_rules(log, "remove_rule", 1);
  std::string more = night({}).text();
  log.raw(std::regex_replace(more, std::regex("audit\\(1796173(\\d+\\.\\d+):(\\d+)\\)"),
                             "audit(1796193$1:1$2)"));
  const coverage::HostCoverage coverage = coverage_of(log);
  CAPTURE(text_of(coverage));
  CHECK_FALSE(has_reason(coverage, "audit rules"));
}

TEST_CASE("earned: a rule that may leave calls out and comes in mid-log proves nothing after it") {
  CronHost log = night({});
  const auto rule = [&](const char* op, const char* rest) {
    log.record("CONFIG_CHANGE", log.next_stamp(),
               fmt::format("auid=0 ses=9 subj=unconfined op={} {} res=1", op, rest));
  };
  std::string_view reason = "1 audit rule that may leave calls out";
  SECTION("never,exit has no key") {
    rule("add_rule", "key=(null) list=4");
  }
  SECTION("never,task") {
    rule("add_rule", "key=(null) list=1");
  }
  SECTION("always,exclude") {
    rule("add_rule", "key=(null) list=5");
  }
  SECTION("it goes again") {
    rule("add_rule", "key=(null) list=4");
    log.pass(600'000);
    rule("remove_rule", "key=(null) list=4");
    reason = "by auid 0 in session 9, and went at";
  }
  SECTION("a watch has a key") {
    rule("add_rule", "key=\"passwd\" list=4");
    reason = {};
  }
  SECTION("a user's message that reads like it") {
    log.user("USER_CMD", CronHost::kCron, "op=add_rule key=(null) list=4", "?");
    reason = {};
  }
  log.job("true");
  if (!reason.empty()) {
    check_partial(log.text(), reason);
  } else {
    CHECK(text_of(coverage_of(log)).empty());
  }
}

TEST_CASE("earned: a user whose programs a rule leaves out") {
  const auto of_others = [](const Called& call) { return call.who.auid != 1001; };
  CronHost log = night(of_others);
  for (int i = 0; i < 6; ++i) {
    log.pass(600'000);
    log.job("scp f 192.0.2.99:", 1001);
  }
  check_partial(log.text(), "no program start of auid 1001 is in the log from");
}

TEST_CASE("earned: a program that a rule leaves out begins as a child of one that it does not") {
  CronHost log = night([](const Called& call) { return call.who.exe != "/opt/feed/push"; });
  for (int i = 0; i < 10; ++i) {
    log.exit(log.tool("/usr/bin/true", {"true"}));
  }
  SECTION("it is there") {
    const int shell = log.job("push");
    log.run(shell, shell + 1, "/opt/feed/push", {"push"});
    log.pass(60'000);
    log.write(CronHost::kCron, 6, 40);
    check_partial(log.text(), "of 1 process nothing is in the log but that a program forked it");
  }
  SECTION("the log ends before it did anything") {
    const int shell = log.job("push");
    log.run(shell, shell + 1, "/opt/feed/push", {"push"});
    CHECK(text_of(coverage_of(log)).empty());
  }
  SECTION("the machine goes down before it did") {
    const int shell = log.job("push");
    log.run(shell, shell + 1, "/opt/feed/push", {"push"});
    log.at(log.now() + 60'000, 1);
    log.record("KERNEL", log.next_stamp(), "state=initialized audit_enabled=0 res=1");
    log.pass(60'000);
    log.user("USER_START", CronHost::kCron, "PAM:session_open", "cron");
    CHECK_FALSE(has_reason(coverage_of(log), "forked"));
  }
  SECTION("in a container clone returns another number") {
    const int shell = log.job("in");
    log.call(shell, "clone", 7, {0x1200011, 0, 0, 0});
    log.inherit(shell, shell + 1);
    log.exec(shell + 1, "/usr/bin/true", {"true"});
    log.pass(60'000);
    log.write(CronHost::kCron, 6, 40);
    CHECK(text_of(coverage_of(log)).empty());
  }
}

TEST_CASE("earned: io_uring and its like hide what they send") {
  CronHost log = night({});
  const int tool = log.tool("/opt/feed/ring", {"ring"});
  SECTION("beside bytes that are counted") {
    log.tcp(tool, 3, kDrop, 5000);
    log.write(tool, 3, 300);
    log.call(tool, "io_uring_enter", 8, {6, 8});
    log.done(tool);
    check_partial(log.text(), "1 programs used io_uring");
  }
  SECTION("all that there is: with a thread of the kernel's even the entering is left out") {
    log.call(tool, "io_uring_setup", 6, {8, 0x7f});
    check_partial(log.text(), "1 programs used io_uring");
  }
  SECTION("operations that are audited by themselves") {
    const std::string stamp = log.next_stamp();
    log.record(
        "URINGOP", stamp,
        fmt::format("uring_op=16 success=yes exit=0 items=0 ppid=1 pid={} uid=0 key=\"t\"", tool));
    log.record("SOCKADDR", stamp, "saddr=" + saddr(kDrop, 9000));
    check_partial(log.text(), "used io_uring");
  }
  SECTION("older asynchronous I/O") {
    log.call(tool, "io_submit", 8, {6, 8});
    check_partial(log.text(), "used io_uring or io_submit");
  }
  SECTION("a kernel without it") {
    log.call(tool, "io_uring_setup", -38, {8, 0x7f});
    CHECK(text_of(coverage_of(log)).empty());
  }
}

TEST_CASE("earned: what a login writes to its own number is no sign of bytes") {
  CronHost log("", [](const Called& call) {
    return call.name == "execve" || call.name == "connect" || call.name == "clone";
  });
  log.tool("/usr/bin/true", {"true"});
  CHECK(tell_host(log.text()).builder->unattributed().total() == 0);
}

TEST_CASE("earned: a descriptor may come from a program that is older than the log") {
  struct Case {
    bool receives;
    bool opens;  ///< are opens audited?
    bool doubted;
  };
  const Case one = GENERATE(values<Case>({{true, true, true},    // nobody opened it, nobody made it
                                          {false, true, false},  // a pipe
                                          {true, false, false}})  // it may be a file
  );
  CAPTURE(one.receives, one.opens);
  CronHost log = night(one.opens ? Audited{} : all_but({"openat", "open"}));
  const int worker = log.tool("/opt/worker", {"worker"});
  log.call(worker, "socket", 3, {1, 1, 0});
  if (one.receives) {
    log.call(worker, "recvmsg", 1, {3, 0x7f, 0});
  }
  log.write(worker, 12, 150'000'000);
  log.exit(worker);
  CHECK((tell_host(log.text()).builder->unattributed().total() >= 150'000'000U) == one.doubted);
}

TEST_CASE("earned: one call that receives is no word on the others") {
  const auto bytes_in = [](const Audited& audited) {
    CronHost log = night(audited);
    log.call(CronHost::kCron, "recvmsg", 30, {9, 0x7f, 0});
    log.call(CronHost::kCron, "recvfrom", 30, {9, 0x7f, 30});
    log.read(CronHost::kCron, 9, 30);
    const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://192.0.2.99/f"});
    log.tcp(curl, 5, "192.0.2.99", 80);
    log.send(curl, 5, 65536);
    log.done(curl, 5);
    return of(tell(log), "192.0.2.99").bytes_in;
  };
  CHECK(bytes_in({}) == 0U);
  CHECK_FALSE(bytes_in(all_but({"read", "recvfrom"})));
}

TEST_CASE("earned: messages whose bytes nobody counts are not hidden by a few that are counted") {
  CronHost log = night({});
  const int tool = log.tool("/opt/feed/quic", {"quic"});
  log.udp(tool, 3);
  log.connect(tool, 3, "192.0.2.99", 443);
  log.send(tool, 3, 10);
  for (int i = 0; i < 20; ++i) {
    log.call(tool, "sendmmsg", 1024, {3, 0x7f, 1024});
  }
  log.done(tool);
  check_partial(log.text(), "20480 messages by sendmmsg");
}

TEST_CASE("earned: what came in is no word on messages whose bytes nobody counts") {
  for (const bool has_messages : {false, true}) {
    CAPTURE(has_messages);
    CronHost log = night({});
    log.read(CronHost::kCron, 9, 30);
    log.call(CronHost::kCron, "recvfrom", 30, {9, 0x7f, 30});
    log.call(CronHost::kCron, "recvmsg", 30, {9, 0x7f, 0});
    const int tool = log.tool("/opt/feed/quic", {"quic"});
    log.udp(tool, 3);
    log.connect(tool, 3, "192.0.2.99", 443);
    log.send(tool, 3, 10);
    log.read(tool, 3, 1000);
    if (has_messages) {
      log.call(tool, "sendmmsg", 1024, {3, 0x7f, 1024});
    }
    log.done(tool);
    CHECK(of(tell(log), "192.0.2.99").direction ==
          (has_messages ? transfer::Direction::out : transfer::Direction::in));
  }
}

TEST_CASE("earned: a data connection that shows nothing is not hidden by its control connection") {
  CronHost log = night({});
  const int ftp = log.tool("/usr/bin/ncftpput", {"ncftpput", "-u", "u", kDrop, "d", "/f"});
  log.tcp(ftp, 3, kDrop, 21);
  log.write(ftp, 3, 60);
  log.tcp(ftp, 4, kDrop, 40000);
  log.close(ftp, 4);
  log.write(ftp, 3, 6);
  log.done(ftp);
  check_partial(log.text(), "what went over 1 connection of");
}

TEST_CASE("earned: questions to a name server are no messages that anybody misses") {
  CronHost log = night({});
  const int tool = log.tool("/opt/feed/up", {"up"});
  log.udp(tool, 3);
  log.connect(tool, 3, "192.0.2.53", 53);
  log.call(tool, "sendmmsg", 2, {3, 0x7f, 2, 0x4000});
  log.close(tool, 3);
  CHECK(text_of(coverage_of(log)).empty());
}

TEST_CASE("earned: of the calls that carry bytes only some are in the log") {
  CronHost log = night(all_but({"sendto", "sendmsg", "writev"}));
  const int tool = log.tool("/usr/bin/python3.11", {"python3", "/o.py"});
  log.tcp(tool, 3, "192.0.2.99", 443);
  log.write(tool, 3, 20);
  log.send(tool, 3, 100'000'000);
  log.done(tool);
  CHECK(of(tell(log), "192.0.2.99").basis == transfer::Basis::at_least);
  CHECK(text_of(coverage_of(log)).empty());  // of so few calls some may be missing by chance
  for (int i = 0; i < 256; ++i) {
    log.write(CronHost::kCron, 6, 40);
  }
  check_partial(log.text(), "no sendto, sendmsg and writev is in the log");
}

TEST_CASE("earned: one upload in many calls is no word on what rules ask for") {
  CronHost log("", all_but({"sendto", "sendmsg", "writev"}));
  const int nc = log.tool("/usr/bin/nc.openbsd", {"nc", "-N", "192.0.2.44", "9000"});
  log.tcp(nc, 3, "192.0.2.44", 9000);
  for (int i = 0; i < 1000; ++i) {
    log.write(nc, 3, 4096);
  }
  log.done(nc);
  CHECK(text_of(coverage_of(log)).find("sendmsg") == std::string::npos);
}

TEST_CASE("earned: many messages to the port of name servers are no questions") {
  CronHost log = night({});
  const int tool = log.tool("/opt/feed/up", {"up"});
  log.udp(tool, 3);
  log.connect(tool, 3, "192.0.2.53", 53);
  for (int i = 0; i < 20; ++i) {
    log.call(tool, "sendmmsg", 1024, {3, 0x7f, 1024});
  }
  log.done(tool);
  check_partial(log.text(), "20480 messages by sendmmsg");
}

}  // namespace auexfil::test
