#pragma once

#include <cstdint>
#include <vector>

#include "auexfil/transfer/tools.hpp"
#include "claims.hpp"
#include "host_view.hpp"

/// Which flows are which transfer's.
namespace auexfil::flow {

/// What is a claim's of the flows that its host sees.
struct ClaimFlows {
  std::vector<std::uint32_t> flows;  ///< that are its alone: numbers of flows
  /// So many of these are its, and nobody can tell which: others may be another transfer's.
  std::vector<std::uint32_t> maybe;
  std::uint32_t of_maybe{};
  /// All of `maybe` are its and other transfers' of the same owner, told with the first of them.
  bool is_sum{};
  /// No flow of its own, but it may have sent over one of this fact's; kNoNumber: none.
  std::uint32_t rides_on = kNoNumber;
  bool by_time{};   ///< nothing but address and time speaks for its flows
  bool has_more{};  ///< more flows than the log has connections

  [[nodiscard]] bool is_empty() const {
    return flows.empty() && maybe.empty() && !is_sum && rides_on == kNoNumber;
  }
};

/// Flows of which nobody can tell whose of these claims they are, told as bounds of each.
struct SharedFlows {
  std::vector<std::uint32_t> flows;   ///< numbers of flows
  std::vector<std::uint32_t> claims;  ///< numbers in HostClaims::claims
};

struct Matched {
  std::vector<ClaimFlows> claims;  ///< one for each
  std::vector<SharedFlows> shared;
  std::vector<std::uint32_t> unseen;  ///< numbers in `seen` of flows that are no claim's
};

/// \param seen  as seen_by() gives them
[[nodiscard]] Matched match(const HostClaims& host, const std::vector<SeenFlow>& seen,
                            const transfer::Tools& tools);

}  // namespace auexfil::flow
