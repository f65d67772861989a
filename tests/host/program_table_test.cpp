#include "auexfil/host/program_table.hpp"

#include <catch2/catch.hpp>

namespace auexfil::host {

TEST_CASE("programs: ancestors live as long as what they started") {
  ProgramTable programs;
  const ProgramIndex cron = programs.make(0);
  const ProgramIndex shell = programs.make(0);
  programs.hold(cron);
  programs.set_parent(programs[shell], cron);
  programs.hold(shell);
  programs.release(cron);
  CHECK(programs[cron].refs == 1);
  programs.release(shell);
  CHECK(programs[cron].refs == 0);
  CHECK(programs[shell].refs == 0);
}

TEST_CASE("programs: a place that comes back is another program's") {
  ProgramTable programs;
  const ProgramIndex first = programs.make(0);
  const std::uint32_t number = programs[first].number;
  programs[first].exe = 7;
  programs.hold(first);
  programs.release(first);
  const ProgramIndex second = programs.make(3);
  CHECK(second == first);
  CHECK(programs[second].number != number);
  CHECK(programs[second].exe == 0);
  CHECK(programs[second].boot == 3);
}

TEST_CASE("programs: one that execs without end keeps its far ancestors, and no more than a few") {
  ProgramTable programs;
  const ProgramIndex first = programs.make(0);
  programs.hold(first);
  ProgramIndex last = first;
  for (int i = 0; i < 10'000; ++i) {
    const ProgramIndex next = programs.make(0);
    programs.set_parent(programs[next], last);
    programs.hold(next);
    if (last != first) {
      programs.release(last);
    }
    last = next;
  }
  std::size_t above = 0;
  ProgramIndex at = last;
  while (programs[at].parent != kNone) {
    at = programs[at].parent;
    ++above;
  }
  CHECK(at == first);
  CHECK(above < 100);
  CHECK(programs.all().size() < 200);
}

}  // namespace auexfil::host
