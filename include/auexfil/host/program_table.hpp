#pragma once

#include <cstddef>
#include <vector>

#include "auexfil/host/model.hpp"

namespace auexfil::host {

/// The programs that are held: by processes, by programs that they started, by sockets, by who asks
/// later. A chain of ancestors is bounded, so that there are not many more than processes.
class ProgramTable {
 public:
  [[nodiscard]] ExecutedProgram& operator[](ProgramIndex index) {
    return programs_[index.number()];
  }
  [[nodiscard]] const ExecutedProgram& operator[](ProgramIndex index) const {
    return programs_[index.number()];
  }
  /// Those with no `refs` are gone.
  [[nodiscard]] const std::vector<ExecutedProgram>& all() const { return programs_; }

  /// A new one that nobody holds yet. References to others end here.
  [[nodiscard]] ProgramIndex make(std::uint32_t boot);
  void hold(ProgramIndex index) { ++(*this)[index].refs; }
  /// Ends one hold. With the last one those on its ancestors end.
  void release(ProgramIndex index);
  /// Puts a program below another, or below none.
  void set_parent(ExecutedProgram& program, ProgramIndex before);

  /// Without holds: who holds a program says so after start_count().
  template <typename Io>
  void walk(Io& io, const StateSizes& sizes);
  /// \return by number, which there are. Each is held by those below it and nobody else so far.
  [[nodiscard]] std::vector<bool> start_count();

 private:
  std::vector<ExecutedProgram> programs_;
  std::vector<ProgramIndex> free_;
  std::uint32_t made_ = 0;
};

}  // namespace auexfil::host
