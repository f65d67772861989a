#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace auexfil::audit {

/// Milliseconds since 1970 UTC, as the kernel stamps events.
using TimeMs = std::int64_t;

/// The name of an event inside one node and boot: `audit(SEC.MMM:SERIAL)`.
/// Source: kernel/audit.c, audit_log_start().
struct Stamp {
  TimeMs time{};
  std::uint32_t serial{};

  friend auto operator<=>(const Stamp&, const Stamp&) = default;

  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io) {
    io.times(time);
    io.number(serial);
  }
};

/// "1796173321.113:512", the form that `ausearch` and DESIGN use.
[[nodiscard]] std::string to_string(const Stamp& stamp);

/// The way back. Accepts 1 to 3 digits of milliseconds; one digit means units ("…472.5" is .005),
/// as ausearch reads it.
[[nodiscard]] std::optional<Stamp> parse_stamp(std::string_view text);

/// RFC 3339 in UTC with milliseconds: "2026-12-02T01:02:01.113Z". Times outside of the years 0 to
/// 9999, which only a forged stamp gives, are told as the first or last millisecond of these.
[[nodiscard]] std::string format_rfc3339(TimeMs time);

/// Reads RFC 3339 (any offset, with or without fraction) or a bare date (midnight UTC).
[[nodiscard]] std::optional<TimeMs> parse_rfc3339(std::string_view text);

}  // namespace auexfil::audit
