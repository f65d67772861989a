#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "auexfil/input/logs.hpp"
#include "rotation.hpp"

namespace auexfil::input {

struct RotatedFile {
  LogFile file;
  Rotation rotation;
  /// Of its rotation among those that one log was joined of by what they hold, the lowest first.
  std::uint32_t place = 0;
};

/// Puts the files of one log into their true order, oldest first: by their places, then by their
/// names. Where logrotate's dates and auditd's numbers are mixed, the names cannot tell: the first
/// record of each file does.
[[nodiscard]] LogSet to_set(std::vector<RotatedFile> files);

}  // namespace auexfil::input
