#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auexfil/audit/address_set.hpp"
#include "auexfil/flow/flow.hpp"
#include "claims.hpp"

/// Which flows are a host's, and how far their clocks are from its own.
namespace auexfil::flow {

/// Who tells the time of a flow.
using Clock = std::pair<Exporter, std::uint32_t>;  // with the observer

/// By whose clock a flow's times are.
[[nodiscard]] Clock clock_of(const Flow& flow);

/// A flow as the host sees it that is one of its ends.
struct SeenFlow {
  std::uint32_t flow{};  ///< its number
  bool own_is_a{};
  bool came_in{};  ///< the peer began it
  std::uint8_t protocol{};
  Endpoint own;
  Endpoint peer;
  TimeUs start{};  ///< by the host's clock
  TimeUs end{};
  TimeUs late{};        ///< it may have begun so much earlier
  TimeUs early{};       ///< or later
  bool is_end_alone{};  ///< when it began is not told
};

/// How far a clock of flows is ahead of the host's, told by transfers that have a flow.
struct Skew {
  TimeUs ahead{};
  std::uint32_t pairs{};  ///< transfers and flows that say so
  bool is_loose{};        ///< by starts of programs alone: it may be less
};

/// What is found of a host in the flows.
struct HostView {
  std::vector<audit::IpAddress> addresses;  ///< of the host; empty: no flow is joined
  std::map<Clock, Skew> skews;
  std::uint64_t fitting{};  ///< claims that a flow of these addresses fits
  std::uint64_t in_time{};  ///< claims of connections out within the time that the flows tell of
  bool is_translated{};     ///< none of the addresses is one that its configuration has
  std::vector<std::string> why;  ///< what is to be said: sentences
  std::optional<std::pair<TimeUs, TimeUs>>
      told;  ///< from when to when flows of it are, by its clock
};

/// \param given  addresses of the host by hand; empty: they are told by the flows that fit.
/// \param configured  those that its own configuration has, which go before others that fit
[[nodiscard]] HostView view_of(const HostClaims& host, const std::vector<Flow>& flows,
                               const std::vector<audit::IpAddress>& given,
                               const std::vector<audit::IpAddress>& configured = {});

/// The flows of a host by its own clock, by the peer's address and their start.
/// \param peers  by which of its two addresses a peer is known whose address is translated
[[nodiscard]] std::vector<SeenFlow> seen_by(HostView& view, const std::vector<Flow>& flows,
                                            const audit::AddressSet& peers);

/// How far the clock of a flow is ahead of the host's.
[[nodiscard]] TimeUs skew_of(const HostView& view, const Flow& flow);

/// Do protocol and ports of a claim allow that it has made a flow with this peer?
[[nodiscard]] bool fits(const Claim& claim, const Endpoint& peer, std::uint8_t protocol);

}  // namespace auexfil::flow
