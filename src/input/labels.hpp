#pragma once

#include <string>
#include <vector>

namespace auexfil::input {

/// Where a set was found.
struct SetPlace {
  std::string folder;  ///< As reached from the INPUT, "PILE/etl-01/var/log/audit".
  std::string base;    ///< "audit.log"
};

/// One label a place, all different: the part of the folder's path that differs, without the
/// usual /var/log/audit at its end; where that is not enough, the file's name helps.
/// A single place needs none and gets an empty label.
[[nodiscard]] std::vector<std::string> label_sets(const std::vector<SetPlace>& places);

}  // namespace auexfil::input
