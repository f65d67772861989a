#pragma once

#include <cstdint>
#include <limits>

namespace auexfil::policy {

/// Sums of 64-bit byte counts: no number of facts that fits into memory overflows it.
__extension__ using Wide = unsigned __int128;

[[nodiscard]] inline std::uint64_t saturate(Wide sum) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  return sum > kMost ? kMost : static_cast<std::uint64_t>(sum);
}

}  // namespace auexfil::policy
