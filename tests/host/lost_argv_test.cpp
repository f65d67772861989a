#include <catch2/catch.hpp>

#include "heard.hpp"

namespace auexfil::test {
namespace {

std::uint64_t losses(const Log& log) {
  std::uint64_t events = 0;
  const Followed followed = follow(log.text());
  for (const host::Loss& loss : followed.tracker->tally().losses) {
    events += loss.kind == host::Loss::Kind::half_event ? loss.events : 0;
  }
  return events;
}

}  // namespace

TEST_CASE("lost argv: an EXECVE record that is missing whole is a loss") {
  Log log;
  SECTION("one of several of an exec") {
    log.call(1, "execve", 0, {}, {"EXECVE argc=40 a0=\"tar\"", "EXECVE a30=\"x\" a39=\"y\""});
    CHECK(losses(log) == 1);
  }
  SECTION("the only one, where other execs have theirs") {
    log.call(1, "execve", 0, {}, {"EXECVE argc=1 a0=\"tar\""});
    log.call(1, "execve", 0, {});
    CHECK(losses(log) == 1);
  }
  SECTION("not where the rules leave all of them out, nor of a few empty arguments") {
    log.call(1, "execve", 0, {});
    log.call(1, "execve", 0, {});
    log.call(1, "execve", 0, {}, {"EXECVE argc=3 a0=\"tar\" a2=\"x\""});
    CHECK(losses(log) == 0);
  }
}

}  // namespace auexfil::test
