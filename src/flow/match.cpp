#include "match.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <span>
#include <tuple>

#include "peer_match.hpp"

namespace auexfil::flow {
namespace {

/// Gives data connections that somebody names to the claims of their control connections.
void place_named(std::vector<PeerMatch>& parts, const std::vector<Claim>& claims,
                 const std::vector<SeenFlow>& seen, const NamedFlows& named, Matched& to) {
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
      if (part->place_named(flow - part->first(), *by, whose)) {
        to.announced.emplace(seen[flow].flow, named.told[flow]);
      }
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
        claim.asked.push_back(one);
      }
    }
  }
}

}  // namespace

std::vector<std::uint32_t> Matched::of_claims() const {
  std::vector<std::uint32_t> all;
  const auto add = [&](const std::vector<std::uint32_t>& numbers) {
    std::copy_if(numbers.begin(), numbers.end(), std::back_inserter(all),
                 [&](std::uint32_t number) { return !announced.contains(number); });
  };
  for (const ClaimFlows& claim : claims) {
    add(claim.flows);
    if (claim.is_sum || claim.of_maybe >= claim.maybe.size()) {
      add(claim.maybe);
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

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
  place_named(parts, claims, seen, named, matched);
  for (PeerMatch& part : parts) {
    part.place_rest();
  }
  return matched;
}

}  // namespace auexfil::flow
