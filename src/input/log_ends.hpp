#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "auexfil/input/logs.hpp"
#include "record_stamp.hpp"

namespace auexfil::input {

/// What a file shows at one of its ends.
struct LogEnd {
  /// The kernel's events there, the outermost first, each once: by the host that a record's node, a
  /// logger's header or a shipper's field names; "": none, or what any machine may be called.
  std::map<std::string, std::vector<RecordStamp>, std::less<>> hosts;
  /// Hashes of the pids of those who made calls there, and of their parents: where a log goes on
  /// some are in both ends, of those of two hosts hardly ever one.
  std::set<std::uint64_t> processes;
  bool is_cut{};    ///< it is inside a line
  bool is_start{};  ///< the first record is auditd's, of its start
};

/// Of the oldest records of a file, and of its newest; nothing where that cannot be told without a
/// fault. \param file  no stream; one that is compressed, or carries its records, is read whole to
/// see its end.
[[nodiscard]] std::optional<LogEnd> oldest_of(const LogFile& file);
[[nodiscard]] std::optional<LogEnd> newest_of(const LogFile& file);

/// The same, of each file looked at once. What it gives stays where it is.
class KnownEnds {
 public:
  [[nodiscard]] const std::optional<LogEnd>& oldest(const LogFile& file);
  [[nodiscard]] const std::optional<LogEnd>& newest(const LogFile& file);

 private:
  using Known = std::map<std::pair<const Tree*, std::string>, std::optional<LogEnd>>;
  Known oldest_;
  Known newest_;
};

/// The time where a log was: of the outermost of its events. A long call has the stamp of its
/// beginning (kernel/auditsc.c), so the latest of several counts. \param events  not empty
[[nodiscard]] std::uint64_t time_at(const std::vector<RecordStamp>& events);

}  // namespace auexfil::input
