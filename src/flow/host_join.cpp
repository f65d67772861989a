#include "host_join.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "auexfil/facts/sums.hpp"
#include "auexfil/input/fnv.hpp"
#include "values.hpp"

namespace auexfil::flow {
namespace {

/// Whole hours, those in a row as one.
std::vector<coverage::FlowsOfHost::Stretch> hours_of(const std::vector<SeenFlow>& seen) {
  constexpr std::int64_t kHour = 3'600'000;
  constexpr std::size_t kMost = 1000;
  std::vector<coverage::FlowsOfHost::Stretch> all;
  for (const SeenFlow& flow : seen) {
    const std::int64_t from = flow.start / kMs / kHour * kHour;
    all.push_back({from, std::max(flow.end / kMs, from) / kHour * kHour + kHour});
  }
  std::sort(all.begin(), all.end(), [](const auto& x, const auto& y) { return x.from < y.from; });
  std::vector<coverage::FlowsOfHost::Stretch> hours;
  for (const auto& stretch : all) {
    if (!hours.empty() && stretch.from <= hours.back().to) {
      hours.back().to = std::max(hours.back().to, stretch.to);
    } else if (hours.size() < kMost) {
      hours.push_back(stretch);
    }
  }
  return hours;
}

/// Does it tell of a long flow while it lasts? Others write when it is over.
bool tells_parts(Exporter exporter) {
  switch (exporter) {
    case Exporter::nfdump:
    case Exporter::argus:
    case Exporter::aws:
    case Exporter::gcp:
    case Exporter::azure:
      return true;
    default:
      return false;
  }
}

/// How long it takes until a connection that has begun is told of: of one that tells parts as long
/// as these are (minutes, and as it shows), of others until it is over.
TimeUs delay_of(const Telling& telling) {
  constexpr TimeUs kPart = 120 * kSecond;
  constexpr TimeUs kWindow = 600 * kSecond;  // of the clouds' flow logs
  constexpr TimeUs kTail = 60 * kSecond;
  constexpr TimeUs kLongest = TimeUs{24} * 3600 * kSecond;  // as far as anybody waits for it
  if (!tells_parts(telling.exporter)) {
    return kLongest;
  }
  const bool is_of_cloud = telling.exporter == Exporter::aws || telling.exporter == Exporter::azure;
  const TimeUs part = (telling.end - telling.start) / std::max<TimeUs>(telling.records / 2, 1);
  return std::max(is_of_cloud ? kWindow : kPart, part + kTail);
}

/// Of the exporter that is the first to tell, of those that tell of nearly all flows.
TimeUs delay_of(const std::vector<SeenFlow>& seen, const std::vector<Flow>& flows) {
  struct Teller {
    std::size_t flows = 0;
    TimeUs delay = 0;
  };
  std::map<Exporter, Teller> tellers;
  for (const SeenFlow& one : seen) {
    std::map<Exporter, TimeUs> delays;
    for (const Telling& telling : flows[one.flow].tellings) {
      TimeUs& delay = delays[telling.exporter];
      delay = std::max(delay, delay_of(telling));
    }
    for (const auto& [exporter, delay] : delays) {
      Teller& teller = tellers[exporter];
      ++teller.flows;
      teller.delay = std::max(teller.delay, delay);
    }
  }
  TimeUs least = std::numeric_limits<TimeUs>::max() / 2;
  for (const auto& [exporter, teller] : tellers) {
    if (teller.flows * 10 >= seen.size() * 9) {
      least = std::min(least, teller.delay);
    }
  }
  return least;
}

/// Of flows that may be of several transfers, what the bounds of all of these leave out.
std::uint64_t bytes_beside(const SharedFlows& shared, const HostClaims& host, const HostJoin& join,
                           const std::vector<Flow>& all) {
  std::vector<std::uint64_t> sizes;
  std::uint64_t total = 0;
  for (const std::uint32_t number : shared.flows) {
    const std::optional<Volume> out = all[number].bytes_from(join.view.addresses);
    sizes.push_back(out ? out->lower : 0);
    total = facts::saturating_sum(total, sizes.back());
  }
  std::sort(sizes.begin(), sizes.end());
  std::uint64_t told = 0;
  for (const std::uint32_t number : shared.claims) {
    std::uint64_t least = 0;
    for (std::size_t i = 0; i < join.matched.claims[number].of_maybe && i < sizes.size(); ++i) {
      least = facts::saturating_sum(least, sizes[i]);
    }
    told = facts::saturating_sum(told, std::max(least, host.claims[number].bytes));
  }
  return total - std::min(total, told);
}

/// Flows out that are nobody's, though transfers went where they go.
void tell_unjoined(const HostClaims& host, const HostJoin& join, const std::vector<Flow>& all,
                   coverage::FlowsOfHost& flows) {
  constexpr std::size_t kMostNames = 8;
  std::map<audit::IpAddress, std::uint64_t> bytes;
  for (const SharedFlows& shared : join.matched.shared) {
    const std::uint64_t beside = bytes_beside(shared, host, join, all);
    const Claim& first = host.claims[shared.claims.front()];
    if (beside > 0 && !first.came_in) {
      ++flows.unjoined;
      flows.unjoined_bytes = facts::saturating_sum(flows.unjoined_bytes, beside);
      bytes[first.peer] = facts::saturating_sum(bytes[first.peer], beside);
    }
  }
  for (const std::uint32_t number : join.matched.unseen) {
    const SeenFlow& seen = join.seen[number];
    if (seen.came_in) {
      continue;
    }
    const std::optional<Volume> out = all[seen.flow].bytes_from(join.view.addresses);
    ++flows.unjoined;
    flows.unjoined_bytes = facts::saturating_sum(flows.unjoined_bytes, out ? out->lower : 0);
    bytes[seen.peer.address] =
        facts::saturating_sum(bytes[seen.peer.address], out ? out->lower : 0);
  }
  std::vector<std::pair<std::uint64_t, audit::IpAddress>> most;
  most.reserve(bytes.size());
  for (const auto& [peer, sum] : bytes) {
    most.emplace_back(sum, peer);
  }
  std::stable_sort(most.begin(), most.end(),
                   [](const auto& x, const auto& y) { return x.first > y.first; });
  for (std::size_t i = 0; i < most.size() && i < kMostNames; ++i) {
    flows.unjoined_peers.push_back(most[i].second.to_string());
  }
}

}  // namespace

std::string name_of(const HostClaims& host) {
  return host.host ? *host.host : host.node ? *host.node : std::string("the host");
}

void note_sight(const HostClaims& host, const std::vector<Flow>& flows, HostJoin& join) {
  constexpr std::uint64_t kLeast = 5;
  join.sees_all = join.view.in_time >= kLeast && join.view.fitting * 10 >= join.view.in_time * 9;
  for (const SeenFlow& seen : join.seen) {
    for (const Telling& telling : flows[seen.flow].tellings) {
      join.sees_all = join.sees_all && !telling.has(FlowRecord::kSampled);
    }
  }
  for (const SeenFlow& seen : join.seen) {
    join.hours.insert(HostJoin::hour_of(seen.end));
  }
  if (join.view.told) {
    join.told_until = join.view.told->second - delay_of(join.seen, flows);
  }
  for (std::size_t i = 0; i < host.claims.size(); ++i) {
    if (!join.matched.claims[i].flows.empty()) {
      join.kinds.insert({host.claims[i].peer.is_v4(), host.claims[i].peer.is_private()});
    }
  }
}

std::vector<facts::FlowsTogether> flows_together(const HostClaims& host, const HostJoin& join,
                                                 const std::vector<Flow>& all,
                                                 const std::vector<std::uint64_t>& ids) {
  const auto least_of = [&](std::uint32_t number) {
    const std::optional<Volume> out = all[number].bytes_from(join.view.addresses);
    return out ? out->lower : 0;
  };
  std::vector<facts::FlowsTogether> told;
  for (const SharedFlows& shared : join.matched.shared) {
    facts::FlowsTogether& one = told.emplace_back();
    one.id = input::kFnvBegin;
    one.destinations = shared.claims.size();
    for (const std::uint32_t number : shared.claims) {
      const Claim& claim = host.claims[number];
      one.id = input::fnv(one.id, fmt::format("{:016x} {}", ids[claim.fact], claim.destination));
      for (const std::uint32_t own : join.matched.claims[number].flows) {
        one.bytes_out = facts::saturating_sum(one.bytes_out, least_of(own));
      }
    }
    std::vector<std::uint64_t> sizes;
    std::transform(shared.flows.begin(), shared.flows.end(), std::back_inserter(sizes), least_of);
    std::sort(sizes.begin(), sizes.end());
    for (std::size_t i = 0; i < shared.certain; ++i) {
      one.bytes_out = facts::saturating_sum(one.bytes_out, sizes[i]);
    }
  }
  return told;
}

coverage::FlowsOfHost flows_of(const HostClaims& host, const HostJoin& join,
                               const std::vector<Flow>& all) {
  coverage::FlowsOfHost flows;
  for (const audit::IpAddress& address : join.view.addresses) {
    flows.addresses.push_back(address.to_string());
  }
  flows.is_translated = join.view.is_translated;
  for (const auto& [clock, skew] : join.view.skews) {
    flows.clocks.push_back({to_word(clock.first), skew.ahead / kMs});
  }
  flows.in_time = join.view.in_time;
  flows.joined = static_cast<std::uint64_t>(
      std::count_if(join.matched.claims.begin(), join.matched.claims.end(),
                    [](const ClaimFlows& claim) { return !claim.is_empty(); }));
  flows.hours = hours_of(join.seen);
  tell_unjoined(host, join, all, flows);
  return flows;
}

std::vector<std::string> channel_texts(const Matched& matched, const NamedFlows& named) {
  std::vector<std::string> texts;
  const auto say = [&](std::uint64_t count, const char* what, const char* so) {
    if (count > 0) {
      texts.push_back(fmt::format("{}: {}; {}", what, count, so));
    }
  };
  say(matched.kept,
      "data connections of ftp that were announced, but that by the log another transfer has made",
      "left with that one");
  say(named.contested, "data connections of ftp that several control connections have announced",
      "joined by time");
  say(matched.refused,
      "data connections of ftp to third hosts that were announced, but that by the log the "
      "transfer "
      "has not made, or that one of several has made",
      "not joined");
  say(static_cast<std::uint64_t>(std::count_if(
          matched.claims.begin(), matched.claims.end(),
          [](const ClaimFlows& one) { return one.taken_by != kNoNumber && one.is_empty(); })),
      "transfers whose flows by time were announced as data connections of ftp by another's "
      "control "
      "connection",
      "told there");
  return texts;
}

}  // namespace auexfil::flow
