#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "auexfil/transfer/tools.hpp"
#include "channels.hpp"
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
  /// Number in Matched::shared of what `maybe` is; kNoNumber: told with no bounds of others.
  std::uint32_t shared = kNoNumber;
  /// No flow of its own, but it may have sent over one of this fact's; kNoNumber: none.
  std::uint32_t rides_on = kNoNumber;
  bool by_time{};   ///< nothing but address and time speaks for its flows
  bool has_more{};  ///< more flows than the log has connections
  /// Where the bytes of one that is told with another are: the flows of that one.
  std::vector<std::uint32_t> told_with;
  /// Data connections of its own that go to another address than its control connection.
  std::vector<std::uint32_t> elsewhere;
  /// Ends at third hosts that its control connection had the peer connect to.
  std::vector<NamedFlows::Elsewhere> asked;
  /// A flow that would be its by time alone is a data connection of this fact's; kNoNumber: none.
  std::uint32_t taken_by = kNoNumber;

  [[nodiscard]] bool is_empty() const {
    return flows.empty() && maybe.empty() && !is_sum && rides_on == kNoNumber;
  }
};

/// Flows of which nobody can tell whose of these claims they are, told as bounds of each.
struct SharedFlows {
  std::vector<std::uint32_t> flows;   ///< numbers of flows
  std::vector<std::uint32_t> claims;  ///< numbers in HostClaims::claims
  std::uint64_t certain{};            ///< so many of the flows at least are of these claims
};

struct Matched {
  std::vector<ClaimFlows> claims;  ///< one for each
  std::vector<SharedFlows> shared;
  /// Of flows that are somebody's by an announcement alone, where it stands; by number of the flow.
  std::map<std::uint32_t, ToldAt> announced;
  std::vector<std::uint32_t> unseen;  ///< numbers in `seen` of flows that are no claim's
  /// Flows that are named as data connections, but by the log another transfer has made them.
  std::uint64_t kept{};
  /// And those to third hosts that by the log nobody has made, or that one of several may have.
  std::uint64_t refused{};

  /// Numbers of the flows that are told with transfers, each for certain, and that more than an
  /// announcement speaks for; ascending.
  [[nodiscard]] std::vector<std::uint32_t> of_claims() const;
};

/// A flow that is named as the data connection of a control connection is of that one's claim,
/// unless the log has a connection there, or a command line that names its port.
/// \param seen  as seen_by() gives them
[[nodiscard]] Matched match(const HostClaims& host, const std::vector<SeenFlow>& seen,
                            const transfer::Tools& tools, const NamedFlows& named = {});

}  // namespace auexfil::flow
