#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/facts/fact_json.hpp"

namespace auexfil::report {

/// 16 hex digits: the printed form of ids of transfers and findings.
using facts::format_id;

/// 3153717 -> "3,153,717".
[[nodiscard]] std::string format_exact(std::uint64_t number);

/// "3.0 MiB (3,153,717 bytes)", below 1 KiB "17 bytes"; "≥ " before a lower bound, "~ " before an
/// estimate, "?" where the log cannot say.
[[nodiscard]] std::string format_amount(std::optional<std::uint64_t> bytes, transfer::Basis basis);

/// "2026-12-02 01:02:01", UTC to the second; "?" for 0, a time that was never set.
[[nodiscard]] std::string format_time(audit::TimeMs time);

/// "2026-12-02 01:02:01 – 01:02:05 UTC"; the second date only where it differs.
[[nodiscard]] std::string format_span(audit::TimeMs from, audit::TimeMs to);

/// "203.0.113.11:22", "[2001:db8::1]:22", "backup.example.org".
[[nodiscard]] std::string format_endpoint(std::string_view address,
                                          std::optional<std::uint16_t> port);

/// "1 finding", "2 findings".
[[nodiscard]] std::string format_count(std::uint64_t number, std::string_view noun);

}  // namespace auexfil::report
