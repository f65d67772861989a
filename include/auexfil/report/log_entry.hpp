#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/report/options.hpp"

/// A finding as an entry of this machine's log.
namespace auexfil::report {

/// Values are bounded, safe for a terminal and without an end of line.
struct LogEntry {
  unsigned priority{};  ///< of syslog: 2 critical … 5 low
  std::string message;
  std::vector<std::pair<std::string_view, std::string>> fields;  ///< Beside these two.
};

[[nodiscard]] LogEntry log_entry(const policy::Finding& finding, const Options& options = {});

/// In place of findings that are too many for a log.
[[nodiscard]] LogEntry left_out_entry(std::uint64_t findings);

/// One datagram of the journal's own protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL), every value
/// with its length: none can end where it wants and begin a field.
[[nodiscard]] std::string to_journal(const LogEntry& entry);

/// One datagram as syslog(3) makes it.
/// \param time  seconds since 1970, told in this machine's zone
[[nodiscard]] std::string to_syslog(const LogEntry& entry, std::int64_t time, long pid);

}  // namespace auexfil::report
