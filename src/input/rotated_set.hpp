#pragma once

#include <string>
#include <vector>

#include "auexfil/input/logs.hpp"
#include "rotation.hpp"

namespace auexfil::input {

struct RotatedFile {
  LogFile file;
  Rotation rotation;
};

/// Puts the files of one rotation into their true order, oldest first. Where logrotate's dates and
/// auditd's numbers are mixed, the names cannot tell: the first record of each file does.
[[nodiscard]] LogSet to_set(std::vector<RotatedFile> files);

}  // namespace auexfil::input
