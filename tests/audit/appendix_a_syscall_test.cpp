#include <catch2/catch.hpp>

#include "lines.hpp"

using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test

// What a descriptor or process table makes of these is the host room's matter: here they are
// numbers read right.

namespace {

const std::string kTask =
    " items=0 ppid=1 pid=900 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 "
    "fsgid=0 tty=(none) ses=4294967295 comm=\"curl\" exe=\"/usr/bin/curl\" subj=unconfined "
    "key=\"net\"";

/// Reads a whole line of the appendix, by both ways.
Syscall sample(const std::string& fields) {
  const Line line("type=SYSCALL msg=audit(1710929472.123:456): " + fields + kTask);
  REQUIRE(line.is_record());
  const Syscall call = syscall_of(line.body());
  Syscall slow;
  REQUIRE(parse_syscall_slowly(line.body(), slow));
  CHECK(slow.arch == call.arch);
  CHECK(slow.number == call.number);
  CHECK(slow.has_exit == call.has_exit);
  CHECK(slow.exit == call.exit);
  CHECK(call.ppid == 1);
  CHECK(call.pid == 900);
  CHECK(text(line.body(), "comm") == "curl");
  CHECK(text(line.body(), "key") == "net");
  return call;
}

}  // namespace

TEST_CASE("A062 syscall: a connect in progress") {
  const Syscall call =
      sample("arch=c000003e syscall=42 success=no exit=-115 a0=3 a1=7ffe a2=10 a3=0");
  CHECK(call_of(call) == Call::connect);
  CHECK(call.a[0] == 3);
  CHECK(call.has_exit);
  CHECK(call.exit == -115);
  CHECK_FALSE(call.success);
}

TEST_CASE("A063 syscall: exit_group has neither success= nor exit=") {
  const Syscall call = sample("arch=c000003e syscall=231 a0=0 a1=0 a2=0 a3=ffffffffffffff88");
  CHECK(call_of(call) == Call::exit_group);
  CHECK_FALSE(call.has_exit);
  CHECK(call.a[0] == 0);
  CHECK(call.a[3] == 0xffffffffffffff88ULL);
}

TEST_CASE("A064 syscall: per= shifts the fields") {
  const Syscall call =
      sample("arch=c000003e syscall=1 per=40000 success=yes exit=5 a0=3 a1=7ffe a2=5 a3=0");
  CHECK(call_of(call) == Call::write);
  CHECK(call.a[0] == 3);
  CHECK(call.exit == 5);
}

TEST_CASE("A065 syscall: exit, not a2, is what was written") {
  const Syscall call =
      sample("arch=c000003e syscall=1 success=yes exit=100 a0=3 a1=7ffe a2=4000 a3=0");
  CHECK(is_write(call_of(call)));
  CHECK(call.exit == 100);
  CHECK(call.a[2] == 0x4000);
}

TEST_CASE("A066 syscall: EAGAIN wrote nothing") {
  const Syscall call =
      sample("arch=c000003e syscall=1 success=no exit=-11 a0=3 a1=7ffe a2=4000 a3=0");
  CHECK_FALSE(call.success);
  CHECK(call.exit == -11);
}

TEST_CASE("A067 syscall: sendfile of 2 GiB less a page") {
  const Syscall call =
      sample("arch=c000003e syscall=40 success=yes exit=2147479552 a0=4 a1=5 a2=0 a3=7ffff000");
  CHECK(call_of(call) == Call::sendfile);
  CHECK(call.exit == 2147479552);
  CHECK(call.a[0] == 4);
  CHECK(call.a[1] == 5);
}

TEST_CASE("A068 syscall: splice goes from a0 to a2") {
  const Syscall call =
      sample("arch=c000003e syscall=275 success=yes exit=65536 a0=5 a1=0 a2=4 a3=0");
  CHECK(call_of(call) == Call::splice);
  CHECK(call.exit == 65536);
  CHECK(call.a[0] == 5);
  CHECK(call.a[2] == 4);
}

TEST_CASE("A069 syscall: sendmmsg counts messages, not bytes") {
  const Syscall call =
      sample("arch=c000003e syscall=307 success=yes exit=32 a0=6 a1=7ffe a2=40 a3=0");
  CHECK(call_of(call) == Call::sendmmsg);
  CHECK_FALSE(is_write(Call::sendmmsg));
  CHECK(call.exit == 32);
}

TEST_CASE("A070 syscall: sendto on a connected socket") {
  const Syscall call =
      sample("arch=c000003e syscall=44 success=yes exit=464 a0=9 a1=7f56 a2=1d0 a3=0");
  CHECK(call_of(call) == Call::sendto);
  CHECK(is_write(Call::sendto));
  CHECK(call.exit == 464);
  CHECK(call.a[0] == 9);
}

TEST_CASE("A071 syscall: clone with fork's flags") {
  const Syscall call =
      sample("arch=c000003e syscall=56 success=yes exit=71505 a0=1200011 a1=0 a2=0 a3=7fb3");
  CHECK(call_of(call) == Call::clone);
  CHECK(call.exit == 71505);
  CHECK((call.a[0] & 0x10400U) == 0);  // neither CLONE_THREAD nor CLONE_FILES
}

TEST_CASE("A072 syscall: clone with a thread's flags") {
  const Syscall call =
      sample("arch=c000003e syscall=56 success=yes exit=71506 a0=3d0f00 a1=7f a2=7f a3=7f");
  CHECK(call_of(call) == Call::clone);
  CHECK((call.a[0] & 0x10400U) == 0x10400U);
}

TEST_CASE("A073 syscall: clone of s390x has its flags in a1") {
  const Syscall call =
      sample("arch=80000016 syscall=120 success=yes exit=812 a0=3ff a1=1200011 a2=0 a3=0");
  CHECK(call_of(call) == Call::clone);
  CHECK(is_big_endian(call.arch));
  CHECK(call.a[1] == 0x1200011);
  CHECK(call.exit == 812);
}

TEST_CASE("A074 syscall: clone3 hides its flags") {
  const Syscall call =
      sample("arch=c000003e syscall=435 success=yes exit=813 a0=7ffe a1=58 a2=0 a3=8");
  CHECK(call_of(call) == Call::clone3);
  CHECK(call.exit == 813);
}

TEST_CASE("A075 syscall: a child's exec with a serial before its parent's vfork") {
  const auto line = [](const std::string& serial, const std::string& call, const char* ids) {
    return "type=SYSCALL msg=audit(1710929472.123:" + serial + "): arch=c000003e " + call +
           " a0=1 a1=2 a2=3 a3=4 items=0 " + ids + " auid=0 comm=\"x\" exe=\"/x\" key=(null)\n";
  };
  const Reading reading =
      events_of(line("471", "syscall=58 success=yes exit=902", "ppid=1 pid=900") +
                line("470", "syscall=59 success=yes exit=0", "ppid=900 pid=902"));
  REQUIRE(reading.events.size() == 2);
  REQUIRE(reading.events[0].syscall);
  CHECK(call_of(*reading.events[0].syscall) == Call::execve);
  CHECK(reading.events[0].syscall->ppid == 900);
  REQUIRE(reading.events[1].syscall);
  CHECK(call_of(*reading.events[1].syscall) == Call::vfork);
  CHECK(reading.events[1].syscall->exit == 902);
}

TEST_CASE("A076 syscall: an interrupted connect") {
  const Syscall call =
      sample("arch=c000003e syscall=42 success=no exit=-4 a0=3 a1=7ffe a2=10 a3=0");
  CHECK(call_of(call) == Call::connect);
  CHECK(call.exit == -4);
}

TEST_CASE("A077 syscall: i386 has its own numbers") {
  const Syscall call =
      sample("arch=40000003 syscall=4 success=yes exit=4096 a0=3 a1=8 a2=1000 a3=0");
  CHECK(call_of(call) == Call::write);
  CHECK(call.exit == 4096);
}

TEST_CASE("A078 syscall: a negative return that was not sign-extended") {
  const Syscall call =
      sample("arch=40000028 syscall=283 success=no exit=4294967181 a0=3 a1=8 a2=10 a3=0");
  CHECK(call_of(call) == Call::connect);
  CHECK(call.exit == -115);
  // The same number of a 64-bit task is a number.
  CHECK(sample("arch=c000003e syscall=1 success=yes exit=4294967181 a0=3 a1=8 a2=10 a3=0").exit ==
        4294967181);
}

TEST_CASE("A079 syscall: x32 numbers") {
  const Syscall call =
      sample("arch=c000003e syscall=1073742342 success=yes exit=10 a0=3 a1=8 a2=0 a3=0");
  CHECK(call_of(call) == Call::sendmsg);
  CHECK(call.exit == 10);
}

TEST_CASE("A080 syscall: openat relative to the working directory") {
  const Syscall call =
      sample("arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=7ffe a2=80000 a3=0");
  CHECK(call_of(call) == Call::openat);
  CHECK(static_cast<std::int32_t>(call.a[0] & 0xffffffffU) == -100);
  CHECK(call.a[2] == 0x80000);
  CHECK(call.exit == 3);
}

TEST_CASE("A081 syscall: socket with flags in its type") {
  const Syscall call =
      sample("arch=c000003e syscall=41 success=yes exit=5 a0=2 a1=80801 a2=6 a3=0");
  CHECK(call_of(call) == Call::socket);
  CHECK(call.a[0] == 2);
  CHECK(call.a[1] == 0x80801);
  CHECK(call.a[2] == 6);
  CHECK(call.exit == 5);
}

TEST_CASE("A082 syscall: fcntl F_DUPFD_CLOEXEC") {
  const Syscall call = sample("arch=c000003e syscall=72 success=yes exit=10 a0=5 a1=406 a2=a a3=0");
  CHECK(call_of(call) == Call::fcntl);
  CHECK(call.a[1] == 1030);
  CHECK(call.exit == 10);
}

TEST_CASE("A083 syscall: dup2 over standard input") {
  const Syscall call = sample("arch=c000003e syscall=33 success=yes exit=0 a0=5 a1=0 a2=0 a3=0");
  CHECK(call_of(call) == Call::dup2);
  CHECK(call.a[0] == 5);
  CHECK(call.a[1] == 0);
}

TEST_CASE("A084 syscall: close_range that only marks") {
  const Syscall call =
      sample("arch=c000003e syscall=436 success=yes exit=0 a0=3 a1=ffffffff a2=4 a3=0");
  CHECK(call_of(call) == Call::close_range);
  CHECK(call.a[0] == 3);
  CHECK(call.a[1] == 0xffffffff);
  CHECK(call.a[2] == 4);
}

TEST_CASE("A085 syscall: FD_PAIR's numbers are decimal") {
  const Line line("type=FD_PAIR msg=audit(1.000:1): fd0=3 fd1=14");
  CHECK(line.record().type == type::kFdPair);
  CHECK(raw(line.body(), "fd0") == "3");
  CHECK(raw(line.body(), "fd1") == "14");
}

TEST_CASE("A086 syscall: MMAP names its descriptor") {
  const Line line("type=MMAP msg=audit(1.000:1): fd=3 flags=0x2");
  CHECK(line.record().type == type::kMmap);
  CHECK(raw(line.body(), "fd") == "3");
  CHECK(raw(line.body(), "flags") == "0x2");
}

TEST_CASE("A087 syscall: a thread's id stands in pid= on old kernels") {
  const Syscall clone = syscall_of(
      "arch=c000003e syscall=56 success=yes exit=1287 a0=3d0f00 a1=7f a2=7f a3=7f items=0 ppid=1 "
      "pid=1240 auid=0 comm=\"charon\" exe=\"/x\" key=(null)");
  CHECK((clone.a[0] & 0x10000U) != 0);
  CHECK(clone.exit == 1287);
  const Syscall call = syscall_of(
      "arch=c000003e syscall=1 success=yes exit=5 a0=3 a1=7f a2=7f a3=7f items=0 ppid=1 pid=1287 "
      "auid=0 comm=\"charon\" exe=\"/x\" key=(null)");
  CHECK(call.pid == 1287);
}
