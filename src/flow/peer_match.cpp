#include "peer_match.hpp"

#include <iterator>
#include <set>
#include <utility>

#include "values.hpp"

namespace auexfil::flow {
namespace {

/// Between the times of a connection and its flow, once the clocks are put right: whole seconds,
/// and a sensor that is slow.
constexpr TimeUs kSlack = 2 * kSecond;
/// From the start of a program to its first connection, and from one to the next.
constexpr TimeUs kLaunch = 120 * kSecond;
/// Most programs have connected by then, however slow the name service is.
constexpr TimeUs kConnects = 30 * kSecond;
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
      place_by_start(i, false);
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
  const auto crowd = crowd_at_.find(at);
  return crowd == crowd_at_.end() ? until : std::max(until, crowds_[crowd->second].until);
}

int PeerMatch::worth(std::uint32_t at, const SeenFlow& flow) const {
  const auto mine = mine_.find(at);
  const bool lacks_some = mine == mine_.end() || mine->second.size() < claim(at).connections;
  return (claim(at).port == flow.peer.port ? 2 : 0) + (lacks_some ? 1 : 0);
}

/// A flow to the port that a claim names: of the claim that it begins with.
void PeerMatch::place_direct(std::uint32_t flow) {
  const SeenFlow& one = seen_[flow];
  if (one.is_end_alone) {
    place_by_start(flow, control_of(flow) != kNoNumber);
    return;
  }
  std::vector<std::pair<TimeUs, std::uint32_t>> near;  // by distance
  visit_begun_by(one.start + kSlack, [&](std::uint32_t at) {
    if (!claim(at).is_by_argv() && fits(claim(at), one.peer, one.protocol) &&
        is_in_time(claim(at), one)) {
      near.emplace_back(std::abs(one.start - claim(at).first), at);
    }
    return any_came_in_ || claim(at).first + longest_ + kSlack >= one.start - one.late;
  });
  if (near.empty()) {
    place_by_start(flow, control_of(flow) != kNoNumber);
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

/// Of several connections to the port of a control connection most are to other ports.
std::size_t PeerMatch::needs(std::uint32_t at) const {
  const Claim& by = claim(at);
  return tools_.is_control(by.tool, by.port) ? 1 : std::max<std::size_t>(by.connections, 1);
}

bool PeerMatch::waits(std::uint32_t at) const {
  const auto mine = mine_.find(at);
  if (mine != mine_.end() && mine->second.size() >= needs(at)) {
    return false;
  }
  const auto crowd = crowd_at_.find(at);
  return crowd == crowd_at_.end() || crowds_[crowd->second].flows < crowds_[crowd->second].needed;
}

/// Where the log has no connection: programs that were started, and whose others have not ended
/// long before.
PeerMatch::Starts PeerMatch::starts_of(std::uint32_t flow, bool by_port) const {
  constexpr std::size_t kMost = 256;
  const SeenFlow& one = seen_[flow];
  Starts starts;
  visit_begun_by(one.start + kSlack, [&](std::uint32_t at) {
    const Claim& by = claim(at);
    if (!by.is_by_argv() || !fits(by, one.peer, one.protocol) ||
        (by_port && by.port != one.peer.port)) {
      return true;
    }
    if (by.first > one.start + one.early + kClear) {
      starts.behind.push_back(at);
      return starts.behind.size() < kMost;
    }
    if (starts.last == kNoNumber) {
      starts.last = one.start - one.late <= busy_until(at) + kLaunch ? at : kNoNumber;
      return true;
    }
    if (by.first + kConnects < one.start - one.late) {
      return false;
    }
    if (waits(at)) {
      starts.waiting.push_back(at);
    }
    return starts.waiting.size() < kMost;
  });
  return starts;
}

/// Does a flow follow a start that may be its, so that it needs no earlier one?
bool PeerMatch::has_flow_behind(std::uint32_t flow, std::uint32_t at) const {
  constexpr std::ptrdiff_t kMost = 64;
  const TimeUs from = claim(at).first - kClear;
  const auto begin =
      std::lower_bound(seen_.begin() + flow + 1, seen_.end(), from,
                       [](const SeenFlow& other, TimeUs value) { return other.start < value; });
  return std::any_of(begin, begin + std::min(kMost, seen_.end() - begin), [&](const auto& other) {
    return other.start <= claim(at).first + kConnects &&
           fits(claim(at), other.peer, other.protocol);
  });
}

/// Whoever began before a flow has made it: the last of them, unless an earlier one has no flow
/// yet. One that began after it by another clock, or by stamps of whole seconds, has it only if it
/// would have none, or if the last before it began long before.
std::vector<std::uint32_t> PeerMatch::makers_of(std::uint32_t flow, bool by_port) const {
  Starts starts = starts_of(flow, by_port);
  std::vector<std::uint32_t> makers;
  const bool is_missed = !starts.behind.empty() && waits(starts.behind.back()) &&
                         !has_flow_behind(flow, starts.behind.back());
  const bool is_long_ago = starts.last != kNoNumber && claim(starts.last).first + kConnects <
                                                           seen_[flow].start - seen_[flow].late;
  if (starts.last != kNoNumber && !(is_missed && is_long_ago)) {
    makers = std::move(starts.waiting);
    makers.push_back(starts.last);
    if (const auto crowd = crowd_at_.find(starts.last); crowd != crowd_at_.end()) {
      const std::vector<std::uint32_t>& all = crowds_[crowd->second].claims;
      makers.insert(makers.end(), all.begin(), all.end());
    }
    if (is_missed && !waits(starts.last)) {
      makers.push_back(starts.behind.back());
    }
  } else if (!starts.behind.empty()) {
    const TimeUs first = claim(starts.behind.back()).first;
    std::copy_if(starts.behind.begin(), starts.behind.end(), std::back_inserter(makers),
                 [&](std::uint32_t at) { return claim(at).first <= first + kClear; });
  }
  std::sort(makers.begin(), makers.end());
  makers.erase(std::unique(makers.begin(), makers.end()), makers.end());
  const bool is_one_fact = std::all_of(makers.begin(), makers.end(), [&](std::uint32_t at) {
    return claim(at).fact == claim(makers.front()).fact;
  });
  if (makers.size() > 1 && is_one_fact) {
    makers.erase(makers.begin(), makers.end() - 1);
  }
  return makers;
}

void PeerMatch::place_by_start(std::uint32_t flow, bool by_port) {
  if (seen_[flow].is_end_alone) {
    place_ended(flow, by_port);
  } else {
    place_with(flow, makers_of(flow, by_port));
  }
}

void PeerMatch::place_with(std::uint32_t flow, std::vector<std::uint32_t> makers) {
  for (const std::uint32_t at : makers) {
    result(at).by_time = true;
  }
  if (makers.size() == 1) {
    give(flow, makers.front());
  } else if (!makers.empty()) {
    crowd(makers, seen_[flow]);
    doubt(flow, std::move(makers));
  }
}

/// Where no more is told than the end, whoever began before has made it, and has none yet: the
/// order of ends is not that of starts. Where all have theirs, it is one more of any of them.
void PeerMatch::place_ended(std::uint32_t flow, bool by_port) {
  constexpr std::size_t kMost = 256;
  const SeenFlow& one = seen_[flow];
  std::vector<std::uint32_t> all;
  std::vector<std::uint32_t> waiting;
  visit_begun_by(one.start + kSlack, [&](std::uint32_t at) {
    const Claim& by = claim(at);
    const bool is_by_port = by.port == one.peer.port || !(by_port && by.is_by_argv());
    if (is_by_port && fits(by, one.peer, one.protocol) && is_in_time(by, one)) {
      (waits(at) ? waiting : all).push_back(at);
    }
    return waiting.size() < kMost && all.size() < kMost;
  });
  std::vector<std::uint32_t>& makers = waiting.empty() ? all : waiting;
  std::sort(makers.begin(), makers.end());
  place_with(flow, std::move(makers));
}

/// Flows of claims that are told apart no more: until each may have had its own, they wait.
void PeerMatch::crowd(const std::vector<std::uint32_t>& claims, const SeenFlow& flow) {
  Crowd made;
  made.claims = claims;
  made.flows = 1;
  made.until = flow.end;
  std::set<std::size_t> known;
  for (const std::uint32_t at : claims) {
    const auto crowd = crowd_at_.find(at);
    if (crowd != crowd_at_.end() && known.insert(crowd->second).second) {
      const Crowd& other = crowds_[crowd->second];
      made.claims.insert(made.claims.end(), other.claims.begin(), other.claims.end());
      made.flows += other.flows;
      made.until = std::max(made.until, other.until);
    }
  }
  std::sort(made.claims.begin(), made.claims.end());
  made.claims.erase(std::unique(made.claims.begin(), made.claims.end()), made.claims.end());
  const std::size_t number = known.size() == 1 ? *known.begin() : crowds_.size();
  if (number == crowds_.size()) {
    crowds_.emplace_back();
  }
  for (const std::uint32_t at : made.claims) {
    made.needed += needs(at);
    crowd_at_[at] = number;
  }
  crowds_[number] = std::move(made);
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
  const std::vector<std::uint32_t> rivals = makers_of(flow, false);
  const std::uint32_t rival = rivals.empty() ? kNoNumber : rivals.back();
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
  const bool tells_starts = std::none_of(
      flows.begin(), flows.end(), [&](std::uint32_t flow) { return seen_[flow].is_end_alone; });
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
  if (tells_starts && next > least + kClear) {
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

/// A program without a connection of its own may use another's that is open when it starts (ssh's
/// ControlMaster).
void PeerMatch::ride() {
  for (std::uint32_t at = 0; at < numbers_.size(); ++at) {
    if (!claim(at).is_by_argv() || !result(at).is_empty()) {
      continue;
    }
    constexpr std::ptrdiff_t kMost = 4096;
    const auto end =
        std::upper_bound(seen_.begin(), seen_.end(), claim(at).first + kClear,
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
