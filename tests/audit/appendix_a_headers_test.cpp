#include <catch2/catch.hpp>

#include "lines.hpp"

// Appendix A of docs/audit-format.md: one test an item, the item's number in its name.

using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test

TEST_CASE("A001 header: auditd's form gives type, time and serial, and no node") {
  const Line line("type=SYSCALL msg=audit(1710929472.123:456): arch=c000003e syscall=42 items=0");
  REQUIRE(line.is_record());
  CHECK(line.record().type == type::kSyscall);
  CHECK(line.record().type_text == "SYSCALL");
  CHECK(line.record().node.empty());
  CHECK(line.record().time == 1710929472123);
  CHECK(line.record().serial == 456);
  CHECK(line.body() == "arch=c000003e syscall=42 items=0");
}

TEST_CASE("A002 header: node= before type=") {
  const Line line("node=web01.example.org type=CWD msg=audit(1710929472.123:456): cwd=\"/\"");
  REQUIRE(line.is_record());
  CHECK(line.record().node == "web01.example.org");
  CHECK(line.record().type == type::kCwd);
  CHECK(text(line.body(), "cwd") == "/");
}

TEST_CASE("A003 header: two blanks behind the stamp") {
  const Line line("type=CWD msg=audit(1170021493.977:293):  cwd=\"/var/spool/postfix\"");
  REQUIRE(line.is_record());
  CHECK(line.body() == "cwd=\"/var/spool/postfix\"");
  CHECK(text(line.body(), "cwd") == "/var/spool/postfix");
}

TEST_CASE("A004 header: UNKNOWN[number] is that number's type") {
  const Line line("type=UNKNOWN[1420] msg=audit(1661853391.646:4486226): subj_apparmor=unconfined");
  REQUIRE(line.is_record());
  CHECK(line.record().type == 1420);
  CHECK(line.record().serial == 4486226);
  CHECK(raw(line.body(), "subj_apparmor") == "unconfined");
}

TEST_CASE("A005 header: a numeric type") {
  const Line line("type=1300 msg=audit(1710929472.123:456): arch=c000003e syscall=1 items=0");
  REQUIRE(line.is_record());
  CHECK(line.record().type == type::kSyscall);
}

TEST_CASE("A006 header: the kernel ring's form has no msg=") {
  const Line line(
      "[  194.270208] audit: type=1300 audit(1737617187.747:217): arch=c00000f3 syscall=64 "
      "success=yes exit=1 a0=3 a1=3fff9c76b0 a2=1 a3=0 items=0 ppid=1 pid=2 auid=0");
  REQUIRE(line.is_record());
  CHECK(line.record().type == type::kSyscall);
  CHECK(line.record().serial == 217);
  const Syscall call = syscall_of(line.body());
  CHECK(call_of(call) == Call::write);
  CHECK(call.a[0] == 3);
  CHECK(call.exit == 1);
}

TEST_CASE("A007 header: a syslog prefix of the kernel ring is passed over") {
  const Line line(
      "Jan 27 06:14:12 h kernel: [ 1498.995738] audit: type=1300 audit(1517030052.665:522): "
      "arch=c000003e syscall=54 items=0");
  REQUIRE(line.is_record());
  CHECK(line.record().type == type::kSyscall);
  CHECK(line.record().serial == 522);
  CHECK(line.record().time == 1517030052665);
}

TEST_CASE("A008 header: an RFC 3339 prefix is passed over") {
  const Line line(
      "2024-09-17T18:17:29.014446+00:00 h kernel: audit: type=1325 audit(1726575449.009:1078): "
      "table=filter family=2 entries=0");
  REQUIRE(line.is_record());
  CHECK(line.record().type == 1325);
  CHECK(type_name(line.record().type) == "NETFILTER_CFG");
  CHECK(line.record().serial == 1078);
}

TEST_CASE("A009 header: audispd's syslog form keeps its node") {
  const Line line(
      "Mar 27 00:37:34 vnode03 audispd: node=vnode03.vuln type=SYSCALL "
      "msg=audit(1585291054.568:2911): arch=c000003e syscall=1 items=0");
  REQUIRE(line.is_record());
  CHECK(line.record().node == "vnode03.vuln");
  CHECK(line.record().type == type::kSyscall);
  CHECK(line.record().serial == 2911);
}

TEST_CASE("A010 header: a syslog priority, and the word 'user' before pid=") {
  const Line line(
      "<14>2013-10-11T00:00:01.750529+00:00 fuk-ge audispd: node=fuk-ge.x type=USER_START "
      "msg=audit(1381449601.749:33603): user pid=32070 uid=0 auid=0 msg='op=x res=success'");
  REQUIRE(line.is_record());
  CHECK(line.record().node == "fuk-ge.x");
  CHECK(line.record().type == type::kUserStart);
  UserMessage message;
  REQUIRE(decode_user_message(line.body(), message));
  CHECK(message.pid == 32070);
}

TEST_CASE("A011 header: DAEMON_CONFIG without a colon") {
  const std::string log =
      "type=DAEMON_CONFIG msg=audit(1490239800.477:34) config changed, auid=0 pid=1512 res=1\n";
  const Line line(log.substr(0, log.size() - 1));
  REQUIRE(line.is_record());
  CHECK(line.record().type == 1203);
  CHECK(raw(line.body(), "auid") == "0");
  CHECK(raw(line.body(), "pid") == "1512");
  // auditd's own counter: the kernel events around it keep their order.
  const Reading reading = events_of("type=CWD msg=audit(1490239800.400:9000): cwd=\"/\"\n" + log +
                                    "type=CWD msg=audit(1490239800.500:9001): cwd=\"/\"\n");
  REQUIRE(reading.events.size() == 3);
  CHECK(reading.events[1].stamp.serial == 34);
  CHECK(reading.events[2].stamp.serial == 9001);
  CHECK(reading.events[2].boot == 0);
}

TEST_CASE("A012 header: no stamp at all is counted and gives no event") {
  const Reading reading = events_of("type=UNKNOWN[1329] msg=?\n");
  CHECK(reading.events.empty());
  CHECK(reading.malformed.of(Malformed::no_stamp).lines == 1);
}

TEST_CASE("A013 header: DAEMON_ERR without a stamp is counted and gives no event") {
  const Reading reading = events_of("type=DAEMON_ERR op=format-raw msg=NULL res=failed\n");
  CHECK(reading.events.empty());
  CHECK(reading.malformed.of(Malformed::no_stamp).lines == 1);
}

TEST_CASE("A014 header: interpreted text is refused") {
  const Line line(
      "type=SYSCALL msg=audit(03/20/24 10:11:12.123:456) : arch=x86_64 syscall=connect success=no "
      "exit=EINPROGRESS(Operation now in progress)");
  CHECK(line.kind() == LineKind::malformed);
  CHECK(line.malformed() == Malformed::interpreted);
}

TEST_CASE("A015 header: interpreted text of another locale is refused") {
  const Line line(
      "type=SYSTEM_SHUTDOWN msg=audit(Saturday 13 February 2021 A.852:8) : pid=621 uid=root");
  CHECK(line.kind() == LineKind::malformed);
  CHECK(line.malformed() == Malformed::interpreted);
}

TEST_CASE("A016 header: ausearch's separators are passed over in silence") {
  for (const char* const quiet :
       {"time->Wed Mar 20 10:11:14 2024", "----", "", "# a comment", "----\r", "   "}) {
    CAPTURE(quiet);
    CHECK(Line(quiet).kind() == LineKind::ignored);
  }
}

TEST_CASE("A017 header: EOE has an empty body and belongs to its event") {
  for (const char* const end : {"): ", "):", ")"}) {
    const Line line("type=EOE msg=audit(1710929472.123:456" + std::string(end));
    REQUIRE(line.is_record());
    CHECK(line.record().type == type::kEoe);
    CHECK(line.body().empty());
  }
  const Reading reading = events_of(
      "type=CWD msg=audit(1710929472.123:456): cwd=\"/\"\n"
      "type=EOE msg=audit(1710929472.123:456): \n");
  REQUIRE(reading.events.size() == 1);
  CHECK(reading.events[0].records.size() == 2);
}

TEST_CASE("A018 header: journald's text has no stamp") {
  const Line line("Jun 18 00:39:21 xyz audit[2482]: USER_CMD pid=2482 uid=0 auid=0 ses=5 msg='x'");
  CHECK(line.kind() == LineKind::malformed);
  CHECK(line.malformed() == Malformed::no_stamp);
}

TEST_CASE("A019 header: a stamp without a type is kept under its stamp") {
  const Line line("audit(1.000:1): arch=c000003e syscall=1");
  REQUIRE(line.is_record());
  CHECK(line.record().type == type::kUnknown);
  CHECK(line.record().type_text.empty());
  CHECK(line.record().stamp() == Stamp{1000, 1});
}

TEST_CASE("A020 header: serial 0 is a serial") {
  const Line line("type=SYSCALL msg=audit(1492037298.883:0): arch=c000003e syscall=1");
  REQUIRE(line.is_record());
  CHECK(line.record().serial == 0);
}

TEST_CASE("A021 header: serial 4294967295 is followed by 0 in the same boot") {
  const Reading reading = events_of(
      "type=CWD msg=audit(1492037298.883:4294967294): cwd=\"/\"\n"
      "type=CWD msg=audit(1492037298.883:0): cwd=\"/\"\n"
      "type=CWD msg=audit(1492037298.883:4294967295): cwd=\"/\"\n"
      "type=CWD msg=audit(1492037298.883:1): cwd=\"/\"\n");
  REQUIRE(reading.events.size() == 4);
  CHECK(reading.events[0].stamp.serial == 4294967294U);
  CHECK(reading.events[1].stamp.serial == 4294967295U);
  CHECK(reading.events[2].stamp.serial == 0);
  CHECK(reading.events[3].stamp.serial == 1);
  CHECK(reading.events[3].boot == 0);
}

TEST_CASE("A022 header: one digit of milliseconds is that many milliseconds") {
  const Line line("type=SYSCALL msg=audit(1710929472.5:7): arch=c000003e syscall=1");
  REQUIRE(line.is_record());
  CHECK(line.record().time == 1710929472005);
}

TEST_CASE("A023 header: nothing behind 0x1D is read as the record's own") {
  const std::string_view body =
      "ses=1 key=(null)\x1d"
      "ARCH=x86_64 SYSCALL=execve AUID=\"user\"";
  CHECK(keys(body) == std::vector<std::string>{"ses", "key"});
  CHECK(decoded(body, "key") == Decoded::absent);
  CHECK_FALSE(raw(body, "ARCH"));
}

TEST_CASE("A024 header: an upper-case key ends the raw part where 0x1D was lost") {
  for (const std::string body :
       {"ses=1 key=\"sbin_susp\" ARCH=x86_64 SYSCALL=execve AUID=\"unset\" UID=\"root\"",
        "ses=1 key=\"sbin_susp\"#035ARCH=x86_64 SYSCALL=execve AUID=\"unset\""}) {
    CAPTURE(body);
    CHECK(keys(body) == std::vector<std::string>{"ses", "key"});
    CHECK(text(body, "key") == "sbin_susp");
  }
  // rsyslog's spelling of 0x1D behind a bare value.
  const std::string_view body = "ses=1 key=(null)#035ARCH=x86_64 SYSCALL=execve";
  CHECK(keys(body) == std::vector<std::string>{"ses", "key"});
  CHECK(decoded(body, "key") == Decoded::absent);
  FieldReader reader(body);
  Field field;
  while (reader.next(field)) {
  }
  CHECK(reader.enriched() == "ARCH=x86_64 SYSCALL=execve");
}

TEST_CASE("A025 header: the enriched address is not taken for the record's") {
  const Line line(
      "type=SOCKADDR msg=audit(1.000:1): saddr=100000000000000000000000\x1d"
      "SADDR={ fam=netlink nlnk-fam=16 nlnk-pid=0 }");
  REQUIRE(line.is_record());
  CHECK(keys(line.body()) == std::vector<std::string>{"saddr"});
  CHECK(saddr_of(*raw(line.body(), "saddr")).family == Family::netlink);
}
