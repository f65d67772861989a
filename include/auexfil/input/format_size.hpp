#pragma once

#include <cstdint>
#include <string>

namespace auexfil::input {

/// "3.0 MiB", "17 B".
[[nodiscard]] std::string format_size(std::uint64_t bytes);

}  // namespace auexfil::input
