#include <catch2/catch.hpp>

#include "lines.hpp"

using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test

using Args = std::vector<std::string>;

TEST_CASE("A052 execve: quoted arguments") {
  const Line line("type=EXECVE msg=audit(1.000:1): argc=3 a0=\"cat\" a1=\"btest=test\" a2=\"-f\"");
  const Argv argv = argv_of({line.body()});
  CHECK(argv.args == Args{"cat", "btest=test", "-f"});
  CHECK(argv.argc == 3);
  CHECK_FALSE(argv.cut);
}

TEST_CASE("A053 execve: a dropped empty argument is filled in") {
  const Argv argv = argv_of({"argc=3 a0=\"/bin/ls\" a2=\"/etc\""});
  CHECK(argv.args == Args{"/bin/ls", "", "/etc"});
}

TEST_CASE("A054 execve: a missing last argument is empty or lost, and said") {
  const Argv argv = argv_of({"argc=2 a0=\"/bin/echo\""});
  CHECK(argv.args == Args{"/bin/echo", ""});
}

TEST_CASE("A055 execve: an empty record has no arguments") {
  const Line line("type=EXECVE msg=audit(1.000:1): ");
  REQUIRE(line.is_record());
  const Argv argv = argv_of({line.body()});
  CHECK(argv.args.empty());
  CHECK_FALSE(argv.has_argc);
}

TEST_CASE("A056 execve: an argument in pieces over two records") {
  const Line first("type=EXECVE msg=audit(1.000:1): argc=2 a0=\"echo\" a1_len=16 a1[0]=61626364");
  const Line second("type=EXECVE msg=audit(1.000:1):  a1[1]=65666768");
  for (const auto& bodies :
       {std::vector{first.body(), second.body()}, std::vector{second.body(), first.body()}}) {
    const Argv argv = argv_of(bodies);
    CHECK(argv.args == Args{"echo", "abcdefgh"});
    CHECK_FALSE(argv.cut);
  }
}

TEST_CASE("A057 execve: quoted pieces") {
  const Argv argv = argv_of({"argc=2 a0=\"echo\" a1_len=8 a1[0]=\"abcd\" a1[1]=\"efgh\""});
  CHECK(argv.args == Args{"echo", "abcdefgh"});
  CHECK_FALSE(argv.cut);
}

TEST_CASE("A058 execve: a lost piece makes the argument cut") {
  const Argv argv = argv_of({"argc=2 a0=\"echo\" a1_len=16 a1[0]=61626364"});
  CHECK(argv.args == Args{"echo", "abcd"});
  CHECK(argv.cut);
}

TEST_CASE("A059 execve: one empty argument") {
  const Argv argv = argv_of({"argc=1 a0=\"\""});
  CHECK(argv.args == Args{""});
}

TEST_CASE("A060 execve: a script has its interpreter's arguments and its own comm") {
  const Reading reading = events_of(
      "type=SYSCALL msg=audit(1.000:1): arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 "
      "a3=4 items=3 ppid=1 pid=2 auid=0 comm=\"t.sh\" exe=\"/usr/bin/dash\" key=(null)\n"
      "type=EXECVE msg=audit(1.000:1): argc=2 a0=\"/bin/sh\" a1=\"./t.sh\"\n");
  REQUIRE(reading.events.size() == 1);
  const EventCopy& event = reading.events[0];
  REQUIRE(event.records.size() == 2);
  CHECK(text(event.records[0].body, "exe") == "/usr/bin/dash");
  CHECK(text(event.records[0].body, "comm") == "t.sh");
  CHECK(argv_of({event.records[1].body}).args == Args{"/bin/sh", "./t.sh"});
}

TEST_CASE("A061 execve: a failed search along the PATH has no EXECVE") {
  const Reading reading = events_of(
      "type=SYSCALL msg=audit(1.000:1): arch=c000003e syscall=59 success=no exit=-2 a0=1 a1=2 a2=3 "
      "a3=4 items=1 ppid=1 pid=2 auid=0 comm=\"sh\" exe=\"/usr/bin/dash\" key=(null)\n"
      "type=PATH msg=audit(1.000:1): item=0 name=\"/usr/local/bin/curl\" nametype=UNKNOWN\n");
  REQUIRE(reading.events.size() == 1);
  const EventCopy& event = reading.events[0];
  REQUIRE(event.syscall);
  CHECK(call_of(*event.syscall) == Call::execve);
  CHECK_FALSE(event.syscall->success);
  CHECK(event.syscall->exit == -2);
  CHECK(event.find(type::kExecve) == nullptr);
}
