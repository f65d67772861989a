#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/input/format_size.hpp"

/// The units that rule files are written in and that reasons are told in.
namespace auexfil::policy {

/// "1500", "5MB" (10^6), "5MiB" (2^20), "1.5GiB"; also B, KB, kB, KiB, GB, GiB, TB, TiB. A fraction
/// has at most six digits and is cut to whole bytes. Empty for anything else, or past 64 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

/// "30s", "10m", "24h", "7d" in milliseconds; at most 100 years.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text);

/// "2027-01-31": its midnight UTC. A day that no calendar has is empty.
[[nodiscard]] std::optional<audit::TimeMs> parse_date(std::string_view text);

using input::format_size;

/// "24 h", "90 s": the largest unit that gives a whole number, days only from two days on.
[[nodiscard]] std::string format_duration(std::int64_t ms);

}  // namespace auexfil::policy
