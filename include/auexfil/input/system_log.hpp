#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/input/logs.hpp"
#include "auexfil/input/tree.hpp"

/// What the other programs of a host wrote to its log: the files of syslog, and the journal as
/// `journalctl` writes it. All of it is the word of who wrote it.
namespace auexfil::input {

/// A wall clock's time, as far as a line tells it.
struct WallTime {
  int year{};  ///< 0: not told (RFC 3164)
  unsigned month{};
  unsigned day{};
  std::uint32_t ms_of_day{};

  bool operator==(const WallTime&) const = default;
};

/// A line, taken apart. Views into it.
struct SystemLine {
  std::uint64_t number{};                ///< of the line in its file, from 1 on
  std::optional<std::int64_t> time;      ///< milliseconds since the epoch, where its zone is told
  std::optional<WallTime> wall;          ///< else: by the clock of its host
  std::string_view host;                 ///< empty: not told
  std::string_view tag;                  ///< "sshd" of "sshd[7]: ", without its folder
  std::optional<std::uint32_t> pid;      ///< the journal's own word, else the sender's
  std::optional<std::uint32_t> session;  ///< the journal's own word (_AUDIT_SESSION)
  std::string_view text;                 ///< behind the tag
  /// The kernel wrote it: by the journal's own word, else by its tag, which programs do not get
  /// from syslog(3).
  bool is_kernel{};
  std::string_view unit;              ///< that an entry of the journal is about; its sender's word
  std::optional<std::uint64_t> sent;  ///< bytes by that unit (IP_METRIC_EGRESS_BYTES), likewise
};

/// RFC 3164's header ("Dec  2 02:00:39 web-04 sshd[425]: "), one with a time of ISO 8601 in place
/// of its stamp, or RFC 5424's; a "<PRI>" before it. \return false: it is none of them.
[[nodiscard]] bool parse_system_line(std::string_view text, SystemLine& line);

/// The host that the header of such a line names; empty: it names none, or what any machine is
/// called before it has a name ("localhost").
[[nodiscard]] std::string_view host_of_header(std::string_view text);

/// Those that name logins, what was started and what the kernel says: auth.log, secure, messages,
/// syslog, cron, kern.log and their rotations, what journalctl wrote. By name; sorted. At most
/// 1024.
[[nodiscard]] std::vector<LogFile> find_system_logs(const Surroundings& around);

/// What became of reading one.
struct SystemLogEnd {
  std::uint64_t lines{};
  std::uint64_t
      overlong{};     ///< lines of more than 64 KiB, or entries that are no entries; left out
  std::string fault;  ///< why it was not read to its end; empty: it was
};
/// Hands on every line of a file that has a header, and every entry of a journal (export or JSON,
/// told by content). Compressed ones are decoded. Memory is bounded, whatever is in it.
SystemLogEnd read_system_log(const LogFile& file,
                             const std::function<void(const SystemLine&)>& sink);
/// The same of a log that has lines of a form of its own. They are handed on as they are, without
/// their newline; numbers count from 1.
SystemLogEnd read_text_log(
    const LogFile& file,
    const std::function<void(std::string_view line, std::uint64_t number)>& sink);

}  // namespace auexfil::input
