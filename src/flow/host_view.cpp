#include "host_view.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "spans.hpp"
#include "values.hpp"

namespace auexfil::flow {
namespace {

using Flag = FlowRecord::Flag;

/// Clocks of one network that are set by nobody run apart so far.
constexpr TimeUs kMostSkew = 900 * kSecond;
/// Of two sensors' and hosts' clocks that are set.
constexpr TimeUs kLittleSkew = 5 * kSecond;
constexpr TimeUs kMostZone = TimeUs{14} * 3600 * kSecond;
/// Connections: a clock of whole seconds, and the time from the call to the packet.
constexpr TimeUs kTight = 3 * kSecond;
/// Programs that are started: the time until they connect.
constexpr TimeUs kLoose = 30 * kSecond;
/// Flows near a claim that are asked; of a peer with more no clock is told anyhow.
constexpr std::size_t kMostPairs = 32;

/// How much earlier a flow may have begun than it tells.
TimeUs late_of(const Telling& telling) {
  constexpr TimeUs kWindow = 60 * kSecond;  // AWS: "up to 60 seconds after the packet"
  if (telling.has(Flag::kStartUnknown)) {
    return TimeUs{86400} * kSecond;
  }
  return telling.exporter == Exporter::aws || telling.exporter == Exporter::azure ? kWindow : 0;
}

/// Did the peer begin it? That the higher port is the client's is a guess of the merger's, which
/// whoever sends chooses: where nobody tells who began, it needs more to take a flow for one that
/// came in.
bool came_in(const Flow& flow, bool own_is_a) {
  constexpr std::uint16_t kFirstEphemeral = 32768;  // of Linux, unless somebody has set another
  if (!flow.origin_is_unknown || own_is_a) {
    return !own_is_a;
  }
  return flow.b.port < kFirstEphemeral || flow.a_was_first.value_or(false);
}

/// One way to see a flow.
struct Side {
  const audit::IpAddress* own;
  Endpoint peer;
};

/// A translated peer is known by either address.
std::vector<Side> sides_of(const Flow& flow) {
  std::vector<Side> sides = {{&flow.a.address, flow.b}, {&flow.b.address, flow.a}};
  if (flow.nat_b != flow.b) {
    sides.push_back({&flow.a.address, flow.nat_b});
  }
  if (flow.nat_a != flow.a) {
    sides.push_back({&flow.b.address, flow.nat_a});
  }
  return sides;
}

/// A claim, and a flow that may be of it.
struct Pair {
  Clock clock;
  TimeUs ahead{};
  std::uint32_t claim{};
  std::uint32_t flow{};
  bool is_by_argv{};
  bool is_only{};  ///< the claim has no other flow near, the flow no other claim
};

struct Cluster {
  TimeUs ahead{};
  bool is_loose{};  ///< programs were started: when they connected is not known
  std::uint32_t pairs{};
};

/// Leaves those that are so, if there are enough of them to tell something.
template <typename Is>
void prefer(std::vector<Pair>& pairs, std::ptrdiff_t enough, const Is& is) {
  if (std::count_if(pairs.begin(), pairs.end(), is) >= enough) {
    std::erase_if(pairs, [&](const Pair& pair) { return !is(pair); });
  }
}

/// The stretch of differences that most claims lie in; of equals the one nearest to none.
Cluster densest(std::vector<Pair> pairs) {
  constexpr std::ptrdiff_t kFew = 3;
  prefer(pairs, 1, [](const Pair& pair) { return !pair.is_by_argv; });
  const bool any_connection = !pairs.empty() && !pairs.front().is_by_argv;
  prefer(pairs, kFew, [](const Pair& pair) { return pair.is_only; });
  std::sort(pairs.begin(), pairs.end(),
            [](const Pair& x, const Pair& y) { return x.ahead < y.ahead; });
  const TimeUs width = any_connection ? kTight : kLoose;
  std::map<std::uint32_t, std::size_t> within;
  std::size_t most = 0;
  std::size_t best_begin = 0;
  std::size_t best_end = 0;
  const auto middle = [&](std::size_t begin, std::size_t end) {
    return any_connection ? pairs[begin + (end - begin) / 2].ahead : pairs[begin].ahead;
  };
  for (std::size_t begin = 0, end = 0; end < pairs.size(); ++end) {
    ++within[pairs[end].claim];
    while (pairs[end].ahead - pairs[begin].ahead > width) {
      const auto at = within.find(pairs[begin++].claim);
      if (--at->second == 0) {
        within.erase(at);
      }
    }
    const bool is_nearer =
        within.size() == most && most > 0 &&
        std::abs(middle(begin, end + 1)) < std::abs(middle(best_begin, best_end));
    if (within.size() > most || is_nearer) {
      most = within.size();
      best_begin = begin;
      best_end = end + 1;
    }
  }
  Cluster cluster;
  cluster.is_loose = !any_connection;
  cluster.pairs = static_cast<std::uint32_t>(most);
  if (most > 0) {
    cluster.ahead = middle(best_begin, best_end);
  }
  return cluster;
}

/// Once the clocks are put right.
bool fits_in(const Pair& pair, const Cluster& cluster) {
  const TimeUs off = pair.ahead - cluster.ahead;
  return off >= -kTight && off <= (pair.is_by_argv ? kLoose : kTight);
}

/// An address that may be the host's.
struct Candidate {
  audit::IpAddress address;
  std::map<Clock, Skew> skews;
  std::vector<std::uint32_t> claims;  ///< that its flows fit, in order
};

bool share_claims(const Candidate& x, const Candidate& y) {
  std::vector<std::uint32_t> both;
  std::set_intersection(x.claims.begin(), x.claims.end(), y.claims.begin(), y.claims.end(),
                        std::back_inserter(both));
  return !both.empty();
}

class Election {
 public:
  Election(const HostClaims& host, const std::vector<Flow>& flows) : host_(host), flows_(flows) {
    for (const Claim& claim : host.claims) {
      by_peer_[claim.peer];
    }
    for (std::uint32_t i = 0; i < flows.size(); ++i) {
      for (const Side& side : sides_of(flows[i])) {
        if (const auto at = by_peer_.find(side.peer.address); at != by_peer_.end()) {
          at->second.push_back({flows[i].start, i, *side.own, side.peer});
        }
      }
      first_ = i == 0 ? flows[i].start : std::min(first_, flows[i].start);
      last_ = i == 0 ? flows[i].end : std::max(last_, flows[i].end);
    }
    for (auto& [peer, near] : by_peer_) {
      std::sort(near.begin(), near.end(),
                [](const Near& x, const Near& y) { return x.start < y.start; });
    }
    pair_up();
  }

  [[nodiscard]] std::vector<Candidate> candidates() const;
  /// Claims within the time that the flows tell of.
  [[nodiscard]] std::uint64_t in_time() const { return in_time(HostView()); }
  /// The same once it is known how far the clocks are ahead, as those of another zone are.
  [[nodiscard]] std::uint64_t in_time(const HostView& view) const {
    TimeUs most = 0;
    TimeUs least = 0;
    for (const auto& [clock, skew] : view.skews) {
      most = std::max(most, skew.ahead);
      least = std::min(least, skew.ahead);
    }
    return static_cast<std::uint64_t>(
        std::count_if(host_.claims.begin(), host_.claims.end(), [&](const Claim& claim) {
          return !flows_.empty() && !claim.came_in && claim.first >= first_ - most - kMostSkew &&
                 claim.first <= last_ - least + kMostSkew;
        }));
  }
  /// How far flows that go where the host went are from its time; empty: there are none of which
  /// it is told when they began.
  [[nodiscard]] std::optional<TimeUs> distance() const;
  /// Are there some of which it is told when they ended, and no more?
  [[nodiscard]] bool has_ends_alone() const;

 private:
  struct Near {
    TimeUs start;
    std::uint32_t flow;
    audit::IpAddress own;
    Endpoint peer;
  };

  [[nodiscard]] bool is_end_alone(std::uint32_t flow) const {
    return clock_of_times(flows_[flow]).has(Flag::kStartUnknown);
  }
  void pair_up();
  void pair_up(std::uint32_t number, TimeUs from, TimeUs to, bool is_local);

  const HostClaims& host_;
  const std::vector<Flow>& flows_;
  std::map<audit::IpAddress, std::vector<Near>> by_peer_;
  std::map<audit::IpAddress, std::vector<Pair>> pairs_;
  TimeUs first_{};
  TimeUs last_{};
};

void Election::pair_up() {
  for (std::uint32_t i = 0; i < host_.claims.size(); ++i) {
    // A call of accept is told when it begins, which may be long before anybody comes.
    if (!host_.claims[i].came_in) {
      pair_up(i, -kMostSkew, kMostSkew, false);
      pair_up(i, -kMostZone, kMostZone, true);
    }
  }
  for (auto& [own, pairs] : pairs_) {
    std::map<std::uint32_t, std::uint32_t> of_claim;
    std::map<std::uint32_t, std::uint32_t> of_flow;
    for (const Pair& pair : pairs) {
      ++of_claim[pair.claim];
      ++of_flow[pair.flow];
    }
    for (Pair& pair : pairs) {
      pair.is_only = of_claim[pair.claim] == 1 && of_flow[pair.flow] == 1;
    }
  }
}

/// \param is_local  those that are told by a wall clock whose zone nobody tells
void Election::pair_up(std::uint32_t number, TimeUs from, TimeUs to, bool is_local) {
  const Claim& claim = host_.claims[number];
  const std::vector<Near>& near = by_peer_.find(claim.peer)->second;
  std::size_t pairs = 0;
  auto at = std::lower_bound(near.begin(), near.end(), claim.first + from,
                             [](const Near& x, TimeUs time) { return x.start < time; });
  for (; at != near.end() && at->start <= claim.first + to && pairs < kMostPairs; ++at) {
    const Flow& flow = flows_[at->flow];
    const Telling& teller = clock_of_times(flow);
    if (teller.has(Flag::kLocalTime) != is_local || !fits(claim, at->peer, flow.proto) ||
        teller.has(Flag::kStartUnknown)) {
      continue;
    }
    ++pairs;
    pairs_[at->own].push_back(
        {clock_of(flow), at->start - claim.first, number, at->flow, claim.is_by_argv(), false});
  }
}

std::vector<Candidate> Election::candidates() const {
  std::vector<Candidate> made;
  for (const auto& [own, pairs] : pairs_) {
    Candidate& candidate = made.emplace_back();
    candidate.address = own;
    std::map<Clock, std::vector<Pair>> by_clock;
    for (const Pair& pair : pairs) {
      by_clock[pair.clock].push_back(pair);
    }
    std::set<std::uint32_t> claims;
    for (auto& [clock, of_clock] : by_clock) {
      const Cluster cluster = densest(of_clock);
      candidate.skews[clock] = {cluster.ahead, cluster.pairs, cluster.is_loose};
      for (const Pair& pair : of_clock) {
        if (fits_in(pair, cluster)) {
          claims.insert(pair.claim);
        }
      }
    }
    candidate.claims.assign(claims.begin(), claims.end());
  }
  std::stable_sort(made.begin(), made.end(), [](const Candidate& x, const Candidate& y) {
    return x.claims.size() > y.claims.size();
  });
  return made;
}

std::optional<TimeUs> Election::distance() const {
  std::optional<TimeUs> least;
  for (const Claim& claim : host_.claims) {
    for (const Near& near : by_peer_.find(claim.peer)->second) {
      const TimeUs off = near.start - claim.first;
      if (fits(claim, near.peer, flows_[near.flow].proto) && !is_end_alone(near.flow) &&
          (!least || std::abs(off) < std::abs(*least))) {
        least = off;
      }
    }
  }
  return least;
}

bool Election::has_ends_alone() const {
  return std::any_of(host_.claims.begin(), host_.claims.end(), [&](const Claim& claim) {
    const std::vector<Near>& all = by_peer_.find(claim.peer)->second;
    return std::any_of(all.begin(), all.end(), [&](const Near& near) {
      return fits(claim, near.peer, flows_[near.flow].proto) && is_end_alone(near.flow);
    });
  });
}

/// "1.700 s ahead", "365 days behind"
std::string text_of(TimeUs ahead) {
  constexpr TimeUs kDay = 86400 * kSecond;
  const TimeUs time = std::abs(ahead);
  const std::string amount = time >= 2 * kDay
                                 ? fmt::format("{} days", (time + kDay / 2) / kDay)
                                 : fmt::format("{}.{:03} s", time / kSecond, time % kSecond / kMs);
  return amount + (ahead < 0 ? " behind" : " ahead");
}

/// One clock or several that all agree are one word.
std::string skews_text(const HostView& view) {
  std::string text;
  for (const auto& [clock, skew] : view.skews) {
    text += fmt::format("{}{}'s clock is {}{}", text.empty() ? "" : ", ", to_word(clock.first),
                        skew.is_loose ? "at most " : "", text_of(skew.ahead));
  }
  return text;
}

void take(const Candidate& candidate, HostView& view) {
  view.addresses.push_back(candidate.address);
  view.fitting += candidate.claims.size();
  for (const auto& [clock, skew] : candidate.skews) {
    Skew& known = view.skews[clock];
    if (skew.pairs > known.pairs) {
      known = skew;
    }
  }
}

/// Do the clocks of another address agree with those that are known?
bool agrees(const Candidate& candidate, const HostView& view) {
  return std::all_of(candidate.skews.begin(), candidate.skews.end(), [&](const auto& one) {
    const auto at = view.skews.find(one.first);
    const bool is_loose = one.second.is_loose || (at != view.skews.end() && at->second.is_loose);
    return at == view.skews.end() ||
           std::abs(at->second.ahead - one.second.ahead) <= (is_loose ? kLoose : kTight);
  });
}

/// Do its flows fit more than a few of the transfers?
bool fits_enough(const Candidate& candidate, std::uint64_t in_time) {
  constexpr std::uint64_t kLeastPart = 10;
  return candidate.claims.size() * kLeastPart >= in_time;
}

/// Is what speaks for it more than chance?
bool is_proven(const Candidate& candidate, std::uint64_t in_time) {
  const bool is_near =
      std::all_of(candidate.skews.begin(), candidate.skews.end(),
                  [](const auto& one) { return std::abs(one.second.ahead) <= kLittleSkew; });
  return fits_enough(candidate, in_time) && (candidate.claims.size() > 1 || is_near);
}

std::string list_of(const std::vector<audit::IpAddress>& addresses) {
  std::string list;
  for (const audit::IpAddress& address : addresses) {
    list += (list.empty() ? "" : ", ") + address.to_string();
  }
  return list;
}

/// Takes what fits of the transfers that those which are taken leave.
void take_others(const std::vector<Candidate>& candidates, std::vector<const Candidate*> taken,
                 HostView& view) {
  for (const Candidate& one : candidates) {
    const bool is_others = std::any_of(taken.begin(), taken.end(), [&](const Candidate* known) {
      return known == &one || share_claims(*known, one);
    });
    if (!one.claims.empty() && !is_others && agrees(one, view)) {
      taken.push_back(&one);
      take(one, view);
    }
  }
}

/// Addresses that the host's own configuration has are its, once flows of one of them fit: so they
/// are seen from where its traffic passes. \return whether they do
bool elect_configured(const std::vector<Candidate>& candidates,
                      const std::vector<audit::IpAddress>& configured, HostView& view) {
  const auto is_configured = [&](const Candidate& one) {
    return std::find(configured.begin(), configured.end(), one.address) != configured.end();
  };
  const auto best = std::find_if(candidates.begin(), candidates.end(), is_configured);
  if (best == candidates.end() || best->claims.empty() || !fits_enough(*best, view.in_time)) {
    return false;
  }
  std::vector<const Candidate*> taken;
  for (const Candidate& one : candidates) {
    if (is_configured(one) && agrees(one, view)) {
      taken.push_back(&one);
      take(one, view);
    }
  }
  const Candidate& first = candidates.front();
  if (!is_configured(first) && first.claims.size() > view.fitting) {
    view.why.push_back(fmt::format(
        "flows of {} fit more transfers ({}) than those of {}, which the host's configuration has "
        "({}): the configuration is believed; if it is an old one say so with --host-ip",
        first.address.to_string(), first.claims.size(), list_of(view.addresses), view.fitting));
  }
  take_others(candidates, std::move(taken), view);
  for (const audit::IpAddress& address : configured) {
    if (std::find(view.addresses.begin(), view.addresses.end(), address) == view.addresses.end()) {
      view.addresses.push_back(address);
    }
  }
  return true;
}

/// The address whose flows fit most transfers, and others that fit what it leaves.
void elect(const std::vector<Candidate>& candidates, HostView& view) {
  const Candidate& best = candidates.front();
  const auto rival =
      std::find_if(candidates.begin() + 1, candidates.end(), [&](const Candidate& one) {
        return one.claims.size() == best.claims.size() && share_claims(one, best);
      });
  if (rival != candidates.end()) {
    view.why.push_back(
        fmt::format("flows of {} and of {} fit the same transfers: nothing is joined; say which "
                    "is the host's with --host-ip",
                    best.address.to_string(), rival->address.to_string()));
    return;
  }
  if (!is_proven(best, view.in_time)) {
    view.why.push_back(fmt::format(
        "flows of {} fit {} of {} transfers only: nothing is joined, they may be another host's; "
        "if they are this one's say so with --host-ip",
        best.address.to_string(), best.claims.size(), view.in_time));
    return;
  }
  take_others(candidates, {}, view);
}

/// What the configuration has goes first; where flows say otherwise, that is said.
void elect(const std::vector<Candidate>& candidates,
           const std::vector<audit::IpAddress>& configured, HostView& view) {
  if (elect_configured(candidates, configured, view)) {
    return;
  }
  elect(candidates, view);
  view.is_translated = !configured.empty() && !view.addresses.empty();
  if (view.is_translated) {
    view.why.push_back(fmt::format(
        "the host's configuration has {}, of which no flow fits: what is taken for the host's by "
        "the flows that fit is another, as behind a translator of addresses",
        list_of(configured)));
  }
}

}  // namespace

Clock clock_of(const Flow& flow) {
  const Telling& teller = clock_of_times(flow);
  return {teller.exporter, teller.observer};
}

bool fits(const Claim& claim, const Endpoint& peer, std::uint8_t protocol) {
  if (claim.protocol != 0 && claim.protocol != protocol) {
    return false;
  }
  return claim.port == peer.port || (claim.port == 0 && !claim.came_in);
}

HostView view_of(const HostClaims& host, const std::vector<Flow>& flows,
                 const std::vector<audit::IpAddress>& given,
                 const std::vector<audit::IpAddress>& configured) {
  HostView view;
  const Election election(host, flows);
  view.in_time = election.in_time();
  std::vector<Candidate> candidates = election.candidates();
  if (!given.empty()) {
    std::erase_if(candidates, [&](const Candidate& one) {
      return std::find(given.begin(), given.end(), one.address) == given.end();
    });
    for (const Candidate& one : candidates) {
      take(one, view);
    }
    view.addresses = given;
  } else if (!candidates.empty()) {
    elect(candidates, configured, view);
  } else if (const std::optional<TimeUs> off = election.distance()) {
    view.why.push_back(
        fmt::format("flows go where the host went, but the nearest are {} of its time: their clock "
                    "or day is another one, nothing is joined",
                    text_of(*off)));
  } else if (election.has_ends_alone()) {
    view.why.emplace_back(
        "flows go where the host went, but of none it is told when it began (as by conntrack's "
        "DESTROY alone): whose they are their times cannot tell, nothing is joined; say which "
        "address is the host's with --host-ip");
  } else if (view.in_time > 0) {
    view.why.emplace_back(
        "no flow goes where the host went: they are other hosts', or were seen "
        "where its traffic does not pass");
  }
  view.in_time = std::max(view.in_time, election.in_time(view));
  if (!view.addresses.empty()) {
    const bool tells_ends = view.fitting == 0 && election.has_ends_alone();
    const std::string fit =
        tells_ends ? std::string("of none that goes where it went it is told when it began")
                   : fmt::format("they fit {} of {} destinations", view.fitting, view.in_time);
    view.why.push_back(fmt::format("flows of {} are the host's: {}{}{}", list_of(view.addresses),
                                   fit, view.skews.empty() ? "" : "; ", skews_text(view)));
  }
  return view;
}

TimeUs skew_of(const HostView& view, const Flow& flow) {
  const auto at = view.skews.find(clock_of(flow));
  if (at != view.skews.end()) {
    return at->second.ahead;
  }
  // No transfer tells of this clock; those of sensors of one network are set alike.
  return view.skews.empty() ? TimeUs{0} : view.skews.begin()->second.ahead;
}

std::vector<SeenFlow> seen_by(HostView& view, const std::vector<Flow>& flows,
                              const audit::AddressSet& peers) {
  std::vector<SeenFlow> seen;
  for (std::uint32_t i = 0; i < flows.size(); ++i) {
    const Flow& flow = flows[i];
    const std::optional<bool> end = flow.is_a_of(view.addresses);
    if (!end) {
      continue;  // of others, or to itself
    }
    const bool is_a = *end;
    SeenFlow one;
    one.flow = i;
    one.own_is_a = is_a;
    one.came_in = came_in(flow, is_a);
    one.protocol = flow.proto;
    one.own = is_a ? flow.a : flow.b;
    one.peer = is_a ? flow.b : flow.a;
    const Endpoint& translated = is_a ? flow.nat_b : flow.nat_a;
    if (!peers.contains(one.peer.address) && peers.contains(translated.address)) {
      one.peer = translated;
    }
    one.start = flow.start - skew_of(view, flow);
    one.end = flow.end - skew_of(view, flow);
    one.late = late_of(clock_of_times(flow));
    one.is_end_alone = clock_of_times(flow).has(Flag::kStartUnknown);
    one.early = clock_of_times(flow).has(Flag::kWholeSeconds) ? kSecond : 0;
    view.told = view.told ? std::pair(std::min(view.told->first, one.start),
                                      std::max(view.told->second, one.end))
                          : std::pair(one.start, one.end);
    seen.push_back(one);
  }
  std::sort(seen.begin(), seen.end(), [](const SeenFlow& x, const SeenFlow& y) {
    return std::tie(x.peer.address, x.start, x.peer.port, x.own) <
           std::tie(y.peer.address, y.start, y.peer.port, y.own);
  });
  return seen;
}

}  // namespace auexfil::flow
