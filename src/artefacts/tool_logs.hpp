#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/input/system_log.hpp"
#include "log_text.hpp"

/// Lines of logs in which a tool, or what ran it, says how much was sent. They are the word of
/// whoever could write there: bounded, and never believed to be all.
namespace auexfil::artefacts {

/// Lines that are kept of one log: those that come behind them are not looked at.
constexpr std::size_t kMostLines = 100000;

struct SentLine {
  std::uint32_t line{};  ///< from 1 on
  LogTime time;
  std::uint32_t pid{};  ///< 0: not told
  std::string unit;     ///< of systemd's lines
  std::string source;   ///< of lftp's: the file of this host
  std::string host;     ///< of lftp's: that it went to
  std::uint64_t bytes{};
  std::int64_t took{};  ///< of rclone's: seconds since its run began
};

/// rsync --log-file: "2026/12/02 02:03:05 [811] sent 3145900 bytes  received 35 bytes  total size
/// 3145728" (rsync, log.c).
[[nodiscard]] std::vector<SentLine> parse_rsync_log(std::string_view text);

/// lftp's transfer_log, of uploads: "2026-12-02 02:03:05 /srv/a -> ftp://u@h/up/a 0-3145728 1.2
/// MiB/s" (measured, lftp 4.9.2).
[[nodiscard]] std::vector<SentLine> parse_lftp_log(std::string_view text);

/// rclone --log-file, of every run's sums: a line "2026/12/02 02:02:09 INFO  :" and below it
/// "Transferred: 3.004 MiB / 3.004 MiB, 100%, 1 MiB/s, ETA 0s" and "Elapsed time: 4.2s" (rclone,
/// fs/accounting/stats.go StatsInfo.String(), as older versions write it too). Rounded by powers of
/// 1024. What has no elapsed time (--stats-one-line) is not taken: nothing says whose it is.
[[nodiscard]] std::vector<SentLine> parse_rclone_log(std::string_view text);

/// Lines of syslog: "… systemd[1]: a.service: Consumed 1.2s CPU time, received 33.8K IP traffic,
/// sent 5.6K IP traffic." of units with IPAccounting=yes, as later versions say it too. With
/// headers of RFC 3164 or RFC 3339.
[[nodiscard]] std::vector<SentLine> parse_unit_traffic(std::string_view text);
/// The same of one line; of the journal's entries by their fields, which are whole numbers
/// (systemd's unit_log_resources()). Only the service manager's own process is heard.
[[nodiscard]] std::optional<SentLine> unit_traffic(const input::SystemLine& line);

}  // namespace auexfil::artefacts
