#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/policy/judge.hpp"
#include "selection.hpp"

namespace auexfil::policy {

/// Of flows that no program made those that may be more than a rule lets out, since nobody tells
/// how much they were.
struct UnseenExcess {
  std::string rule;
  std::uint64_t limit{};  ///< bytes
  std::uint64_t flows{};
  std::optional<std::uint64_t> most_bytes;  ///< empty: no bound
  std::vector<std::string> peers;           ///< the first; "…": and more
};

/// \return of the first rule that asks for such; empty: there is none
[[nodiscard]] std::optional<UnseenExcess> weigh_unseen(Selection& selection,
                                                       const coverage::HostCoverage& host,
                                                       const JudgeOptions& options);

/// Holds a rule with `unseen_flows` against flows of hosts that no program of their logs made.
/// \param rule  its place in the policy
/// \param from, until  see JudgeOptions::start and end
void find_unseen(Selection& selection, std::uint32_t rule,
                 const std::vector<coverage::HostCoverage>& hosts,
                 std::optional<audit::TimeMs> from, std::optional<audit::TimeMs> until,
                 std::vector<Finding>& findings);

}  // namespace auexfil::policy
