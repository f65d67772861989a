#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "log_ends.hpp"
#include "rotated_set.hpp"

namespace auexfil::input {

/// Where a group of files is read.
struct Beside {
  std::size_t first{};    ///< the group that it is read beside; itself: none
  std::uint32_t lane{};   ///< of that one's; 0: its own
  std::uint64_t place{};  ///< in the lane, the lowest first
  std::string why{};  ///< a sentence for people, where it may be of another's host; mostly empty
  std::string doubled{};  ///< a sentence, where its records are read again elsewhere; mostly empty
  std::string node{};     ///< as LogFile::node
  bool names_hosts{};     ///< what carries it names several hosts, maybe far behind its beginning
};

/// Which rotations hold records of one host side by side: auditd's log, an export of it, what
/// syslog or the journal kept, having come by different ways, told by records that both have (a
/// stamp and a pid are one host's alone); and pages of auditd's own log in one folder that overlap,
/// see find_overlaps(). Where one of two names the host of the records that both have, and maybe
/// further hosts of others, the other one's are of that host.
/// \param folders  of each group
/// \return of each group
[[nodiscard]] std::vector<Beside> find_one_host(const std::vector<std::vector<RotatedFile>>& groups,
                                                const std::vector<std::string>& folders,
                                                KnownEnds& ends);

}  // namespace auexfil::input
