#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/policy/finding.hpp"
#include "selection.hpp"

namespace auexfil::policy {

/// Holds a rule with `unseen_flows` against flows of hosts that no program of their logs made.
/// \param rule  its place in the policy
/// \param from, until  see JudgeOptions::start and end
void find_unseen(Selection& selection, std::uint32_t rule,
                 const std::vector<coverage::HostCoverage>& hosts,
                 std::optional<audit::TimeMs> from, std::optional<audit::TimeMs> until,
                 std::vector<Finding>& findings);

}  // namespace auexfil::policy
