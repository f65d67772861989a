#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "auexfil/policy/fact_pack.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/policy/policy.hpp"

namespace auexfil::policy {

/// By how much a group went over which limit.
struct Excess {
  std::optional<std::uint64_t> limit;  ///< Bytes or connections; empty where the rule has none.
  std::int64_t window_ms{};
  std::uint64_t peak{};  ///< The most that one window holds.
  std::string role;
  bool guessed{};  ///< Nobody saw part of it leave.
};

/// Adds the sentences that the policy has to say to those of the automation: which destinations
/// nobody approved, and which limit was passed.
/// \param expired by destination, the allow that had run out.
void append_reasons(Finding& finding, const Rule& rule, const Excess& excess,
                    const std::map<std::string, const Allow*>& expired);

/// Adds what is to be said of the flows that told its bytes.
void append_flow_reasons(Finding& finding, const FlowSigns& signs);

}  // namespace auexfil::policy
