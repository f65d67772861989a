#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/host/audit_tally.hpp"
#include "auexfil/transfer/transfer_builder.hpp"

namespace auexfil::pipeline {

/// How far the sums of a host were that only grow and say what its log does not show.
struct Mark {
  audit::TimeMs time{};
  host::HiddenTally hidden;
  transfer::UnattributedBytes unattributed;
  std::map<std::string, std::uint64_t> bounds;

  template <typename Io>
  void walk(Io& io);
};

/// Where those sums stood as runs before have ended: what came since a time is told, and one bad
/// day not for ever. Marks are hours apart, so that they are few; what is told reaches back to the
/// last one before that time.
class Marks {
 public:
  /// Is it time for another one? Where a clock was put back those that are ahead go.
  [[nodiscard]] bool wants(audit::TimeMs time);
  void add(Mark mark);
  /// \return how far they were when the time began of which is told; empty: from nothing on.
  [[nodiscard]] std::optional<Mark> forget_before(audit::TimeMs time);

  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io);

 private:
  static constexpr std::size_t kMost = 64;
  std::vector<Mark> marks_;  ///< by time
};

}  // namespace auexfil::pipeline
