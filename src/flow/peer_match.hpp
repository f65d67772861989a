#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "auexfil/transfer/tools.hpp"
#include "claims.hpp"
#include "host_view.hpp"
#include "match.hpp"

/// Which flows of one peer are which transfer's.
namespace auexfil::flow {

/// The claims and flows of one peer. Numbers are of the spans.
class PeerMatch {
 public:
  /// \param first  number of the first flow
  /// \param named  of each flow the control connection; empty: none has one
  PeerMatch(const HostClaims& host, std::span<const std::uint32_t> numbers,
            std::span<const SeenFlow> seen, std::uint32_t first,
            std::span<const std::uint32_t> named, const transfer::Tools& tools, Matched& to)
      : host_(host),
        claims_(host.claims),
        numbers_(numbers),
        seen_(seen),
        first_(first),
        named_(named),
        tools_(tools),
        to_(to),
        owner_(seen.size(), kNoNumber) {
    for (const std::uint32_t number : numbers) {
      longest_ = std::max(longest_, claims_[number].last - claims_[number].first);
      any_came_in_ = any_came_in_ || claims_[number].came_in;
    }
  }

  /// Flows to the ports that claims name.
  void place_opened();
  /// What is left once data connections that somebody names have their place.
  void place_rest();

  [[nodiscard]] std::uint32_t first() const { return first_; }
  /// The control connection of a flow by what is named, a number of the host's flows; kNoNumber.
  [[nodiscard]] std::uint32_t control_of(std::uint32_t flow) const {
    return named_.empty() ? kNoNumber : named_[flow];
  }
  /// Whose a flow is so far.
  [[nodiscard]] std::vector<std::uint32_t> owners_of(std::uint32_t flow) const;
  /// The number in HostClaims::claims of one of these.
  [[nodiscard]] std::uint32_t number_of(std::uint32_t at) const { return numbers_[at]; }
  /// A data connection of one of these claims. \param by  whose they are
  /// \return false: it is not believed
  bool place_named(std::uint32_t flow, const PeerMatch& by, std::vector<std::uint32_t> owners);

 private:
  [[nodiscard]] const Claim& claim(std::uint32_t at) const { return claims_[numbers_[at]]; }
  [[nodiscard]] ClaimFlows& result(std::uint32_t at) const { return to_.claims[numbers_[at]]; }

  /// Claims that begin before this time at the latest: the number behind the last of them.
  [[nodiscard]] std::uint32_t begun_by(TimeUs time) const {
    const auto end = std::upper_bound(
        numbers_.begin(), numbers_.end(), time,
        [&](TimeUs value, std::uint32_t number) { return value < claims_[number].first; });
    return static_cast<std::uint32_t>(end - numbers_.begin());
  }
  /// The claims that begin before, the latest first, a bounded number of them.
  /// \param visit  \return whether to go on
  template <typename Visit>
  void visit_begun_by(TimeUs time, const Visit& visit) const {
    constexpr std::uint32_t kMost = 4096;
    const std::uint32_t end = begun_by(time);
    for (std::uint32_t steps = 0; steps < std::min(end, kMost); ++steps) {
      if (!visit(end - 1 - steps)) {
        return;
      }
    }
  }

  [[nodiscard]] static bool is_in_time(const Claim& claim, const SeenFlow& flow);
  /// When the flows that it has so far are over.
  [[nodiscard]] TimeUs busy_until(std::uint32_t at) const;
  /// How well a flow suits a claim of its transfer: the port, then connections without a flow.
  [[nodiscard]] int worth(std::uint32_t at, const SeenFlow& flow) const;

  void place_direct(std::uint32_t flow);
  void place_ended(std::uint32_t flow, bool by_port);
  /// Of the claims of which the log has no more than a start, those that may have made a flow.
  struct Starts {
    std::uint32_t last = kNoNumber;      ///< that began before the flow; kNoNumber: none
    std::vector<std::uint32_t> waiting;  ///< began before `last`, and have no flow so far
    std::vector<std::uint32_t> behind;   ///< began after it, as far as clocks may be apart
  };
  /// \param by_port  those alone whose command line names the port
  [[nodiscard]] Starts starts_of(std::uint32_t flow, bool by_port) const;
  /// How many flows to its port a claim has at least.
  [[nodiscard]] std::size_t needs(std::uint32_t at) const;
  /// Had a claim fewer flows so far that are its or may be?
  [[nodiscard]] bool waits(std::uint32_t at) const;
  [[nodiscard]] bool has_flow_behind(std::uint32_t flow, std::uint32_t at) const;
  [[nodiscard]] std::vector<std::uint32_t> makers_of(std::uint32_t flow, bool by_port) const;
  void place_by_start(std::uint32_t flow, bool by_port);
  void place_with(std::uint32_t flow, std::vector<std::uint32_t> makers);
  void crowd(const std::vector<std::uint32_t>& claims, const SeenFlow& flow);
  [[nodiscard]] bool is_data_of(std::uint32_t at, const SeenFlow& one, TimeUs slack,
                                TimeUs tail) const;
  void place_by_control(std::uint32_t flow);
  void place_by_time(std::uint32_t flow);
  void settle_counts();
  void settle_counts(std::uint32_t at, std::vector<std::uint32_t> flows);
  void share();
  void share(const std::vector<std::uint32_t>& claims, const std::vector<std::uint32_t>& flows);
  void ride();
  void give(std::uint32_t flow, std::uint32_t at) {
    owner_[flow] = at;
    result(at).flows.push_back(seen_[flow].flow);
    mine_[at].push_back(flow);
  }
  /// Flows that one of these claims has made; nobody can tell which.
  void doubt(std::uint32_t flow, std::vector<std::uint32_t> claims) {
    owner_[flow] = claims.front();
    doubt_at_[flow] = doubts_.size();
    doubts_.push_back({flow, std::move(claims)});
  }

  struct Doubt {
    std::uint32_t flow;
    std::vector<std::uint32_t> claims;
  };
  /// Starts of which nobody can tell which has made which of the flows that follow them.
  struct Crowd {
    std::vector<std::uint32_t> claims;
    std::size_t needed = 0;  ///< flows, until each may have had its own
    std::size_t flows = 0;
    TimeUs until{};  ///< the end of the last of the flows
  };
  /// The owner of a flow that is told with the claim of another peer.
  static constexpr std::uint32_t kElsewhere = kNoNumber - 1;

  const HostClaims& host_;
  const std::vector<Claim>& claims_;
  std::span<const std::uint32_t> numbers_;  ///< of the peer's claims, by their first
  std::span<const SeenFlow> seen_;
  std::uint32_t first_;
  std::span<const std::uint32_t> named_;
  const transfer::Tools& tools_;
  Matched& to_;
  std::vector<std::uint32_t> owner_;                          ///< of each flow
  std::map<std::uint32_t, std::vector<std::uint32_t>> mine_;  ///< flows of a claim
  std::vector<Doubt> doubts_;
  std::map<std::uint32_t, std::size_t> doubt_at_;  ///< flow -> number of its doubt
  std::vector<Crowd> crowds_;
  std::map<std::uint32_t, std::size_t> crowd_at_;  ///< claim -> number of its crowd
  TimeUs longest_{};                               ///< that a claim lasts
  bool any_came_in_ = false;                       ///< then none is too long ago
};

}  // namespace auexfil::flow
