#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "auexfil/input/logs.hpp"
#include "record_stamp.hpp"

namespace auexfil::input {

/// What a file shows at one of its ends.
struct LogEnd {
  /// The kernel's events there, the outermost first, each once: by the host that a record's node, a
  /// logger's header or a shipper's field names; "": none, or what any machine may be called.
  std::map<std::string, std::vector<RecordStamp>, std::less<>> hosts;
  bool is_cut{};    ///< it is inside a line
  bool is_start{};  ///< the first record is auditd's, of its start
};

/// Of the oldest records of a file, and of its newest; nothing where that cannot be told without a
/// fault. \param file  no stream; one that is compressed, or carries its records, is read whole to
/// see its end.
[[nodiscard]] std::optional<LogEnd> oldest_of(const LogFile& file);
[[nodiscard]] std::optional<LogEnd> newest_of(const LogFile& file);

}  // namespace auexfil::input
