#include <catch2/catch.hpp>

#include "lines.hpp"

using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test

namespace {

constexpr std::uint32_t kUnset = 4294967295U;

Login login(const char* body) {
  Login out;
  REQUIRE(decode_login(body, out));
  return out;
}

UserMessage message(const std::string& line_text) {
  const Line line(line_text);
  REQUIRE(line.is_record());
  UserMessage out;
  REQUIRE(decode_user_message(line.body(), out));
  return out;
}

}  // namespace

TEST_CASE("A110 user: LOGIN of 2.6 with blanks in its keys and no session") {
  const Line line(
      "type=LOGIN msg=audit(1170021601.343:296): login pid=13015 uid=0 old auid=4294967295 new "
      "auid=0");
  Login out;
  REQUIRE(decode_login(line.body(), out));
  CHECK(out.pid == 13015);
  CHECK(out.auid == 0);
  CHECK_FALSE(out.has_ses);
  CHECK(out.ses == kUnset);
  CHECK(out.accepted);
}

TEST_CASE("A111 user: LOGIN of 3.x, the second of each pair counts") {
  const Login out =
      login("pid=900 uid=0 old auid=4294967295 new auid=1000 old ses=4294967295 new ses=7 res=1");
  CHECK(out.pid == 900);
  CHECK(out.auid == 1000);
  CHECK(out.ses == 7);
  CHECK(out.accepted);
}

TEST_CASE("A112 user: LOGIN and the SYSCALL of one stamp are one event") {
  const Reading reading = events_of(
      "type=LOGIN msg=audit(1.000:1): pid=901 uid=0 subj=unconfined old-auid=4294967295 auid=0 "
      "tty=(none) old-ses=4294967295 ses=5 res=1\n"
      "type=SYSCALL msg=audit(1.000:1): arch=c000003e syscall=1 success=yes exit=1 a0=3 a1=2 a2=3 "
      "a3=4 items=0 ppid=1 pid=901 auid=0 tty=(none) ses=5 comm=\"cron\" exe=\"/usr/sbin/cron\" "
      "key=(null)\n");
  REQUIRE(reading.events.size() == 1);
  CHECK(reading.events[0].types() == std::vector<std::uint16_t>{type::kLogin, type::kSyscall});
  const Login out = login(reading.events[0].records[0].body.c_str());
  CHECK(out.pid == 901);
  CHECK(out.auid == 0);
  CHECK(out.ses == 5);
  CHECK(text(reading.events[0].records[1].body, "comm") == "cron");
}

TEST_CASE("A113 user: a refused LOGIN") {
  const Login out = login(
      "pid=901 uid=0 subj=unconfined old-auid=4294967295 auid=4294967295 tty=(none) "
      "old-ses=4294967295 ses=4294967295 res=0");
  CHECK_FALSE(out.accepted);
}

TEST_CASE("A114 user: unset auid and ses") {
  std::uint32_t value = 0;
  REQUIRE(parse_number("4294967295", value));
  CHECK(value == kUnset);
  CHECK(UserMessage{}.auid == kUnset);
  CHECK(Login{}.ses == kUnset);
}

TEST_CASE("A115 user: old PAM's brackets and commas are stripped") {
  const UserMessage out = message(
      "type=USER_START msg=audit(1.000:1): user pid=13015 uid=0 auid=0 msg='PAM: session open "
      "acct=root : exe=\"/usr/sbin/crond\" (hostname=?, addr=?, terminal=cron res=success)'");
  CHECK(out.pid == 13015);
  CHECK(out.auid == 0);
  CHECK(out.acct == "root");
  CHECK(out.exe == "/usr/sbin/crond");
  CHECK(out.terminal == "cron");
  CHECK(out.address.empty());
  CHECK(out.success);
}

TEST_CASE("A116 user: the last quote closes the message") {
  const UserMessage out = message(
      "type=USER_CMD msg=audit(1.000:1): pid=1 uid=0 auid=0 ses=1 msg='cwd=\"/\" cmd=\"it's\" "
      "exe=\"/usr/bin/sudo\" terminal=pts/0 res=success'");
  CHECK(out.cmd == "it's");
  CHECK(out.exe == "/usr/bin/sudo");
  CHECK(out.terminal == "pts/0");
  CHECK(out.success);
}

TEST_CASE("A117 user: USER_LOGIN on a terminal") {
  const UserMessage out = message(
      "type=USER_LOGIN msg=audit(1.000:1): pid=12635 uid=0 auid=1001 ses=36 msg='op=login id=1001 "
      "exe=\"/usr/sbin/sshd\" hostname=72.83.230.100 addr=72.83.230.100 terminal=/dev/pts/1 "
      "res=success'");
  CHECK(out.ses == 36);
  CHECK(out.auid == 1001);
  CHECK(out.terminal == "/dev/pts/1");
  CHECK(out.address == "72.83.230.100");
  CHECK(out.op == "login");
}

TEST_CASE("A118 user: SYSTEM_BOOT begins a boot, serials start again") {
  const std::string boot =
      "type=SYSTEM_BOOT msg=audit(1481076983.876:7): pid=273 uid=0 auid=4294967295 ses=4294967295 "
      "subj=x msg=' comm=\"systemd-update-utmp\" exe=\"/x\" hostname=? addr=? terminal=? "
      "res=success'\n";
  CHECK(message(boot.substr(0, boot.size() - 1)).pid == 273);
  const Reading reading = events_of("type=CWD msg=audit(1481070000.000:90000): cwd=\"/\"\n" + boot +
                                    "type=CWD msg=audit(1481076984.000:8): cwd=\"/\"\n");
  REQUIRE(reading.events.size() == 3);
  CHECK(reading.events[0].stamp.serial == 90000);
  CHECK(reading.events[0].boot == 0);
  CHECK(reading.events[1].boot == 1);
  CHECK(reading.events[2].boot == 1);
}

TEST_CASE("A119 user: DAEMON_START of auditd 2.4") {
  const std::string start =
      "type=DAEMON_START msg=audit(1481076983.819:7798): auditd start, ver=2.4.1 format=raw "
      "kernel=3.10.0-327.36.3.el7.x86_64 auid=4294967295 pid=251 subj=x res=success\n";
  const Line line(start.substr(0, start.size() - 1));
  CHECK(line.record().type == type::kDaemonStart);
  CHECK(raw(line.body(), "ver") == "2.4.1");
  CHECK(raw(line.body(), "kernel") == "3.10.0-327.36.3.el7.x86_64");
  const Reading reading = events_of(start +
                                    "type=CWD msg=audit(1481076983.876:4): cwd=\"/\"\n"
                                    "type=CWD msg=audit(1481076983.877:5): cwd=\"/\"\n");
  REQUIRE(reading.events.size() == 3);
  CHECK(reading.events[0].stamp.serial == 7798);
  CHECK(reading.events[2].stamp.serial == 5);
  CHECK(reading.events[2].boot == reading.events[0].boot);
}

TEST_CASE("A120 user: auditing switched off") {
  const Line line(
      "type=CONFIG_CHANGE msg=audit(1.000:1): op=set audit_enabled=0 old=1 auid=0 ses=3 res=1");
  CHECK(line.record().type == type::kConfigChange);
  CHECK(raw(line.body(), "op") == "set");
  CHECK(raw(line.body(), "audit_enabled") == "0");
  CHECK(raw(line.body(), "old") == "1");
}

TEST_CASE("A121 user: the counter of lost records set back") {
  const Line line(
      "type=CONFIG_CHANGE msg=audit(1.000:1): op=set lost=0 old=5231 auid=0 ses=3 res=1");
  CHECK(raw(line.body(), "lost") == "0");
  CHECK(raw(line.body(), "old") == "5231");
}

TEST_CASE("A122 user: the kernel's notice of losses is no record") {
  const Line line("kernel: audit: audit_lost=40 audit_rate_limit=0 audit_backlog_limit=64");
  CHECK(line.kind() == LineKind::malformed);
  CHECK(line.malformed() == Malformed::no_stamp);
  CHECK(raw("audit: audit_lost=40 audit_rate_limit=0 audit_backlog_limit=64", "audit_lost") ==
        "40");
}

TEST_CASE("A123 user: an SELinux denial's words are passed over") {
  const Line line(
      "type=AVC msg=audit(1.000:1): avc:  denied  { read write } for  pid=13010 comm=\"pickup\" "
      "name=\"maildrop\" dev=hda7 ino=14911367 tclass=dir");
  CHECK(line.record().type == type::kAvc);
  CHECK(keys(line.body()) ==
        std::vector<std::string>{"pid", "comm", "name", "dev", "ino", "tclass"});
  CHECK(raw(line.body(), "pid") == "13010");
  CHECK(text(line.body(), "name") == "maildrop");
}

TEST_CASE("A124 user: SECCOMP is not a SYSCALL, though it names one") {
  const Reading reading = events_of(
      "type=SECCOMP msg=audit(1.000:1): auid=20003 uid=22 gid=22 ses=21 pid=11217 comm=\"sshd\" "
      "exe=\"/usr/sbin/sshd\" sig=31 arch=40000003 syscall=132 compat=1 ip=0xb7 code=0x0\n");
  REQUIRE(reading.events.size() == 1);
  CHECK(reading.events[0].records[0].type == 1326);
  CHECK_FALSE(reading.events[0].syscall);
}

TEST_CASE("A125 user: URINGOP is not a SYSCALL and has no descriptor") {
  const Reading reading = events_of(
      "type=URINGOP msg=audit(1.000:1): uring_op=16 success=no exit=-115 items=0 ppid=1 pid=900 "
      "uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 key=(null)\n");
  REQUIRE(reading.events.size() == 1);
  CHECK(reading.events[0].records[0].type == type::kUringop);
  CHECK_FALSE(reading.events[0].syscall);
  CHECK(raw(reading.events[0].records[0].body, "uring_op") == "16");
  CHECK(raw(reading.events[0].records[0].body, "exit") == "-115");
}
