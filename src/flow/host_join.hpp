#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "channels.hpp"
#include "claims.hpp"
#include "host_view.hpp"
#include "match.hpp"

/// What is found of one host in the flows, and what is said of it.
namespace auexfil::flow {

/// One host's part of the join.
struct HostJoin {
  HostView view;
  std::vector<SeenFlow> seen;
  Matched matched;
  std::vector<facts::FlowsTogether> together;  ///< for each of matched.shared
  std::set<std::pair<bool, bool>> kinds;       ///< of peers with flows: IPv4, private
  bool sees_all{};                             ///< nearly every transfer of the time has a flow
  std::set<TimeUs> hours;                      ///< in which flows of it ended: when they began
  /// What began later may go on, and be told when it is over.
  TimeUs told_until{};

  /// Would a flow of this claim have been seen and told? Sensors at a border see no inner traffic,
  /// and files of an hour may be missing.
  [[nodiscard]] bool would_see(const Claim& claim) const {
    return sees_all && kinds.contains({claim.peer.is_v4(), claim.peer.is_private()}) &&
           claim.first <= told_until && hours.contains(hour_of(claim.first));
  }
  [[nodiscard]] static TimeUs hour_of(TimeUs time) {
    constexpr TimeUs kHour = TimeUs{3600} * 1'000'000;
    return time / kHour * kHour;
  }
};

/// The host's name, for people.
[[nodiscard]] std::string name_of(const HostClaims& host);

/// Notes how much of the host's traffic is in the flows.
void note_sight(const HostClaims& host, const std::vector<Flow>& flows, HostJoin& join);

/// What claims say that share flows, of each SharedFlows. \param ids  of facts, by number
[[nodiscard]] std::vector<facts::FlowsTogether> flows_together(
    const HostClaims& host, const HostJoin& join, const std::vector<Flow>& all,
    const std::vector<std::uint64_t>& ids);

/// What the host's coverage says of the flows. \param all  flows, by their numbers
[[nodiscard]] coverage::FlowsOfHost flows_of(const HostClaims& host, const HostJoin& join,
                                             const std::vector<Flow>& all);

/// What is to be said of data connections that were announced: sentences.
[[nodiscard]] std::vector<std::string> channel_texts(const Matched& matched,
                                                     const NamedFlows& named);

}  // namespace auexfil::flow
