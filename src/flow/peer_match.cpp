#include "peer_match.hpp"

#include <utility>

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

}  // namespace

void PeerMatch::place_opened() {
  for (std::uint32_t i = 0; i < seen_.size(); ++i) {
    place_direct(i);
  }
  settle_counts();
}

void PeerMatch::place_rest() {
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

/// A call of accept is told when it begins: somebody may come long after.
bool PeerMatch::is_in_time(const Claim& claim, const SeenFlow& flow) {
  if (claim.came_in) {
    return flow.start >= claim.first - kSlack;
  }
  return flow.start >= claim.first - kSlack && flow.start - flow.late <= claim.last + kSlack;
}

TimeUs PeerMatch::busy_until(std::uint32_t at) const {
  const auto mine = mine_.find(at);
  TimeUs until = claim(at).last;
  if (mine != mine_.end()) {
    for (const std::uint32_t flow : mine->second) {
      until = std::max(until, seen_[flow].end);
    }
  }
  return until;
}

int PeerMatch::worth(std::uint32_t at, const SeenFlow& flow) const {
  const auto mine = mine_.find(at);
  const bool lacks_some = mine == mine_.end() || mine->second.size() < claim(at).connections;
  return (claim(at).port == flow.peer.port ? 2 : 0) + (lacks_some ? 1 : 0);
}

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

bool PeerMatch::place_named(std::uint32_t flow, const PeerMatch& by,
                            std::vector<std::uint32_t> owners) {
  const Claim& one = by.claim(owners.front());
  const bool is_third = &by != this;
  // Where all connections are audited one that nobody has made is not this program's.
  const bool is_unheard = !one.is_by_argv() && !host_.lacks_connections(seen_[flow].start);
  if (is_third && (owners.size() > 1 || is_unheard)) {
    ++to_.refused;
    return false;
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
  return true;
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
  const bool is_told_once = is_one_owner && flows.size() <= needed;
  if (!is_told_once) {
    SharedFlows& shared = to_.shared.emplace_back();
    shared.flows = numbers;
    shared.certain = std::min<std::uint64_t>(needed, flows.size());
    for (const std::uint32_t at : claims) {
      shared.claims.push_back(numbers_[at]);
    }
  }
  for (const std::uint32_t at : claims) {
    ClaimFlows& mine = result(at);
    mine.is_sum = is_told_once;
    mine.shared = is_told_once ? kNoNumber : static_cast<std::uint32_t>(to_.shared.size() - 1);
    if (!mine.is_sum || at == claims.front()) {
      mine.maybe = numbers;
      // Fewer flows than connections: one may have none.
      const std::uint64_t spare = needed > flows.size() ? needed - flows.size() : 0;
      mine.of_maybe =
          mine.is_sum
              ? static_cast<std::uint32_t>(flows.size())
              : static_cast<std::uint32_t>(needs(at) - std::min<std::uint64_t>(needs(at), spare));
    } else {
      mine.told_with = numbers;
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
        result(at).told_with = {one->flow};
        break;
      }
    }
  }
}

}  // namespace auexfil::flow
