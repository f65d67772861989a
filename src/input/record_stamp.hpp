#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace auexfil::input {

/// What tells the event of a record.
struct RecordStamp {
  std::uint64_t ms{};  ///< since the epoch
  std::uint64_t serial{};

  auto operator<=>(const RecordStamp&) const = default;
};

/// The stamp of the record that a line of a log holds, whole with its ")". One inside a record, or
/// in what a program says, is anybody's.
[[nodiscard]] std::optional<RecordStamp> stamp_of(std::string_view line);

/// Is the record of such a line one of auditd's own, whose serials are not the kernel's
/// (auditd-event.c)?
[[nodiscard]] bool is_daemons_record(std::string_view line);

}  // namespace auexfil::input
