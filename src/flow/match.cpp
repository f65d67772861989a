#include "match.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <span>
#include <tuple>

#include "values.hpp"

namespace auexfil::flow {
namespace {

/// Between the times of a connection and its flow, once the clocks are put right: whole seconds,
/// and a sensor that is slow.
constexpr TimeUs kSlack = 2 * kSecond;
/// From the start of a program to its first connection, and from one to the next.
constexpr TimeUs kLaunch = 120 * kSecond;
/// Of two claims the nearer one is meant, if it is nearer by so much.
constexpr TimeUs kClear = 250'000;
/// A data connection may be told after the control connection that it belongs to.
constexpr TimeUs kTail = 2 * kSecond;

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
  void place_opened() {
    for (std::uint32_t i = 0; i < seen_.size(); ++i) {
      place_direct(i);
    }
    settle_counts();
  }

  /// What is left once data connections that somebody names have their place.
  void place_rest() {
    for (std::uint32_t i = 0; i < seen_.size(); ++i) {
      if (owner_[i] == kNoNumber && control_of(i) != kNoNumber) {
        place_by_start(i, started_before(i, false));
      }
    }
    for (std::uint32_t i = 0; i < seen_.size(); ++i) {
      if (owner_[i] == kNoNumber) {
        place_by_control(i);
      }
    }
    for (std::uint32_t i = 0; i < seen_.size(); ++i) {
      if (owner_[i] == kNoNumber && host_.lacks_connections(seen_[i].start)) {
        place_by_time(i);
      }
    }
    share();
    ride();
    for (std::uint32_t i = 0; i < seen_.size(); ++i) {
      if (owner_[i] == kNoNumber) {
        to_.unseen.push_back(first_ + i);
      }
    }
  }

  [[nodiscard]] std::uint32_t first() const { return first_; }
  [[nodiscard]] std::size_t flows() const { return seen_.size(); }
  /// The control connection of a flow by what is named, a number of the host's flows; kNoNumber.
  [[nodiscard]] std::uint32_t control_of(std::uint32_t flow) const {
    return named_.empty() ? kNoNumber : named_[flow];
  }
  /// Whose a flow is so far.
  [[nodiscard]] std::vector<std::uint32_t> owners_of(std::uint32_t flow) const;
  /// The number in HostClaims::claims of one of these.
  [[nodiscard]] std::uint32_t number_of(std::uint32_t at) const { return numbers_[at]; }
  /// A data connection of one of these claims. \param by  whose they are
  void place_named(std::uint32_t flow, const PeerMatch& by, std::vector<std::uint32_t> owners);

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

  /// A call of accept is told when it begins: somebody may come long after.
  [[nodiscard]] bool is_in_time(const Claim& claim, const SeenFlow& flow) const {
    if (claim.came_in) {
      return flow.start >= claim.first - kSlack;
    }
    return flow.start >= claim.first - kSlack && flow.start - flow.late <= claim.last + kSlack;
  }

  /// When the flows that it has so far are over.
  [[nodiscard]] TimeUs busy_until(std::uint32_t at) const {
    const auto mine = mine_.find(at);
    TimeUs until = claim(at).last;
    if (mine != mine_.end()) {
      for (const std::uint32_t flow : mine->second) {
        until = std::max(until, seen_[flow].end);
      }
    }
    return until;
  }

  /// How well a flow suits a claim of its transfer: the port, then connections without a flow.
  [[nodiscard]] int worth(std::uint32_t at, const SeenFlow& flow) const {
    const auto mine = mine_.find(at);
    const bool lacks_some = mine == mine_.end() || mine->second.size() < claim(at).connections;
    return (claim(at).port == flow.peer.port ? 2 : 0) + (lacks_some ? 1 : 0);
  }

  void place_direct(std::uint32_t flow);
  [[nodiscard]] std::uint32_t started_before(std::uint32_t flow, bool by_port) const;
  void place_by_start(std::uint32_t flow, std::uint32_t at);
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
  TimeUs longest_{};                               ///< that a claim lasts
  bool any_came_in_ = false;                       ///< then none is too long ago
};

/// A flow to the port that a claim names: of the claim that it begins with.
void PeerMatch::place_direct(std::uint32_t flow) {
  const SeenFlow& one = seen_[flow];
  std::vector<std::pair<TimeUs, std::uint32_t>> near;  // by distance
  visit_begun_by(one.start + kSlack, [&](std::uint32_t at) {
    if (!claim(at).is_by_argv() && fits(claim(at), one.peer, one.protocol) &&
        is_in_time(claim(at), one)) {
      near.emplace_back(std::abs(one.start - claim(at).first), at);
    }
    return any_came_in_ || claim(at).first + longest_ + kSlack >= one.start - one.late;
  });
  if (near.empty()) {
    place_by_start(flow, started_before(flow, control_of(flow) != kNoNumber));
    return;
  }
  std::sort(near.begin(), near.end());
  if (near.size() == 1 || near[1].first > near[0].first + kClear) {
    give(flow, near[0].second);
    return;
  }
  std::vector<std::uint32_t> claims;
  for (const auto& [distance, at] : near) {
    if (distance <= near[0].first + kClear) {
      claims.push_back(at);
    }
  }
  std::sort(claims.begin(), claims.end());
  doubt(flow, std::move(claims));
}

/// Where the log has no connection: the program that was started last, and whose others have not
/// ended long before.
/// \param by_port  of those alone whose command line names the port
std::uint32_t PeerMatch::started_before(std::uint32_t flow, bool by_port) const {
  const SeenFlow& one = seen_[flow];
  std::uint32_t found = kNoNumber;
  visit_begun_by(one.start + kSlack, [&](std::uint32_t at) {
    if (claim(at).is_by_argv() && fits(claim(at), one.peer, one.protocol) &&
        (!by_port || claim(at).port == one.peer.port) &&
        one.start - one.late <= busy_until(at) + kLaunch) {
      found = at;
    }
    return found == kNoNumber;
  });
  return found;
}

void PeerMatch::place_by_start(std::uint32_t flow, std::uint32_t at) {
  if (at != kNoNumber) {
    result(at).by_time = true;
    give(flow, at);
  }
}

std::vector<std::uint32_t> PeerMatch::owners_of(std::uint32_t flow) const {
  if (owner_[flow] >= numbers_.size()) {
    return {};
  }
  const auto doubt = doubt_at_.find(flow);
  return doubt == doubt_at_.end() ? std::vector(1, owner_[flow]) : doubts_[doubt->second].claims;
}

void PeerMatch::place_named(std::uint32_t flow, const PeerMatch& by,
                            std::vector<std::uint32_t> owners) {
  const Claim& one = by.claim(owners.front());
  const bool is_third = &by != this;
  // Where all connections are audited one that nobody has made is not this program's.
  const bool is_unheard = !one.is_by_argv() && !host_.lacks_connections(seen_[flow].start);
  if (is_third && (owners.size() > 1 || is_unheard)) {
    ++to_.refused;
    return;
  }
  const std::uint32_t rival = started_before(flow, false);
  if (rival != kNoNumber && std::none_of(owners.begin(), owners.end(), [&](std::uint32_t at) {
        return by.claim(at).fact == claim(rival).fact;
      })) {
    result(rival).taken_by = one.fact;
  }
  if (is_third) {
    owner_[flow] = kElsewhere;
    by.result(owners.front()).elsewhere.push_back(seen_[flow].flow);
  } else if (owners.size() == 1) {
    give(flow, owners.front());
  } else {
    doubt(flow, std::move(owners));
  }
}

/// Is it a flow for the data of a control connection's claim?
/// \param slack, tail  before and after the control connection
bool PeerMatch::is_data_of(std::uint32_t at, const SeenFlow& one, TimeUs slack, TimeUs tail) const {
  const Claim& by = claim(at);
  const bool is_udp = one.protocol == kUdp;
  const bool is_served = by.came_in && by.tool != nullptr && !by.tool->control.empty();
  const bool may_be =
      is_udp || is_served || tools_.is_data_of(by.tool, {by.port, false}, {one.peer.port, false});
  if (by.port == 0 || (by.protocol != 0 && by.protocol != one.protocol) || !may_be) {
    return false;
  }
  const auto mine = mine_.find(at);
  if (mine == mine_.end() || mine->second.empty()) {
    return is_udp && by.is_by_argv() && one.start >= by.first - kSlack &&
           one.start <= by.last + kLaunch;
  }
  return std::any_of(mine->second.begin(), mine->second.end(), [&](std::uint32_t flow) {
    const SeenFlow& known = seen_[flow];
    if (known.protocol != one.protocol) {
      return false;
    }
    // A client of UDP speaks to both ports from one of its own.
    return is_udp ? known.own == one.own
                  : known.peer.port == by.port && one.start >= known.start - slack &&
                        one.start <= known.end + tail;
  });
}

/// Data connections and ports that a server moves to are of whoever holds the control connection.
void PeerMatch::place_by_control(std::uint32_t flow) {
  const SeenFlow& one = seen_[flow];
  std::vector<std::uint32_t> claims;
  // Both are told by one clock: at first without slack.
  for (const auto& [slack, tail] : {std::pair(TimeUs{0}, TimeUs{0}), std::pair(kSlack, kTail)}) {
    visit_begun_by(one.start + kSlack, [&, before = slack, after = tail](std::uint32_t at) {
      if (is_data_of(at, one, before, after)) {
        claims.push_back(at);
      }
      return true;
    });
    if (!claims.empty()) {
      break;
    }
  }
  if (claims.empty()) {  // the control connection has no flow: by the connections of the log
    visit_begun_by(one.start + kSlack, [&](std::uint32_t at) {
      const Claim& by = claim(at);
      if (one.protocol == kTcp && by.connections > 1 && !by.came_in && is_in_time(by, one) &&
          tools_.is_data_of(by.tool, {by.port, false}, {one.peer.port, false})) {
        claims.push_back(at);
      }
      return true;
    });
  }
  if (claims.size() == 1) {
    give(flow, claims.front());
  } else if (!claims.empty()) {
    std::sort(claims.begin(), claims.end());
    doubt(flow, std::move(claims));
  }
}

/// Where the log may lack the connection: of the only transfer that was under way with the peer.
void PeerMatch::place_by_time(std::uint32_t flow) {
  const SeenFlow& one = seen_[flow];
  std::uint32_t found = kNoNumber;
  bool is_only = true;
  visit_begun_by(one.start + kSlack, [&](std::uint32_t at) {
    const Claim& by = claim(at);
    if (by.came_in || by.is_by_argv() || (by.protocol != 0 && by.protocol != one.protocol) ||
        one.start > busy_until(at) + kTail) {
      return true;
    }
    is_only = is_only && (found == kNoNumber || claim(found).fact == by.fact);
    found = found == kNoNumber || worth(at, one) > worth(found, one) ? at : found;
    return is_only;
  });
  if (found != kNoNumber && is_only) {
    result(found).by_time = true;
    give(flow, found);
  }
}

/// Of a single connection there is a single flow.
void PeerMatch::settle_counts() {
  for (auto& [at, flows] : mine_) {
    if (!claim(at).is_by_argv() && flows.size() > claim(at).connections) {
      settle_counts(at, flows);
    }
  }
}

void PeerMatch::settle_counts(std::uint32_t at, std::vector<std::uint32_t> flows) {
  const Claim& by = claim(at);
  ClaimFlows& mine = result(at);
  const std::size_t count = by.connections;
  if (by.last > by.first) {
    mine.has_more = true;  // all of them within its time: the log lacks some of its connections
    return;
  }
  std::sort(flows.begin(), flows.end(), [&](std::uint32_t x, std::uint32_t y) {
    return std::abs(seen_[x].start - by.first) < std::abs(seen_[y].start - by.first);
  });
  const TimeUs least = std::abs(seen_[flows[count - 1]].start - by.first);
  const TimeUs next = std::abs(seen_[flows[count]].start - by.first);
  mine.flows.clear();
  mine_[at].clear();
  if (next > least + kClear) {
    for (std::size_t i = 0; i < flows.size(); ++i) {
      owner_[flows[i]] = kNoNumber;
      if (i < count) {
        give(flows[i], at);
      }
    }
    return;
  }
  for (const std::uint32_t flow : flows) {
    doubt(flow, {at});
  }
}

/// Claims that doubts tie together share the flows that are in doubt.
void PeerMatch::share() {
  std::map<std::uint32_t, std::uint32_t> above;
  const auto root = [&](std::uint32_t at) {
    while (above.contains(at) && above[at] != at) {
      at = above[at];
    }
    return at;
  };
  for (const Doubt& doubt : doubts_) {
    for (const std::uint32_t at : doubt.claims) {
      above.try_emplace(at, at);
      const std::uint32_t one = root(doubt.claims.front());
      const std::uint32_t other = root(at);
      above[std::max(one, other)] = std::min(one, other);
    }
  }
  std::map<std::uint32_t, std::pair<std::vector<std::uint32_t>, std::vector<std::uint32_t>>> parts;
  for (const auto& [at, up] : above) {
    parts[root(at)].first.push_back(at);
  }
  for (const Doubt& doubt : doubts_) {
    parts[root(doubt.claims.front())].second.push_back(doubt.flow);
  }
  for (const auto& [first, part] : parts) {
    share(part.first, part.second);
  }
}

void PeerMatch::share(const std::vector<std::uint32_t>& claims,
                      const std::vector<std::uint32_t>& flows) {
  const bool is_one_owner =
      claims.size() > 1 && std::all_of(claims.begin(), claims.end(), [&](std::uint32_t at) {
        return claim(at).owner == claim(claims.front()).owner &&
               claim(at).came_in == claim(claims.front()).came_in;
      });
  std::uint64_t needed = 0;
  const auto needs = [&](std::uint32_t at) {
    const auto have = static_cast<std::uint32_t>(mine_[at].size());
    return std::max(claim(at).connections, have + 1) - have;
  };
  for (const std::uint32_t at : claims) {
    needed += needs(at);
  }
  std::vector<std::uint32_t> numbers;
  numbers.reserve(flows.size());
  for (const std::uint32_t flow : flows) {
    numbers.push_back(seen_[flow].flow);
  }
  if (!is_one_owner || flows.size() > needed) {
    SharedFlows& shared = to_.shared.emplace_back();
    shared.flows = numbers;
    for (const std::uint32_t at : claims) {
      shared.claims.push_back(numbers_[at]);
    }
  }
  for (const std::uint32_t at : claims) {
    ClaimFlows& mine = result(at);
    mine.is_sum = is_one_owner && flows.size() <= needed;
    if (!mine.is_sum || at == claims.front()) {
      mine.maybe = numbers;
      // Fewer flows than connections: one may have none.
      const std::uint64_t spare = needed > flows.size() ? needed - flows.size() : 0;
      mine.of_maybe =
          mine.is_sum
              ? static_cast<std::uint32_t>(flows.size())
              : static_cast<std::uint32_t>(needs(at) - std::min<std::uint64_t>(needs(at), spare));
    }
  }
}

/// A program without a connection of its own may use another's that is open (ssh's ControlMaster).
void PeerMatch::ride() {
  for (std::uint32_t at = 0; at < numbers_.size(); ++at) {
    if (!claim(at).is_by_argv() || !result(at).is_empty()) {
      continue;
    }
    constexpr std::ptrdiff_t kMost = 4096;
    const auto end =
        std::upper_bound(seen_.begin(), seen_.end(), claim(at).first + kSlack,
                         [](TimeUs value, const SeenFlow& flow) { return value < flow.start; });
    for (auto one = end; one != seen_.begin() && end - one < kMost;) {
      --one;
      const std::uint32_t owner = owner_[static_cast<std::size_t>(one - seen_.begin())];
      if (owner < numbers_.size() && fits(claim(at), one->peer, one->protocol) &&
          one->end >= claim(at).first - kSlack) {
        result(at).rides_on = claim(owner).fact;
        break;
      }
    }
  }
}

/// Gives data connections that somebody names to the claims of their control connections.
void place_named(std::vector<PeerMatch>& parts, const std::vector<Claim>& claims,
                 const NamedFlows& named, Matched& to) {
  const auto part_of = [&](std::uint32_t flow) {
    return std::prev(std::upper_bound(
        parts.begin(), parts.end(), flow,
        [](std::uint32_t value, const PeerMatch& part) { return value < part.first(); }));
  };
  for (std::uint32_t flow = 0; flow < named.control.size(); ++flow) {
    const std::uint32_t control = named.control[flow];
    if (control == kNoNumber) {
      continue;
    }
    const auto part = part_of(flow);
    const auto by = part_of(control);
    const std::vector<std::uint32_t> whose = by->owners_of(control - by->first());
    const std::vector<std::uint32_t> by_log = part->owners_of(flow - part->first());
    if (by_log.empty() && !whose.empty()) {
      part->place_named(flow - part->first(), *by, whose);
      continue;
    }
    const bool is_its = std::any_of(by_log.begin(), by_log.end(), [&](std::uint32_t at) {
      return std::any_of(whose.begin(), whose.end(), [&](std::uint32_t other) {
        return claims[part->number_of(at)].fact == claims[by->number_of(other)].fact;
      });
    });
    to.kept += !by_log.empty() && !whose.empty() && !is_its ? 1U : 0U;
  }
  for (const NamedFlows::Elsewhere& one : named.elsewhere) {
    constexpr std::size_t kMost = 8;
    const auto by = part_of(one.control);
    for (const std::uint32_t at : by->owners_of(one.control - by->first())) {
      ClaimFlows& claim = to.claims[by->number_of(at)];
      if (claim.asked.size() < kMost) {
        claim.asked.push_back(one.listens);
      }
    }
  }
}

}  // namespace

Matched match(const HostClaims& host, const std::vector<SeenFlow>& seen,
              const transfer::Tools& tools, const NamedFlows& named) {
  const std::vector<Claim>& claims = host.claims;
  std::vector<PeerMatch> parts;
  Matched matched;
  matched.claims.resize(claims.size());
  std::vector<std::uint32_t> order(claims.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t x, std::uint32_t y) {
    return std::tie(claims[x].peer, claims[x].first) < std::tie(claims[y].peer, claims[y].first);
  });
  std::size_t at = 0;
  for (std::size_t begin = 0; begin < seen.size();) {
    const audit::IpAddress& peer = seen[begin].peer.address;
    std::size_t end = begin;
    while (end < seen.size() && seen[end].peer.address == peer) {
      ++end;
    }
    while (at < order.size() && claims[order[at]].peer < peer) {
      ++at;
    }
    std::size_t last = at;
    while (last < order.size() && claims[order[last]].peer == peer) {
      ++last;
    }
    parts.emplace_back(host, std::span(order).subspan(at, last - at),
                       std::span(seen).subspan(begin, end - begin),
                       static_cast<std::uint32_t>(begin),
                       named.control.empty() ? std::span<const std::uint32_t>()
                                             : std::span(named.control).subspan(begin, end - begin),
                       tools, matched);
    parts.back().place_opened();
    at = last;
    begin = end;
  }
  place_named(parts, claims, named, matched);
  for (PeerMatch& part : parts) {
    part.place_rest();
  }
  return matched;
}

}  // namespace auexfil::flow
