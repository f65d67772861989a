#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace auexfil::audit {

/// How a block is looked through: what every machine can, or more bytes at a time. All find the
/// same.
enum class ScanWay : std::uint8_t { portable, sse2, avx2 };

/// What this machine can, the fastest last.
[[nodiscard]] const std::vector<ScanWay>& scan_ways();

struct Scanned {
  std::size_t lines{};  ///< newlines
  std::size_t marks{};  ///< places of "t(", which every stamp's "audit(" holds
};

/// Finds the newlines of a block and counts its marks, in one pass.
/// \param newlines holds their places in front of what was in it before; it grows and never
///        shrinks.
[[nodiscard]] Scanned scan_lines(std::string_view text, std::vector<std::uint32_t>& newlines,
                                 ScanWay way);
[[nodiscard]] inline Scanned scan_lines(std::string_view text,
                                        std::vector<std::uint32_t>& newlines) {
  return scan_lines(text, newlines, scan_ways().back());
}

}  // namespace auexfil::audit
