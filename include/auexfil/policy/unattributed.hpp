#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/policy/judge.hpp"
#include "auexfil/policy/policy.hpp"

namespace auexfil::policy {

/// Did more bytes go, or may they have gone, where the log cannot tell than the smallest limit in
/// force lets out? Then no silence of the rules is worth anything: such a host is not adequate, and
/// may_hide_excess. Its reasons say so first. Silent connections make it partial alone.
/// \param has_reasons  they do already
void judge_unattributed(const Policy& policy, const JudgeOptions& options,
                        std::vector<coverage::HostCoverage>& hosts, bool has_reasons = false);

/// The least that a rule with `unseen_flows` lets go to one address; nothing: there is no such
/// rule.
[[nodiscard]] std::optional<std::uint64_t> unseen_above(const Policy& policy);

}  // namespace auexfil::policy
