#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auexfil::input {

/// How much of a file's (decompressed) beginning is looked at before it is read as a log.
inline constexpr std::size_t kSniffBytes = std::size_t{64} << 10;

enum class Content : std::uint8_t {
  empty,
  stamped,  ///< Has `audit(` and a digit.
  text,     ///< No stamp, yet text (or zeros, as a crash leaves them).
  archive,  ///< tar, zip, 7z, rar, cpio, ar.
  binary,
};

/// \param head  the first kSniffBytes of the decompressed content, or all of it when shorter.
[[nodiscard]] Content content_of(std::string_view head);

/// Whether a line of `head` is one of auditd's: `type=` and then `msg=audit(` with a digit; or a
/// call that the kernel's ring holds ("audit: type=1300 audit(…"). What a kern.log has of AppArmor
/// alone is none.
/// A line as auditd writes it, with nothing in front.
[[nodiscard]] bool begins_record(std::string_view text);

[[nodiscard]] bool has_audit_record(std::string_view head);

/// Does a text begin with the rest of a line that another file began: its first line is no record,
/// as those behind it are?
[[nodiscard]] bool begins_inside_line(std::string_view head);

}  // namespace auexfil::input
