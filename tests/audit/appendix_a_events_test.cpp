#include <catch2/catch.hpp>

#include "lines.hpp"

using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test

namespace {

std::string line(const char* type, const char* stamp, const char* body) {
  return std::string("type=") + type + " msg=audit(" + stamp + "): " + body + "\n";
}

constexpr const char* kCall =
    "arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=1 ppid=1 pid=900 auid=0 "
    "comm=\"x\" exe=\"/x\" key=(null)";

}  // namespace

TEST_CASE("A126 events: two interleaved events are two, each whole") {
  const Reading reading =
      events_of(line("SYSCALL", "100.000:10", kCall) + line("SYSCALL", "105.000:11", kCall) +
                line("EXECVE", "100.000:10", "argc=1 a0=\"a\"") +
                line("EXECVE", "105.000:11", "argc=1 a0=\"b\""));
  REQUIRE(reading.events.size() == 2);
  for (const EventCopy& event : reading.events) {
    CHECK(event.types() == std::vector<std::uint16_t>{type::kSyscall, type::kExecve});
    CHECK(event.syscall);
  }
  CHECK(argv_of({reading.events[1].records[1].body}).args[0] == "b");
}

TEST_CASE("A127 events: the order of an event's records does not matter") {
  const std::string call = line("SYSCALL", "1.000:1", kCall);
  const std::string exec = line("EXECVE", "1.000:1", "argc=1 a0=\"a\"");
  const std::string cwd = line("CWD", "1.000:1", "cwd=\"/\"");
  const std::string path = line("PATH", "1.000:1", "item=0 name=\"/x\"");
  const Reading forward = events_of(call + exec + cwd + path);
  const Reading backward = events_of(path + cwd + exec + call);
  REQUIRE(forward.events.size() == 1);
  REQUIRE(backward.events.size() == 1);
  CHECK(backward.events[0].stamp == forward.events[0].stamp);
  REQUIRE(backward.events[0].syscall);
  CHECK(backward.events[0].syscall->pid == forward.events[0].syscall->pid);
  auto turned = backward.events[0].types();
  CHECK(std::vector<std::uint16_t>(turned.rbegin(), turned.rend()) == forward.events[0].types());
}

TEST_CASE("A128 events: the same SYSCALL twice is counted once") {
  const Reading reading =
      events_of("kernel: audit: type=1300 audit(1.000:1): " + std::string(kCall) + "\n" +
                line("SYSCALL", "1.000:1", kCall));
  REQUIRE(reading.events.size() == 1);
  CHECK(reading.events[0].records.size() == 1);
  CHECK(reading.malformed.of(Malformed::duplicate).lines == 1);
  // Equal PATH records of one event are no duplicates.
  const Reading paths = events_of(line("PATH", "1.000:1", "item=0 name=\"/x\"") +
                                  line("PATH", "1.000:1", "item=0 name=\"/x\""));
  CHECK(paths.events[0].records.size() == 2);
}

TEST_CASE("A129 events: one stamp on two nodes is two events") {
  const Reading reading = events_of("node=a " + line("CWD", "100.000:500", "cwd=\"/a\"") +
                                    "node=b " + line("CWD", "100.000:500", "cwd=\"/b\""));
  REQUIRE(reading.events.size() == 2);
  CHECK(reading.events[0].node == "a");
  CHECK(reading.events[1].node == "b");
}

TEST_CASE("A130 events: serials, not stamps, give the order") {
  const Reading reading = events_of(line("CWD", "1710000900.161:44607", "cwd=\"/\"") +
                                    line("CWD", "1710000896.829:44609", "cwd=\"/\"") +
                                    line("CWD", "1710000900.162:44608", "cwd=\"/\""));
  REQUIRE(reading.events.size() == 3);
  CHECK(reading.events[0].stamp.serial == 44607);
  CHECK(reading.events[1].stamp.serial == 44608);
  CHECK(reading.events[2].stamp.serial == 44609);
  CHECK(reading.events[2].boot == 0);
}

TEST_CASE("A131 events: an event over the seam of two files is one") {
  const Reading reading = events_of(std::vector<std::string>{
      line("SYSCALL", "1.000:1", kCall), line("EXECVE", "1.000:1", "argc=1 a0=\"a\"")});
  REQUIRE(reading.events.size() == 1);
  REQUIRE(reading.events[0].records.size() == 2);
  CHECK(reading.events[0].records[0].file == 0);
  CHECK(reading.events[0].records[1].file == 1);
  CHECK(reading.events[0].records[1].line == 1);
}

TEST_CASE("A132 events: a cut last line is marked, the fields before the cut are used") {
  const Reading reading = events_of(
      "type=SYSCALL msg=audit(1.000:1): arch=c000003e syscall=1 success=yes exit=5 a0=3 a1=2 a2=5 "
      "a3=4 items=0 ppid=1 pid=900 auid=0 comm=\"x\" exe=\"/usr/b");
  REQUIRE(reading.events.size() == 1);
  const EventCopy& event = reading.events[0];
  CHECK(event.records[0].cut);
  REQUIRE(event.syscall);
  CHECK(event.syscall->exit == 5);
  CHECK(event.syscall->pid == 900);
  Field field;
  REQUIRE(find_field(event.records[0].body, "exe", field));
  CHECK_FALSE(field.closed);
  CHECK(decoded(event.records[0].body, "exe") == Decoded::damaged);
}
