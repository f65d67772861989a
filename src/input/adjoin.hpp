#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "log_ends.hpp"
#include "rotated_set.hpp"

namespace auexfil::input {

/// What one group of files goes on from.
struct GoesOn {
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  std::size_t from = kNowhere;  ///< the group before it
  std::string why;              ///< a sentence for people; empty: nothing was near
};

/// Which rotations of one folder tell of one host, one after the other, whatever they are called
/// (hits_0.json, hits_1.json; first.log, second.log). Hosts share nothing: where in doubt, logs
/// stay apart. It takes
/// - of logs whose records are said to be of one host (by node, header or field) that they lie one
///   behind the other in time and by their serials, with less missing between them than the earlier
///   one holds, or that auditd was started where the later one begins;
/// - of logs that name no host that the serial goes on at once: an event of which each has records,
///   a line of which each has a part, or the next number within an hour, and enough of both to be
///   seen, or less of one that lies between two such; and that either a process, or a parent, is at
///   work in both ends, or their names differ in no word ("web-03.log", "db-01.log" do);
/// - of logs of several hosts the same of one that both name, and of none of them the contrary.
/// \param folders  of each group
/// \return of each group; what is no file goes on from nothing.
[[nodiscard]] std::vector<GoesOn> find_adjoining(
    const std::vector<std::vector<RotatedFile>>& groups, const std::vector<std::string>& folders,
    KnownEnds& ends);

}  // namespace auexfil::input
