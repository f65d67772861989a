#include "auexfil/host/program_table.hpp"

#include <cassert>

namespace auexfil::host {

ProgramIndex ProgramTable::make(std::uint32_t boot) {
  ProgramIndex index;
  if (free_.empty()) {
    index = ProgramIndex(programs_.size());
    programs_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
    assert((*this)[index].refs == 0);
    (*this)[index] = ExecutedProgram{};
  }
  (*this)[index].boot = boot;
  (*this)[index].number = ++made_;
  return index;
}

void ProgramTable::release(ProgramIndex index) {
  // A chain of ancestors may end with the last holder of its tip.
  while (index != kNone) {
    ExecutedProgram& program = (*this)[index];
    assert(program.refs > 0);
    if (--program.refs > 0) {
      return;
    }
    free_.push_back(index);
    index = program.parent;
  }
}

/// A process may exec, or fork and exec, without end: past a depth that no lineage needs, the
/// ancestor just above is left out, so that the far ones stay.
void ProgramTable::set_parent(ExecutedProgram& program, ProgramIndex before) {
  constexpr std::uint32_t kMaxDepth = 96;
  if (before != kNone && (*this)[before].depth >= kMaxDepth) {
    before = (*this)[before].parent;
  }
  program.parent = before;
  if (before != kNone) {
    hold(before);
    program.depth = (*this)[before].depth + 1;
  }
}

}  // namespace auexfil::host
