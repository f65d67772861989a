#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace auexfil::input {

/// What a file's name says of its place in a rotated set.
struct Rotation {
  enum class Kind : std::uint8_t { dated, numbered, piece, current };

  std::string base;  ///< "audit.log" of "audit.log.3.gz"; the whole name when it is no rotation.
  Kind kind = Kind::current;
  std::string mark;  ///< The number, the date's digits, or the piece's letters.

  [[nodiscard]] bool is_any_log() const;  ///< *.log, or a name with ".log." in it.
};

/// Reads audit.log, audit.log.3, audit.log-20261201, audit.log-2026-12-01, audit-20261201.log
/// (logrotate's `extension`), each with or without .gz, .zst, .xz, .bz2, .lz4; and the pieces that
/// split(1) makes: audit.log.aa, audit.log.00, xaa.
[[nodiscard]] Rotation parse_rotation(std::string_view name);

/// The same of an export, whose names end otherwise: filebeat-20261201.ndjson, messages.1,
/// part01.csv.gz.
[[nodiscard]] Rotation parse_export_rotation(std::string_view name);

/// syslog, messages and their rotations.
[[nodiscard]] bool is_syslog_name(std::string_view name);

/// The same for a base that is known ("audit", when auditd.conf says so), empty when `name` is no
/// rotation of it.
[[nodiscard]] std::optional<Rotation> parse_rotation_of(std::string_view name,
                                                        std::string_view base);

/// What "audit.3.log" may be of "audit.log" (logrotate's `extension .log`), where something beside
/// the name speaks for it: "web.3.log" may be another machine's. Empty for other names.
[[nodiscard]] std::optional<Rotation> parse_numbered_stem(std::string_view name);

/// Whether the file of `a` is older than that of `b`, by names alone: dates in their order
/// (logrotate), then numbers downwards (auditd: the highest is the oldest), then pieces, then the
/// current one.
[[nodiscard]] bool is_older(const Rotation& a, const Rotation& b);

/// Orders digits in names as numbers: etl-2 before etl-10. \return <0, 0, >0.
[[nodiscard]] int compare_natural(std::string_view a, std::string_view b);

}  // namespace auexfil::input
