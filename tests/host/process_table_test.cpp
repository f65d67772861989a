#include "auexfil/host/process_table.hpp"

#include <catch2/catch.hpp>

namespace auexfil::host {

TEST_CASE("processes: a number is that of who speaks under it, until it ends") {
  ProcessTable processes(10, 1000);
  const ProcessIndex index = processes.make(7, 1);
  CHECK(processes.by_pid(7) == kNone);
  processes.announce(index);
  CHECK(processes.pending(7) == index);
  CHECK(processes.find(7) == index);
  processes.speak(index);
  CHECK(processes.pending(7) == kNone);
  CHECK(processes.by_pid(7) == index);
  processes.remove(index);
  CHECK(processes.find(7) == kNone);
}

TEST_CASE("processes: a place that comes back has another generation") {
  ProcessTable processes(10, 1000);
  const ProcessIndex first = processes.make(7, 1);
  const std::uint32_t generation = processes[first].generation;
  processes.remove(first);
  const ProcessIndex second = processes.make(8, 1);
  CHECK(second == first);
  CHECK(processes[second].generation != generation);
}

TEST_CASE("processes: of too many the one that has been silent longest is given up") {
  ProcessTable processes(3, 1000);
  for (std::uint32_t pid = 10; pid < 13; ++pid) {
    const ProcessIndex index = processes.make(pid, 1);
    processes.speak(index);
    processes[index].recent = true;
  }
  REQUIRE(processes.is_full());
  // All have spoken since the hand began: it goes round once.
  const ProcessIndex silent = processes.find_silent(kNone);
  REQUIRE(silent != kNone);
  processes[processes.by_pid(12)].recent = true;
  processes.remove(silent);
  CHECK_FALSE(processes.is_full());
  CHECK(processes.by_pid(12) != kNone);
  CHECK(processes.find_silent(processes.by_pid(10)) != processes.by_pid(10));
}

TEST_CASE("processes: those that name a parent out of sight are found by it, and forgotten alone") {
  ProcessTable processes(10, 1000);
  const ProcessIndex a = processes.make(11, 5);
  const ProcessIndex b = processes.make(12, 5);
  const ProcessIndex c = processes.make(13, 5);
  for (const ProcessIndex index : {a, b, c}) {
    processes.note_fatherless(index);
  }
  CHECK(processes.fatherless(5) == c);
  processes.remove(b);
  CHECK(processes.fatherless(5) == c);
  CHECK(processes[c].next_fatherless == a);
  processes.remove(c);
  CHECK(processes.fatherless(5) == a);
  processes.note_fatherless(processes.make(14, 1));
  CHECK(processes.fatherless(1) == kNone);  // init's number needs no waiting for
  processes.note_fatherless(processes.make(15, 2000));
  CHECK(processes.fatherless(2000) == kNone);  // nobody has such a number
}

TEST_CASE("processes: threads without end are no more than a bound") {
  ProcessTable processes(10, 1'000'000);
  processes.speak(processes.make(7, 1));
  for (std::uint32_t tid = 100; tid < 200'000; ++tid) {
    processes.note_thread(tid, 7);
  }
  CHECK(processes.by_thread(199'999) == processes.by_pid(7));
  CHECK(processes.by_thread(100) == kNone);  // of the earlier ones nothing is known any more
}

}  // namespace auexfil::host
