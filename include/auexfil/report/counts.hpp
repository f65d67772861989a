#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace auexfil::report {

/// What a run counted, for the summary record and the table's last lines.
struct Counts {
  std::optional<std::uint64_t> transfers;  ///< Empty for `coverage`, which tells none.

  struct Judged {
    std::uint64_t approved{};    ///< transfers that an [allow] covers
    std::uint64_t unmeasured{};  ///< transfers whose volume the log cannot give
    std::uint64_t findings{};
    int exit_code{};
    // Only of a run that keeps a state.
    std::optional<std::uint64_t> standing{};  ///< that runs before have reported, and still hold
    std::vector<std::uint64_t> withdrawn{};   ///< that they have reported, and hold no longer
  };
  std::optional<Judged> judged;  ///< Empty for `transfers`, which judges nothing.
};

}  // namespace auexfil::report
