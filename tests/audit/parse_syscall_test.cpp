#include <catch2/catch.hpp>

#include "lines.hpp"
#include "mutate.hpp"

using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test

namespace {

/// Do the fast and the general way say the same?
bool agree(std::string_view body) {
  Syscall fast;
  Syscall slow;
  const bool fast_good = parse_syscall(body, fast);
  const bool slow_good = parse_syscall_slowly(body, slow);
  if (fast_good != slow_good) {
    return false;
  }
  return !fast_good ||
         (fast.arch == slow.arch && fast.number == slow.number && fast.has_exit == slow.has_exit &&
          fast.success == slow.success && (!fast.has_exit || fast.exit == slow.exit) &&
          fast.a[0] == slow.a[0] && fast.a[1] == slow.a[1] && fast.a[2] == slow.a[2] &&
          fast.a[3] == slow.a[3] && fast.ppid == slow.ppid && fast.pid == slow.pid);
}

}  // namespace

TEST_CASE("syscall records: odd ones read the same by both ways") {
  for (const char* const body : {
           "arch=c000003e syscall=1 success=yes exit=9223372036854775807 a0=1 a1=2 a2=3 a3=4 "
           "items=0 ppid=1 pid=2 x",
           "arch=c000003e syscall=1 success=no exit=-9223372036854775808 a0=1 a1=2 a2=3 a3=4 "
           "items=0 ppid=1 pid=2 x",
           "arch=c000003e syscall=1 success=no exit=9999999999999999999 a0=1 a1=2 a2=3 a3=4 "
           "items=0 ppid=1 pid=2 x",
           "arch=c000003e syscall=1 success=no exit=-9999999999999999999 a0=1 a1=2 a2=3 a3=4 "
           "items=0 ppid=1 pid=2 x",
           "arch=c000003e syscall=1 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 pid=2 success=yes exit=5 x",
           "arch=c000003e syscall=1 success=yes exit=5 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 pid=2 "
           "success=no exit=6 a0=9 ppid=7 pid=8",
           "arch=c000003e arch=40000003 syscall=1 success=yes exit=5 a0=1 a1=2",
           "arch=40000003 syscall=4 success=no exit=4294967181 a0=3 a1=8 a2=10 a3=0 items=0 ppid=1 "
           "pid=2 x",
           "arch=40000003 syscall=4 success=yes exit=4294963200 a0=3 a1=8 a2=10 a3=0 items=0 "
           "ppid=1 pid=2 x",
           "arch=40000003 syscall=4 success=no exit=4294963201 a0=3 a1=8 a2=10 a3=0 items=0 ppid=1 "
           "pid=2 x",
           "arch=c000003e syscall=1 success=yes exit=5 a0=10000000000000000 a1=2 a2=3 a3=4 items=0 "
           "ppid=1 pid=2 x",
           "arch=1c000003e syscall=1 success=yes exit=5 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 pid=2 x",
           "arch=c000003e syscall=4294967296 success=yes exit=5 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 "
           "pid=2 x",
           "arch=c000003e syscall=1 success=yes exit=5 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 "
           "pid=4294967296 x",
           "arch=c000003e syscall=1 success=yes exit=5x a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 pid=2 x",
           "arch=c000003e syscall=1 success=maybe exit=5 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 pid=2",
           "arch=c000003e syscall=1 success=yes exit=5 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 pid=2",
           "syscall=1 arch=c000003e pid=2 ppid=1 a3=4 a2=3 a1=2 a0=1 exit=5 success=yes",
           "arch=c000003e syscall=231 a0=0 a1=0 a2=0 a3=0 items=0 ppid=1 pid=900 \rexit=0",
           "arch=c000003e syscall=231 a0=0 a1=0 a2=0 a3=0 items=0 ppid=1 pid=900 auid=0",
           "arch=c000003e syscall=231 per=8 a0=0 a1=0 a2=0 a3=0 items=0 ppid=1 pid=900 auid=0",
           "syscall=1",
           "arch=c000003e",
           "",
           "proctitle=\"whoami\"4/ld-linux-x86-64.so.2",
       }) {
    CAPTURE(body);
    CHECK(agree(body));
  }
}

TEST_CASE("syscall records: values") {
  const Syscall call = syscall_of(
      "arch=c000003e syscall=1 success=yes exit=5 a0=1 a1=ffffffffffffffff a2=3 a3=4 items=0 "
      "ppid=1 pid=4294967295 auid=0 comm=\"x\"");
  CHECK(call.arch == 0xc000003e);
  CHECK(call.a[1] == UINT64_MAX);
  CHECK(call.pid == 4294967295U);
  CHECK(call.success);
  Syscall none;
  CHECK_FALSE(parse_syscall("arch=c000003e a0=1", none));
  CHECK_FALSE(parse_syscall("arch=xyz syscall=1", none));
  CHECK_FALSE(parse_syscall("syscall=1 a0=1", none));
  // The first value stands, and half a number is none.
  const Syscall first = syscall_of("arch=c000003e syscall=1 pid=12x pid=7 pid=8 exit=5x");
  CHECK(first.pid == 7);
  CHECK_FALSE(first.has_exit);
  CHECK(syscall_of("arch=c000003e syscall=1 pid=12x").pid == 0);
}

TEST_CASE("syscall records: the tail begins behind pid=") {
  const std::string body =
      "arch=c000003e syscall=1 success=yes exit=5 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 pid=2 auid=7 "
      "ses=3";
  const Syscall call = syscall_of(body);
  CHECK(body.substr(call.tail) == "auid=7 ses=3");
  // By the general way, all of the body is looked through.
  CHECK(syscall_of("syscall=1 arch=c000003e auid=7").tail == 0);
}

TEST_CASE("syscall records: both ways agree on every one of the recordings, whole and damaged") {
  const auto files = recorded_files();
  if (files.empty()) {
    WARN("no recordings beside the source tree: skipped");
    return;
  }
  Mutator mutator(3);
  std::size_t records = 0;
  std::size_t wrong = 0;
  std::string first_wrong;
  for (const RecordedFile& file : files) {
    const std::string text = read_whole(file.path);
    for (const std::string_view line : lines_of(text)) {
      constexpr std::string_view kStart = "type=SYSCALL ";
      if (line.substr(0, kStart.size()) != kStart) {
        continue;
      }
      const std::string_view body = line.substr(line.find("): ") + 3);
      ++records;
      if (!agree(body)) {
        first_wrong = wrong++ == 0 ? body : first_wrong;
      }
      if (records % 16 == 0) {
        const std::string damaged = mutator.mutate(std::string(body));
        if (!agree(damaged)) {
          first_wrong = wrong++ == 0 ? damaged : first_wrong;
        }
      }
    }
  }
  CAPTURE(first_wrong);
  CHECK(wrong == 0);
  CHECK(records > 10000);
}
