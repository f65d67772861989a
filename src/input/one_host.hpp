#pragma once

#include <cstddef>
#include <vector>

#include "rotated_set.hpp"

namespace auexfil::input {

/// Which rotations hold records of one host side by side, having come by different ways: auditd's
/// log, an export of it, what syslog or the journal kept. Told by records that both have: a stamp
/// and a pid are one host's alone.
/// \return for each group the one that it is read beside; itself: none. Nothing but auditd's own
///         logs is not looked into.
[[nodiscard]] std::vector<std::size_t> find_one_host(
    const std::vector<std::vector<RotatedFile>>& groups);

}  // namespace auexfil::input
