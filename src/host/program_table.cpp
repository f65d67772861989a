#include "auexfil/host/program_table.hpp"

#include <cassert>
#include <cstdint>

#include "auexfil/input/state_io.hpp"

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
  constexpr std::uint32_t kMaxDepth = 96;  // decide_automation() walks 64 of them
  if (before != kNone && (*this)[before].depth >= kMaxDepth) {
    before = (*this)[before].parent;
  }
  program.parent = before;
  program.depth = 0;
  if (before != kNone) {
    hold(before);
    program.depth = (*this)[before].depth + 1;
  }
}

namespace {

/// Is above each program one that is there, and does the way up end?
bool all_end(const std::vector<ExecutedProgram>& programs) {
  std::vector<std::uint32_t> seen_from(programs.size(), kNone);
  for (std::uint32_t from = 0; from < programs.size(); ++from) {
    if (programs[from].refs == 0) {
      continue;
    }
    for (ProgramIndex at(from); at != kNone; at = programs[at.number()].parent) {
      std::uint32_t& seen = seen_from[at.number()];
      if (seen == from || programs[at.number()].refs == 0) {
        return false;
      }
      if (seen != kNone) {
        break;
      }
      seen = from;
    }
  }
  return true;
}

}  // namespace

template <typename Io>
void ProgramTable::walk(Io& io, const StateSizes& sizes) {
  io.number(made_);
  io.list(programs_, sizes.programs, [&](ExecutedProgram& program) {
    bool is_held = program.refs > 0;
    io.flags(is_held);
    // Of one that is gone its parent may still be asked, see Tracker::is_of_relative().
    io.index(program.parent, sizes.programs);
    if (is_held) {
      program.walk(io, sizes);
      io.refuse_unless(program.number > 0 && program.number <= made_);
    }
    if constexpr (Io::kReads) {
      program.refs = is_held ? 1 : 0;
    }
  });
  io.refuse_unless(programs_.size() == sizes.programs);
  io.free_list(free_, programs_.size(), [&](std::size_t i) { return programs_[i].refs == 0; });
  io.refuse_unless(all_end(programs_));
}

template void ProgramTable::walk(input::StateWriter&, const StateSizes&);
template void ProgramTable::walk(input::StateReader&, const StateSizes&);

std::vector<bool> ProgramTable::start_count() {
  std::vector<bool> is_there;
  for (ExecutedProgram& program : programs_) {
    is_there.push_back(program.refs > 0);
    program.refs = 0;
  }
  for (std::size_t i = 0; i < programs_.size(); ++i) {
    if (is_there[i] && programs_[i].parent != kNone) {
      hold(programs_[i].parent);
    }
  }
  return is_there;
}

}  // namespace auexfil::host
