#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/policy/policy.hpp"

namespace auexfil::policy {

/// Did more bytes go where the log cannot tell than the smallest limit in force lets out? Then no
/// silence of the rules is worth anything.
[[nodiscard]] bool hides_an_excess(const Policy& policy, const coverage::HostCoverage& host);

/// Says so in the coverage of each such host, which is not adequate.
void judge_unattributed(const Policy& policy, std::vector<coverage::HostCoverage>& hosts);

/// The least that a rule with `unseen_flows` lets go to one address; nothing: there is no such
/// rule.
[[nodiscard]] std::optional<std::uint64_t> unseen_above(const Policy& policy);

}  // namespace auexfil::policy
