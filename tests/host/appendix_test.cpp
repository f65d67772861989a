#include <catch2/catch.hpp>

#include "heard.hpp"

/// Items of audit-format's appendix A that are about following processes and descriptors.
namespace auexfil::test {
namespace {

using Sums = std::vector<std::string>;
constexpr int kCurl = 900;
constexpr const char* kPeer = "203.0.113.9";

/// A curl that has connected on descriptor 3.
Log connected() {
  Log log;
  log.there(kCurl, 1, "/usr/bin/curl");
  log.tcp(kCurl, 3, kPeer, 80);
  return log;
}

/// SYSCALL with number and arch as they are, and other records of the event.
void raw(Log& log, std::uint32_t arch, int number, std::string_view rest, int ppid, int pid,
         std::initializer_list<std::string> more = {}) {
  const std::string stamp = log.next_stamp();
  log.record("SYSCALL", stamp,
             fmt::format("arch={:x} syscall={} {} items=0 ppid={} pid={} auid=4294967295 uid=0 "
                         "gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) "
                         "ses=4294967295 comm=\"curl\" exe=\"/usr/bin/curl\" key=\"net\"",
                         arch, number, rest, ppid, pid));
  for (const std::string& other : more) {
    log.record(other.substr(0, other.find(' ')), stamp, other.substr(other.find(' ') + 1));
  }
}

}  // namespace

TEST_CASE("appendix 70: sendto without SOCKADDR goes to the connected peer") {
  Log log = connected();
  log.send(kCurl, 3, 464);
  CHECK(sums(log) == Sums{"203.0.113.9:80 464"});
}

TEST_CASE("appendix 71: fork copies the table") {
  Log log = connected();
  log.fork(kCurl, 71505);
  log.close(kCurl, 3);
  log.write(kCurl, 3, 9999);
  log.write(71505, 3, 10);
  CHECK(sums(log) == Sums{"203.0.113.9:80 10"});
}

TEST_CASE("appendix 72: a thread is the same process") {
  Log log = connected();
  log.call(kCurl, "clone", 71506, {0x3d0f00});
  log.write(kCurl, 3, 10);
  raw(log, kX86_64, 1, "success=yes exit=5 a0=3 a1=0 a2=5 a3=0", 1, 71506);
  raw(log, kX86_64, 3, "success=yes exit=0 a0=3 a1=0 a2=0 a3=0", 1, 71506);
  log.write(kCurl, 3, 9999);
  CHECK(sums(log) == Sums{"203.0.113.9:80 15"});
}

TEST_CASE("appendix 73: s390x clone has its flags in a1") {
  constexpr std::uint32_t kS390x = 0x80000016U;
  Log log;
  // socket, connect, clone, write, close by their s390x numbers; addresses in network order.
  raw(log, kS390x, 359, "success=yes exit=3 a0=2 a1=1 a2=0 a3=0", 1, kCurl);
  raw(log, kS390x, 362, "success=yes exit=0 a0=3 a1=0 a2=10 a3=0", 1, kCurl,
      {"SOCKADDR saddr=00020050CB0071090000000000000000"});
  raw(log, kS390x, 120, "success=yes exit=812 a0=3ff a1=1200011 a2=0 a3=0", 1, kCurl);
  raw(log, kS390x, 6, "success=yes exit=0 a0=3 a1=0 a2=0 a3=0", 1, kCurl);
  raw(log, kS390x, 4, "success=yes exit=7 a0=3 a1=0 a2=7 a3=0", kCurl, 812);
  CHECK(sums(log) == Sums{"203.0.113.9:80 7"});
}

TEST_CASE("appendix 73: what stands in a0 of s390x clone is a stack, whatever bits it has") {
  constexpr std::uint32_t kS390x = 0x80000016U;
  const bool shares = GENERATE(false, true);  // CLONE_FILES, in a1
  CAPTURE(shares);
  Log log;
  raw(log, kS390x, 359, "success=yes exit=3 a0=2 a1=1 a2=0 a3=0", 1, kCurl);
  raw(log, kS390x, 362, "success=yes exit=0 a0=3 a1=0 a2=10 a3=0", 1, kCurl,
      {"SOCKADDR saddr=00020050CB0071090000000000000000"});
  raw(log, kS390x, 120,
      shares ? "success=yes exit=812 a0=3ff00100000 a1=411 a2=0 a3=0"
             : "success=yes exit=812 a0=3ff00110400 a1=11 a2=0 a3=0",
      1, kCurl);
  raw(log, kS390x, 6, "success=yes exit=0 a0=3 a1=0 a2=0 a3=0", kCurl, 812);
  raw(log, kS390x, 4, "success=yes exit=7 a0=3 a1=0 a2=7 a3=0", 1, kCurl);
  CHECK(sums(log) == (shares ? Sums{"203.0.113.9:80 0"} : Sums{"203.0.113.9:80 7"}));
}

TEST_CASE("appendix 74: clone3's number is a process if it speaks as one") {
  Log log = connected();
  log.call(kCurl, "clone3", 813, {0x7ffe, 0x58});
  log.inherit(kCurl, 813);
  log.write(813, 3, 7);
  log.close(813, 3);
  log.write(kCurl, 3, 3);
  CHECK(sums(log) == Sums{"203.0.113.9:80 10"});
}

TEST_CASE("appendix 75: the child's execve before the parent's clone") {
  Log log = connected();
  log.inherit(kCurl, 902);
  log.exec(902, "/usr/bin/cat", {"cat"});
  log.close(kCurl, 3);
  log.call(kCurl, "vfork", 902, {});
  log.write(902, 3, 7);
  CHECK(sums(log) == Sums{"203.0.113.9:80 7"});
}

TEST_CASE("appendix 76: connect that was interrupted goes on") {
  Log log;
  log.there(kCurl, 1, "/usr/bin/curl");
  log.tcp(kCurl, 3, kPeer, 80, -4);
  log.write(kCurl, 3, 5);
  CHECK(sums(log) == Sums{"203.0.113.9:80 5"});
}

TEST_CASE("appendix 80: a descriptor that open returns was free") {
  Log log = connected();
  log.call(kCurl, "openat", 3, {0xffffff9cU, 0x7ffe, 0x80000});
  log.write(kCurl, 3, 9999);
  CHECK(sums(log) == Sums{"203.0.113.9:80 0"});
}

TEST_CASE("appendix 81: SOCK_CLOEXEC closes at exec") {
  const bool flag = GENERATE(true, false);
  Log log;
  log.there(kCurl, 1, "/usr/bin/curl");
  log.socket(kCurl, 5, flag ? 0x80801 : 0x801);
  log.connect(kCurl, 5, kPeer, 80, -115);
  log.exec(kCurl, "/usr/bin/cat", {"cat"});
  log.write(kCurl, 5, 8);
  CHECK(sums(log) == Sums{flag ? "203.0.113.9:80 0" : "203.0.113.9:80 8"});
}

TEST_CASE("appendix 82: F_DUPFD_CLOEXEC") {
  Log log = connected();
  log.call(kCurl, "fcntl", 10, {3, 0x406, 0xa});
  log.close(kCurl, 3);
  log.write(kCurl, 10, 8);
  log.exec(kCurl, "/usr/bin/cat", {"cat"});
  log.write(kCurl, 10, 9999);
  CHECK(sums(log) == Sums{"203.0.113.9:80 8"});
}

TEST_CASE("appendix 83: dup2 leaves close-on-exec behind") {
  Log log = connected();
  log.close_on_exec(kCurl, 3);
  log.dup2(kCurl, 3, 0);
  log.exec(kCurl, "/usr/bin/cat", {"cat"});
  log.write(kCurl, 0, 8);
  log.write(kCurl, 3, 9999);
  CHECK(sums(log) == Sums{"203.0.113.9:80 8"});
}

TEST_CASE("appendix 84: close_range with the close-on-exec flag marks") {
  Log log = connected();
  log.call(kCurl, "close_range", 0, {3, 0xffffffffU, 4});
  log.write(kCurl, 3, 8);
  log.exec(kCurl, "/usr/bin/cat", {"cat"});
  log.write(kCurl, 3, 9999);
  CHECK(sums(log) == Sums{"203.0.113.9:80 8"});
}

TEST_CASE("appendix 85: both ends of a pipe or socketpair are known by FD_PAIR") {
  Log log = connected();
  log.call(kCurl, "socketpair", 0, {1, 1, 0, 0}, {"FD_PAIR fd0=3 fd1=4"});
  log.write(kCurl, 3, 9999);
  log.write(kCurl, 4, 9999);
  CHECK(sums(log) == Sums{"203.0.113.9:80 0"});
}

TEST_CASE("appendix 86: mmap of a descriptor moves nothing") {
  Log log = connected();
  raw(log, kX86_64, 9, "success=yes exit=140000 a0=0 a1=1000 a2=1 a3=2", 1, kCurl,
      {"MMAP fd=3 flags=0x2"});
  log.write(kCurl, 3, 8);
  CHECK(sums(log) == Sums{"203.0.113.9:80 8"});
}

TEST_CASE("appendix 87: on kernels before 4.9 pid= is a thread's id") {
  Log log;
  log.there(1240, 1, "/usr/bin/curl");
  log.call(1240, "clone", 1287, {0x3d0f00});
  raw(log, kX86_64, 41, "success=yes exit=3 a0=2 a1=1 a2=0 a3=0", 1, 1287);
  log.connect(1240, 3, kPeer, 80);
  raw(log, kX86_64, 1, "success=yes exit=5 a0=3 a1=0 a2=5 a3=0", 1, 1287);
  CHECK(sums(log) == Sums{"203.0.113.9:80 5"});
}

TEST_CASE("appendix 98: an address too short for its family is an unknown peer") {
  Log log;
  log.there(kCurl, 1, "/usr/bin/curl");
  log.socket(kCurl, 3);
  log.call(kCurl, "connect", 0, {3, 0x7f, 2}, {"SOCKADDR saddr=0200"});
  log.write(kCurl, 3, 5);
  const Followed followed = follow(log.text());
  CHECK(followed.tracker->bad_sockaddrs() == 1);
  CHECK(followed.heard->sums() == Sums{"? 5"});
}

TEST_CASE("appendix 100 to 103: unix and netlink are no peers") {
  const std::string address = GENERATE("0100", "01002F72756E2F782E736F636B00",
                                       "0100006162737472616374", "100000000000000000000000");
  CAPTURE(address);
  Log log;
  log.there(kCurl, 1, "/usr/bin/curl");
  log.call(kCurl, "connect", 0, {3, 0x7f, 16}, {"SOCKADDR saddr=" + address});
  log.write(kCurl, 3, 5);
  CHECK(sums(log).empty());
}

TEST_CASE("appendix 104: a vsock has no peer with an address, but bytes") {
  Log log;
  log.there(kCurl, 1, "/usr/bin/curl");
  log.call(kCurl, "connect", 0, {3, 0x7f, 16}, {"SOCKADDR saddr=28000000000400000200000000000000"});
  log.write(kCurl, 3, 5);
  CHECK(sums(log) == Sums{"? 5"});
}

TEST_CASE("mips: its numbers, errors and types of sockets") {
  Log log;
  log.there(kCurl, 1, "/usr/bin/curl");
  const std::uint32_t n64 = GENERATE(0xc0000008U, 0x80000008U);
  CAPTURE(n64);
  raw(log, n64, 5040, "success=yes exit=3 a0=2 a1=2 a2=0 a3=0", 1, kCurl);
  raw(log, n64, 5041, "success=no exit=-150 a0=3 a1=7f a2=10 a3=0", 1, kCurl,
      {"SOCKADDR saddr=" + std::string(n64 >> 30U == 3 ? "0200" : "0002") +
       saddr(kPeer, 80).substr(4)});
  raw(log, n64, 5001, "success=yes exit=700 a0=3 a1=7f a2=2bc a3=0", 1, kCurl);
  raw(log, 8, 4004, "success=yes exit=5 a0=3 a1=7f a2=5 a3=0", 1, kCurl);  // o32
  const Followed followed = follow(log.text());
  REQUIRE(followed.heard->sums() == Sums{"203.0.113.9:80 705"});
  CHECK(followed.heard->sockets.at(0).type == host::SocketType::stream);
}

TEST_CASE("appendix 105: getsockname tells a local address") {
  Log log = connected();
  raw(log, kX86_64, 51, "success=yes exit=0 a0=3 a1=7f a2=7f a3=0", 1, kCurl,
      {"SOCKADDR saddr=" + saddr("10.0.0.5", 40000)});
  log.write(kCurl, 3, 5);
  CHECK(sums(log) == Sums{"203.0.113.9:80 5"});
}

TEST_CASE("appendix 106 to 109: socketcall's arguments are in SOCKETCALL") {
  Log log;
  log.arch = kI386;
  log.there(kCurl, 1, "/usr/bin/curl");
  log.call(kCurl, "socketcall", 7, {1}, {"SOCKETCALL nargs=3 a0=2 a1=1 a2=6"});
  log.call(kCurl, "socketcall", -115, {3},
           {"SOCKETCALL nargs=3 a0=7 a1=856baec a2=10", "SOCKADDR saddr=" + saddr(kPeer, 3306)});
  log.call(kCurl, "socketcall", 1400, {9}, {"SOCKETCALL nargs=4 a0=7 a1=bf a2=578 a3=0"});
  log.call(kCurl, "socketcall", 1400, {9});  // on a descriptor that nothing tells
  CHECK(sums(log) == Sums{"203.0.113.9:3306 1400"});
}

TEST_CASE("appendix 110: LOGIN of 2.6 kernels gives an auid and no session") {
  Log log;
  log.there(13015, 1, "/usr/sbin/crond");
  log.fork(1, 13015);
  log.raw(
      "type=LOGIN msg=audit(1796173300.343:296): login pid=13015 uid=0 old auid=4294967295 "
      "new auid=0\n");
  const Followed followed = follow(log.text());
  CHECK(followed.tracker->find_session(0, kUnset) == nullptr);
}

TEST_CASE(
    "appendix 111 to 114: LOGIN's second numbers are the new ones; a refusal changes nothing") {
  Log log;
  log.raw(
      "type=LOGIN msg=audit(1796173300.000:1): pid=900 uid=0 old auid=4294967295 new auid=1000 "
      "old ses=4294967295 new ses=7 res=1\n"
      "type=LOGIN msg=audit(1796173300.000:2): pid=901 uid=0 subj=unconfined "
      "old-auid=4294967295 auid=0 tty=(none) old-ses=4294967295 ses=5 res=1\n"
      "type=SYSCALL msg=audit(1796173300.000:2): arch=c000003e syscall=1 success=yes exit=1 "
      "a0=3 a1=7f a2=1 a3=0 items=0 ppid=300 pid=901 auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 "
      "egid=0 sgid=0 fsgid=0 tty=(none) ses=5 comm=\"cron\" exe=\"/usr/sbin/cron\" key=(null)\n"
      "type=LOGIN msg=audit(1796173300.000:3): pid=902 uid=0 old-auid=4294967295 auid=33 "
      "tty=(none) old-ses=4294967295 ses=9 res=0\n");
  const Followed followed = follow(log.text());
  REQUIRE(followed.tracker->find_session(0, 7) != nullptr);
  CHECK(followed.tracker->find_session(0, 7)->auid == 1000);
  REQUIRE(followed.tracker->find_session(0, 5) != nullptr);
  CHECK(followed.tracker->text(followed.tracker->find_session(0, 5)->opener) == "/usr/sbin/cron");
  CHECK(followed.tracker->find_session(0, 9) == nullptr);
  CHECK(followed.tracker->tally().of(audit::Call::write).events == 0);
}

TEST_CASE("appendix 115 and 117: who opened a session, and whose terminal it has") {
  Log log;
  log.raw(
      "type=USER_START msg=audit(1796173300.000:1): user pid=13015 uid=0 auid=0 ses=3 "
      "msg='PAM: session open acct=root : exe=\"/usr/sbin/crond\" (hostname=?, addr=?, "
      "terminal=cron res=success)'\n"
      "type=USER_LOGIN msg=audit(1796173300.000:2): pid=12635 uid=0 auid=1001 ses=36 msg='op="
      "login id=1001 exe=\"/usr/sbin/sshd\" hostname=192.0.2.7 addr=192.0.2.7 "
      "terminal=/dev/pts/1 res=success'\n");
  const Followed followed = follow(log.text());
  REQUIRE(followed.tracker->find_session(0, 3) != nullptr);
  CHECK(followed.tracker->text(followed.tracker->find_session(0, 3)->terminal) == "cron");
  REQUIRE(followed.tracker->find_session(0, 36) != nullptr);
  CHECK(followed.tracker->text(followed.tracker->find_session(0, 36)->login_terminal) ==
        "/dev/pts/1");
}

TEST_CASE("appendix 118: at a boot nothing of before lives on") {
  Log log = connected();
  log.lose(20'000);
  log.write(kCurl, 3, 5);
  log.at(log.now() + 5000, 1);
  log.raw("type=KERNEL msg=audit(1796173205.100:1): state=initialized audit_enabled=0 res=1\n");
  log.at(log.now() + 5000, 7);
  log.write(kCurl, 3, 9999);
  CHECK(sums(log) == Sums{"203.0.113.9:80 5"});
}

TEST_CASE("appendix 119: DAEMON records count by themselves") {
  Log log = connected();
  log.raw(
      "type=DAEMON_START msg=audit(1796173201.819:7798): auditd start, ver=2.4.1 format=raw "
      "kernel=3.10.0-327.36.3.el7.x86_64 auid=4294967295 pid=251 res=success\n");
  log.write(kCurl, 3, 5);
  const Followed followed = follow(log.text());
  CHECK(followed.tracker->tally().gap_serials == 0);
  CHECK(followed.heard->sums() == Sums{"203.0.113.9:80 5"});
}

TEST_CASE("appendix 120: auditing switched off is a hole until something is logged again") {
  Log log = connected();
  const std::string stamp = log.next_stamp();
  log.record("CONFIG_CHANGE", stamp, "op=set audit_enabled=0 old=1 auid=0 ses=3 res=1");
  const std::int64_t off = log.now();
  log.pass(60'000);
  log.write(kCurl, 3, 5);
  const Followed followed = follow(log.text());
  REQUIRE(followed.tracker->tally().losses.size() == 1);
  CHECK(followed.tracker->tally().losses[0].kind == host::Loss::Kind::auditing_off);
  CHECK(followed.tracker->tally().losses[0].from == off);
  CHECK(followed.tracker->tally().losses[0].to >= off + 60'000);
}

TEST_CASE("appendix 121: what the kernel counted as lost may have been lost any time before") {
  Log log = connected();
  const std::int64_t first = log.now() - 5;
  log.pass(60'000);
  const std::string stamp = log.next_stamp();
  log.record("CONFIG_CHANGE", stamp, "op=set lost=0 old=5231 auid=0 ses=3 res=1");
  const Followed followed = follow(log.text());
  REQUIRE(followed.tracker->tally().losses.size() == 1);
  CHECK(followed.tracker->tally().losses[0].events == 5231);
  CHECK(followed.tracker->tally().losses[0].from == first);
}

TEST_CASE("appendix 123 and 124: AVC and SECCOMP are no system calls") {
  Log log = connected();
  log.raw(
      fmt::format("type=AVC msg=audit(1796173201.000:{}): avc:  denied  {{ read write }} for  "
                  "pid={} comm=\"curl\" name=\"x\"\n"
                  "type=SECCOMP msg=audit(1796173201.000:{}): auid=20003 uid=22 gid=22 ses=21 "
                  "pid={} comm=\"curl\" exe=\"/usr/bin/curl\" sig=31 arch=c000003e syscall=3\n",
                  log.serial(), kCurl, log.serial() + 1, kCurl));
  log.at(log.now(), log.serial() + 2);
  log.write(kCurl, 3, 5);
  CHECK(sums(log) == Sums{"203.0.113.9:80 5"});
}

TEST_CASE("appendix 125: a connection by io_uring") {
  Log log;
  log.there(kCurl, 1, "/usr/bin/curl");
  log.write(kCurl, 1, 5);
  const std::string stamp = log.next_stamp();
  log.record("URINGOP", stamp,
             "uring_op=16 success=no exit=-115 items=0 ppid=1 pid=900 uid=0 gid=0 key=(null)");
  log.record("SOCKADDR", stamp, "saddr=" + saddr(kPeer, 443));
  const Followed followed = follow(log.text());
  REQUIRE(followed.heard->sockets.size() == 1);
  CHECK(followed.heard->sockets[0].exe == "/usr/bin/curl");
  CHECK(followed.heard->sums() == Sums{"203.0.113.9:443 0"});
}

TEST_CASE("appendix 130: a call that blocked has an old time and a late serial") {
  Log log = connected();
  const std::int64_t now = log.now();
  log.write(kCurl, 3, 5);
  log.at(now - 3325, log.serial());
  log.write(kCurl, 3, 6);
  log.at(now + 100, log.serial());
  log.write(kCurl, 3, 7);
  CHECK(sums(log) == Sums{"203.0.113.9:80 18"});
}

TEST_CASE("a lost exec is noticed where the program next makes a socket") {
  Log log = connected();
  log.close_on_exec(kCurl, 3);
  log.who(kCurl).exe = "/usr/bin/nc";
  log.who(kCurl).comm = "nc";
  log.socket(kCurl, 4);
  log.connect(kCurl, 4, kPeer, 9000);
  log.write(kCurl, 3, 9999);  // a file: the old socket went with the exec
  log.write(kCurl, 4, 5);
  const Followed followed = follow(log.text());
  CHECK(followed.heard->sums() == Sums{"203.0.113.9:80 0", "203.0.113.9:9000 5"});
  CHECK(followed.heard->sockets[1].exe == "/usr/bin/nc");
}

TEST_CASE("unix sockets are told by path") {
  Log log;
  log.there(kCurl, 1, "/usr/bin/ssh");
  log.call(kCurl, "socket", 3, {1, 1, 0});
  log.bind_local(kCurl, 3, "/run/mux.a");
  log.local(kCurl, 4, "/run/other");
  CHECK(follow(log.text()).heard->locals == Sums{"bind /run/mux.a", "connect /run/other"});
}

}  // namespace auexfil::test
