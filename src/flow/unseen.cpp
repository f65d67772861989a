#include "unseen.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "auexfil/facts/sums.hpp"
#include "claims.hpp"
#include "values.hpp"

namespace auexfil::flow {
namespace {

using Unseen = coverage::FlowsOfHost::Unseen;

std::size_t place_of(const audit::IpAddress& a, const audit::IpAddress& b, std::size_t sums) {
  // The same for both orders.
  return static_cast<std::size_t>((audit::hash_of(a) + audit::hash_of(b)) * 0x9e3779b97f4a7c15ULL >>
                                  32U) &
         (sums - 1);
}

/// Of a record, or of what one exporter tells of a flow: both ways. One that tells none may be of
/// any number.
std::uint64_t bytes_of(const Sent& a, const Sent& b, const std::optional<std::uint64_t>& both) {
  if (!a.bytes && !b.bytes && !both) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  const std::uint64_t ways = facts::saturating_sum(a.bytes.value_or(0), b.bytes.value_or(0));
  return std::max(ways, both.value_or(0));
}

/// What nobody would call a destination.
bool is_somewhere(const audit::IpAddress& address) {
  return !address.is_loopback() && !address.is_unspecified() && !address.is_multicast() &&
         !address.is_link_local();
}

bool is_one_of(const std::vector<audit::IpAddress>& all, const audit::IpAddress& address) {
  return std::find(all.begin(), all.end(), address) != all.end();
}

const char* transport_of(std::uint8_t protocol) {
  return protocol == kTcp ? "tcp" : protocol == kUdp ? "udp" : "";
}

using Bound = std::optional<std::uint64_t>;

Bound sum_of(const Bound& a, const Bound& b) {
  return a && b ? Bound(facts::saturating_sum(*a, *b)) : std::nullopt;
}

/// One peer's flows, summed up.
class Sum {
 public:
  void add(const SeenFlow& seen, const Flow& flow, const Volume& out,
           const std::vector<std::string>& files) {
    constexpr std::int64_t kHour = 3'600'000;
    const bool is_first = sum_.flows++ == 0;
    const std::string transport = transport_of(seen.protocol);
    if (is_first) {
      sum_.address = seen.peer.address.to_string();
      sum_.port = seen.peer.port;
      sum_.transport = transport;
      sum_.first = seen.start / kMs;
      sum_.last = seen.end / kMs;
    }
    if (sum_.port != seen.peer.port || seen.peer.port == 0) {
      sum_.port.reset();
    }
    if (sum_.transport != transport) {
      sum_.transport.clear();
    }
    sum_.first = std::min(sum_.first, seen.start / kMs);
    sum_.last = std::max(sum_.last, seen.end / kMs);
    sum_.bytes = facts::saturating_sum(sum_.bytes, out.lower);
    most_ = sum_of(most_, out.upper);
    if (is_first || out.lower > largest_) {
      const Telling& telling = flow.tellings[flow.best(seen.own_is_a)];
      largest_ = out.lower;
      sum_.layer = to_word(out.layer);
      sum_.evidence = fmt::format("{}:{}", telling.file < files.size() ? files[telling.file] : "?",
                                  telling.line);
    }
    const audit::TimeMs end = seen.end / kMs;
    add_hour({end / kHour * kHour, out.lower, seen.start / kMs, end, out.upper});
  }
  /// Of a lighter one.
  void add(const Sum& other) {
    sum_.address = "others";
    ++sum_.addresses;
    sum_.port.reset();
    sum_.transport.clear();
    sum_.first = sum_.flows == 0 ? other.sum_.first : std::min(sum_.first, other.sum_.first);
    sum_.last = sum_.flows == 0 ? other.sum_.last : std::max(sum_.last, other.sum_.last);
    sum_.flows += other.sum_.flows;
    sum_.bytes = facts::saturating_sum(sum_.bytes, other.sum_.bytes);
    most_ = sum_of(most_, other.most_);
    if (other.largest_ > largest_ || sum_.evidence.empty()) {
      largest_ = other.largest_;
      sum_.layer = other.sum_.layer;
      sum_.evidence = other.sum_.evidence;
    }
    for (const auto& [from, hour] : other.hours_) {
      add_hour(hour);
    }
  }
  [[nodiscard]] Unseen take() {
    for (const auto& [from, hour] : hours_) {
      sum_.hours.push_back(hour);
    }
    sum_.bytes_most = most_;
    return std::move(sum_);
  }
  /// What it is worth to be told of: bytes that are certain, then those that may be.
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> weight() const {
    return {sum_.bytes, most_.value_or(std::numeric_limits<std::uint64_t>::max())};
  }

 private:
  /// Beyond a bound (of a year) all lies in the last hour: nothing is left out.
  void add_hour(Unseen::Hour hour) {
    constexpr std::size_t kMost = 8784;
    if (hours_.size() >= kMost && !hours_.contains(hour.from)) {
      hour.from = hours_.rbegin()->first;
    }
    const auto [at, is_new] = hours_.try_emplace(hour.from, hour);
    if (!is_new) {
      Unseen::Hour& sum = at->second;
      sum.bytes = facts::saturating_sum(sum.bytes, hour.bytes);
      sum.bytes_most = sum_of(sum.bytes_most, hour.bytes_most);
      sum.first = std::min(sum.first, hour.first);
      sum.last = std::max(sum.last, hour.last);
    }
  }

  Unseen sum_;
  std::optional<std::uint64_t> most_ = 0;
  std::uint64_t largest_ = 0;
  std::map<audit::TimeMs, Unseen::Hour> hours_;
};

}  // namespace

void PairSums::add(const FlowRecord& record) {
  put_all(record.from, record.to, record.nat_from, record.nat_to,
          bytes_of(record.out, record.back, record.both));
}

void PairSums::add(const Flow& flow) {
  std::uint64_t bytes = 0;
  for (const Telling& telling : flow.tellings) {
    bytes = facts::saturating_sum(bytes, bytes_of(telling.a, telling.b, telling.both));
  }
  put_all(flow.a, flow.b, flow.nat_a, flow.nat_b, bytes);
}

void PairSums::put_all(const Endpoint& a, const Endpoint& b, const Endpoint& nat_a,
                       const Endpoint& nat_b, std::uint64_t bytes) {
  if (bytes == 0) {
    return;
  }
  if (sums_.empty()) {
    sums_.resize(kSums);
  }
  put(a.address, b.address, bytes);
  if (nat_a != a || nat_b != b) {
    put(a.address, nat_b.address, bytes);
    put(nat_a.address, b.address, bytes);
    put(nat_a.address, nat_b.address, bytes);
  }
}

void PairSums::put(const audit::IpAddress& a, const audit::IpAddress& b, std::uint64_t bytes) {
  if (count_ == waiting_.size()) {
    settle();
  }
  const std::size_t place = place_of(a, b, sums_.size());
  __builtin_prefetch(&sums_[place], 1);
  waiting_[count_++] = {place, bytes};
}

void PairSums::settle() {
  for (; count_ > 0; --count_) {
    const Waiting& one = waiting_[count_ - 1];
    sums_[one.place] = facts::saturating_sum(sums_[one.place], one.bytes);
  }
}

std::uint64_t PairSums::of(const audit::IpAddress& a, const audit::IpAddress& b) const {
  return sums_.empty() ? 0 : sums_[place_of(a, b, sums_.size())];
}

std::uint64_t PairSums::most() const {
  return sums_.empty() ? 0 : *std::max_element(sums_.begin(), sums_.end());
}

void FlowSet::add(const Flow& flow) {
  for (const Telling& telling : flow.tellings) {
    lines_.emplace(telling.file, telling.line);
  }
}

bool FlowSet::contains(const Flow& flow) const {
  return std::all_of(flow.tellings.begin(), flow.tellings.end(), [this](const Telling& telling) {
    return lines_.contains({telling.file, telling.line});
  });
}

bool WatchedHost::is_stranger(const audit::IpAddress& peer) const {
  return is_somewhere(peer) && !talked->contains(peer) && !is_one_of(view->addresses, peer);
}

bool is_unseen(const FlowRecord& record, const std::vector<WatchedHost>& hosts,
               const PairSums& sums, std::uint64_t least) {
  const auto is_of = [&](const WatchedHost& host, const Endpoint& own, const Endpoint& own_nat,
                         const Endpoint& peer, const Endpoint& peer_nat) {
    if (!is_one_of(host.view->addresses, own.address) &&
        !is_one_of(host.view->addresses, own_nat.address)) {
      return false;
    }
    return host.is_stranger(peer.address) && host.is_stranger(peer_nat.address) &&
           std::max({sums.of(own.address, peer.address), sums.of(own_nat.address, peer.address),
                     sums.of(own.address, peer_nat.address),
                     sums.of(own_nat.address, peer_nat.address)}) > least;
  };
  return std::any_of(hosts.begin(), hosts.end(), [&](const WatchedHost& host) {
    return is_of(host, record.from, record.nat_from, record.to, record.nat_to) ||
           is_of(host, record.to, record.nat_to, record.from, record.nat_from);
  });
}

std::vector<Unseen> unseen_of(const WatchedHost& host, const std::vector<Flow>& flows,
                              const std::vector<std::string>& files) {
  constexpr std::size_t kMost = 1000;
  HostView view = *host.view;
  std::map<audit::IpAddress, Sum> sums;
  for (const SeenFlow& seen : seen_by(view, flows, audit::AddressSet())) {
    const Flow& flow = flows[seen.flow];
    const Endpoint& translated = seen.own_is_a ? flow.nat_b : flow.nat_a;
    // Who came in is no destination. Datagrams have no connection unless they have a call.
    const bool may_be_seen = seen.protocol != kUdp || host.log->bytes;
    const bool is_in_log =
        seen.start >= host.log->first * kMs && seen.start <= host.log->last * kMs;
    if (seen.came_in || !may_be_seen || !is_in_log || !host.is_stranger(seen.peer.address) ||
        !host.is_stranger(translated.address) || host.joined.contains(flow)) {
      continue;
    }
    const bool is_refused =
        std::all_of(flow.tellings.begin(), flow.tellings.end(),
                    [](const Telling& one) { return one.has(FlowRecord::kRefused); });
    if (const auto out = flow.bytes_from(view.addresses); out && !is_refused) {
      sums[seen.peer.address].add(seen, flow, *out, files);
    }
  }
  std::vector<Sum> all;
  all.reserve(sums.size());
  for (auto& [address, sum] : sums) {
    all.push_back(std::move(sum));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Sum& x, const Sum& y) { return x.weight() > y.weight(); });
  std::vector<Unseen> made;
  Sum others;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i < kMost) {
      made.push_back(all[i].take());
    } else {
      others.add(all[i]);
    }
  }
  if (all.size() > kMost) {
    made.push_back(others.take());
  }
  return made;
}

}  // namespace auexfil::flow
