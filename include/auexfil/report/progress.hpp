#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace auexfil::report {

struct Progress {
  std::uint64_t done_bytes{};
  std::uint64_t total_bytes{};  ///< 0 when unknown (a pipe): no bar and no percentage.
  std::int64_t elapsed_ms{};
};

/// "[#####.....]  52%  10.4/20.0 GB  812 MB/s  0:12", at most `columns` characters, without a line
/// end: the bar gives way first, then the parts from the right.
[[nodiscard]] std::string format_progress(const Progress& progress, std::size_t columns);

}  // namespace auexfil::report
