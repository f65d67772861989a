#include "uncounted.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace auexfil::pipeline {
namespace {

using Peer = coverage::Uncounted::Peer;
constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

/// A datagram's length has 16 bits (ip(7)); a message to a stream may be as large as memory allows.
std::optional<std::uint64_t> most_bytes(std::uint64_t datagrams, bool has_bound) {
  constexpr std::uint64_t kDatagram = 65535;
  return has_bound ? std::optional(std::min(datagrams, kMax / kDatagram) * kDatagram)
                   : std::nullopt;
}

void add(const Peer& from, Peer& to) {
  to.served = to.served && from.served;
  to.messages += from.messages;
  to.connections += from.connections;
  to.silent += from.silent;
  to.most_bytes =
      to.most_bytes && from.most_bytes
          ? std::optional(*to.most_bytes + std::min(*from.most_bytes, kMax - *to.most_bytes))
          : std::nullopt;
  to.last = std::max(to.last, from.last);
}

}  // namespace

std::optional<coverage::Uncounted> uncounted_of(const transfer::Untold& untold) {
  constexpr std::size_t kMost = 100;
  const bool lacks_calls = std::any_of(untold.sums.begin(), untold.sums.end(),
                                       [](const auto& one) { return one.second.unaudited > 0; });
  coverage::Uncounted made;
  std::set<std::string> programs;
  for (const auto& [to, sum] : untold.sums) {
    Peer peer{to.peer, to.port, to.tool, to.program, to.served, 0, 0, 0, std::nullopt, sum.last};
    peer.messages = sum.datagrams + sum.messages;
    peer.connections = sum.unaudited + sum.untracked + (lacks_calls ? sum.silent : 0);
    peer.silent = lacks_calls ? 0 : sum.silent;
    if (peer.messages + peer.connections + peer.silent == 0) {
      continue;
    }
    peer.most_bytes = most_bytes(sum.datagrams, sum.messages + peer.connections == 0);
    made.messages += peer.messages;
    made.connections += peer.connections;
    made.silent += peer.silent;
    programs.insert(to.program);
    made.peers.push_back(std::move(peer));
  }
  if (made.peers.empty()) {
    return std::nullopt;
  }
  made.programs = programs.size();
  std::stable_sort(made.peers.begin(), made.peers.end(), [](const Peer& a, const Peer& b) {
    return std::tuple(a.most_bytes.value_or(kMax), a.connections, a.silent) >
           std::tuple(b.most_bytes.value_or(kMax), b.connections, b.silent);
  });
  if (made.peers.size() > kMost) {
    // Of whatever tool: what asks for one tool alone may have to do with it.
    Peer rest{"", std::nullopt, "", "others", true, 0, 0, 0, 0, 0};
    for (std::size_t i = kMost; i < made.peers.size(); ++i) {
      add(made.peers[i], rest);
    }
    made.peers.resize(kMost);
    made.peers.push_back(std::move(rest));
  }
  return made;
}

}  // namespace auexfil::pipeline
