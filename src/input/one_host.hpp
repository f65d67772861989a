#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "rotated_set.hpp"

namespace auexfil::input {

/// Which rotations hold records of one host side by side, having come by different ways: auditd's
/// log, an export of it, what syslog or the journal kept. Told by records that both have: a stamp
/// and a pid are one host's alone. Of auditd's own logs those are looked into that lie in one
/// folder, name one host (node=) and are of the same time.
/// \param folders  of each group
/// \return for each group the one that it is read beside; itself: none.
[[nodiscard]] std::vector<std::size_t> find_one_host(
    const std::vector<std::vector<RotatedFile>>& groups, const std::vector<std::string>& folders);

}  // namespace auexfil::input
