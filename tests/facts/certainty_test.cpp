#include "night.hpp"

/// `measured` comes from the program itself and from many others: none of them, however busy,
/// takes it from the rest, and a filter is still told.
namespace auexfil::test {
namespace {

/// What the busy ones do in the same log.
enum class Busy { large_writes, scanner, tiny_programs, many_tiny_programs, ring, messages };

void add(CronHost& log, Busy busy) {
  const int job = log.job("busy");
  switch (busy) {
    case Busy::large_writes:
      log.run(job, job + 1, "/opt/busy", {"busy"});
      for (int i = 0; i < 600; ++i) {
        log.tcp(job + 1, 3, fmt::format("10.2.{}.{}", i / 200, i % 200 + 1), 9000);
        log.write(job + 1, 3, 4096);
        log.close(job + 1, 3);
      }
      return;
    case Busy::scanner:
      log.run(job, job + 1, "/usr/bin/scanner", {"scanner"});
      for (int i = 0; i < 3000; ++i) {
        log.tcp(job + 1, 3, fmt::format("10.3.{}.{}", i / 200, i % 200 + 1), 22);
        log.close(job + 1, 3);
      }
      return;
    case Busy::tiny_programs:
    case Busy::many_tiny_programs:
      for (int i = 0; i < 900; ++i) {
        const bool many = busy == Busy::many_tiny_programs;
        log.run(job, 20'000 + i, many ? fmt::format("/usr/bin/t{}", i % 10) : "/usr/bin/true",
                {"true"});
        log.close(20'000 + i, 3);
        log.exit(20'000 + i);
      }
      return;
    case Busy::ring:
      log.run(job, job + 1, "/opt/ring", {"ring"});
      for (int i = 0; i < 300; ++i) {
        log.tcp(job + 1, 3, kOther, 9000);
        log.close(job + 1, 3);
      }
      return;
    case Busy::messages:
      log.run(job, job + 1, "/opt/messages", {"messages"});
      log.udp(job + 1, 3);
      log.connect(job + 1, 3, "10.4.4.4", 9000);
      for (int i = 0; i < 900; ++i) {
        log.call(job + 1, "sendmmsg", 64, {3, 0x7f, 64});
      }
      return;
  }
}

std::string nc_of(const CronHost& log) {
  return sum(of(tell(log), "192.0.2.44"));  // all its writes are large
}

}  // namespace

TEST_CASE("certainty: nobody's work takes it from the others") {
  const Busy busy = GENERATE(Busy::large_writes, Busy::scanner, Busy::tiny_programs,
                             Busy::many_tiny_programs, Busy::ring, Busy::messages);
  CAPTURE(static_cast<int>(busy));
  CronHost log = night({});
  add(log, busy);
  const auto facts = tell(log);
  CHECK(sum(of(facts, kDrop)) == "out 400000 measured");
  CHECK(sum(of(facts, "192.0.2.33")) == "out 262304 measured");
  CHECK(sum(of(facts, "192.0.2.44")) == "out 163840 measured");
  // Its own messages are a reason; what the others sent is as certain as it was.
  CHECK(coverage_of(log).reasons.size() == (busy == Busy::messages ? 1 : 0));
}

TEST_CASE("certainty: nobody's work gives it to the others") {
  const auto bytes = [](const Called& call) {
    return call.name == "write" || call.name == "writev" || call.name == "sendto" ||
           call.name == "sendmsg";
  };
  SECTION("a filter by exe, whose program does most of what happens") {
    CronHost log =
        night([&](const Called& call) { return !bytes(call) || call.who.exe == "/usr/bin/rsync"; });
    const int rsync = log.tool("/usr/bin/rsync", {"rsync", "-a", "x", "rsync://192.0.2.60/m"});
    for (int i = 0; i < 2000; ++i) {
      log.tcp(rsync, 3, "192.0.2.60", 873);
      log.write(rsync, 3, 20);
      log.close(rsync, 3);
    }
    CHECK(nc_of(log) == "unknown ? unknown");
    CHECK(coverage_of(log).verdict == coverage::CoverageVerdict::partial);
  }
  SECTION("by user") {
    const std::uint32_t least = GENERATE(1U, 1000U);
    const CronHost log = night([&](const Called& call) {
      return !bytes(call) || (call.who.auid >= least && call.who.auid != kUnset);
    });
    CHECK(nc_of(log) == "unknown ? unknown");
    CHECK(coverage_of(log).verdict == coverage::CoverageVerdict::partial);
  }
  SECTION("by size") {
    const CronHost log =
        night([&](const Called& call) { return !bytes(call) || call.exit > 4095; });
    CHECK(nc_of(log) == "out 163840 at-least");
    CHECK(coverage_of(log).verdict == coverage::CoverageVerdict::partial);
  }
}

}  // namespace auexfil::test
