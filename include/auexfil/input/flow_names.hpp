#pragma once

#include <string_view>

namespace auexfil::input {

/// Files that may hold records of network flows, by their names; what is in them is another room's
/// to know.

/// A text that a program writes: *.log, *.csv, *.json, *.txt and their kin, with what rotation and
/// compression put behind ("eve.json.1.gz", "conn.log-20261202").
[[nodiscard]] bool is_export_name(std::string_view name);

/// And one whose name speaks of flows: Zeek's and Suricata's logs, conntrack's, nfdump's, a
/// cloud's. In an archive a look may cost a pass over all of it: not every text is worth one.
[[nodiscard]] bool is_flow_name(std::string_view name);

}  // namespace auexfil::input
