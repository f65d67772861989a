#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "log_ends.hpp"
#include "rotated_set.hpp"

namespace auexfil::input {

/// Files that are one log as far as their names and their ends tell.
struct NamedPart {
  std::vector<std::size_t> files;  ///< of the group
  std::string why;                 ///< a sentence for people; empty: the names alone say so
};

/// What a group of files comes to that names made one: audit.log.lon and audit.log.nyc are no
/// pieces that split(1) has made, which run from "aa"; and files without a host's name that are of
/// one time, with numbers that cannot be one kernel's, are of two hosts, whatever they are called.
/// \return at least one; most groups are one.
[[nodiscard]] std::vector<NamedPart> doubt_names(const std::vector<RotatedFile>& group,
                                                 KnownEnds& ends);

}  // namespace auexfil::input
