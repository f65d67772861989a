#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "auexfil/audit/stamp.hpp"

namespace auexfil::policy {

/// What ended when, and how much it counts.
struct WindowEntry {
  audit::TimeMs end{};
  std::uint64_t amount{};
};

/// What entries count more, where a window holds all of them.
struct Together {
  std::size_t first{};  ///< of these entries
  std::size_t last{};
  std::uint64_t amount{};
};

/// A run of entries, both ends included, and the most that one window within it holds (saturated).
struct Stretch {
  std::size_t first{};
  std::size_t last{};
  std::uint64_t peak{};

  friend bool operator==(const Stretch&, const Stretch&) = default;
};

/// The stretches of a group that exceed its limit: a window (t - window, t] exceeds when its
/// entries sum to more than the limit; windows that share an entry make one stretch.
/// Linear in the number of entries; sums are exact.
/// \param entries sorted by end.
/// \param limit   empty: every window that holds an entry exceeds.
/// \param from    windows that end before it do not count.
/// \param together sorted by last.
[[nodiscard]] std::vector<Stretch> find_stretches(std::span<const WindowEntry> entries,
                                                  std::int64_t window_ms,
                                                  std::optional<std::uint64_t> limit,
                                                  std::optional<audit::TimeMs> from = {},
                                                  std::span<const Together> together = {});

}  // namespace auexfil::policy
