#pragma once

#include <string>
#include <vector>

namespace auexfil::input {

/// Where a set was found.
struct SetPlace {
  std::string folder;  ///< As reached from the INPUT, "PILE/etl-01/var/log/audit".
  std::string base;    ///< "audit.log"
  bool in_folder{};    ///< Found below a folder that was given, not given itself.
};

/// Without folders that say when and nothing else: 2026/11/25, 2026-11-25/14, year=2026/month=11.
/// Of one host a central log keeps a folder a day, before or behind the host's.
[[nodiscard]] std::string without_dates(const std::string& folder);

/// One label a place, all different: the part of the folder's path that differs, without the
/// usual /var/log/audit at its end and without dates; where that is not enough, the file's name
/// helps. A single place below a folder that was given has that folder's name, unless it says
/// nothing
/// ("logs", "."); a file that was given has none.
[[nodiscard]] std::vector<std::string> label_sets(const std::vector<SetPlace>& places);

}  // namespace auexfil::input
