#pragma once

#include <string>
#include <vector>

#include "auexfil/input/logs.hpp"
#include "rotated_set.hpp"

namespace auexfil::input {

/// A file whose content is all in another.
struct Copy {
  std::string name;
  std::string of;
};

/// Takes files out whose records are all in others: copies under other names (.bak,
/// "audit (1).log"), in other folders, compressions and carriers (CRLF, syslog's lines), snapshots
/// taken earlier, rotations that somebody joined and pieces of them. Machines that were made of one
/// image may begin alike: only what is the same to its end is a copy. Groups that lose all their
/// files stay, empty.
/// \param hosts  of each group, as its image or collection names it; empty: nothing does. What two
///               that differ hold alike are no copies.
[[nodiscard]] std::vector<Copy> take_out_copies(std::vector<std::vector<RotatedFile>>& groups,
                                                const std::vector<std::string>& hosts);

}  // namespace auexfil::input
