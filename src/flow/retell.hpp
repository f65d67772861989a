#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "auexfil/facts/fact.hpp"
#include "auexfil/flow/flow.hpp"
#include "auexfil/transfer/tools.hpp"
#include "claims.hpp"
#include "host_view.hpp"
#include "match.hpp"

/// What a fact says once flows are joined to it.
namespace auexfil::flow {

/// All that the flows of a host tell.
struct ToldFlows {
  const std::vector<Flow>& flows;
  const std::vector<std::string>& files;  ///< names, by number
  const HostView& view;
  const std::vector<std::uint64_t>& ids;              ///< of facts, by number
  const std::map<std::uint32_t, ToldAt>& announced;   ///< see Matched
  const std::vector<facts::FlowsTogether>& together;  ///< of each of Matched::shared
};

/// Puts into a destination what its flows tell. Of what the log has measured nothing is changed.
/// The sums of the fact are to be made anew.
void retell(const Claim& claim, const ClaimFlows& mine, const ToldFlows& told, facts::Fact& fact);

}  // namespace auexfil::flow
