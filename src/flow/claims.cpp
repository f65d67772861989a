#include "claims.hpp"

#include <algorithm>

#include "auexfil/input/text_hash.hpp"
#include "values.hpp"

namespace auexfil::flow {
namespace {

constexpr std::uint16_t kTftp = 69;

/// Transfers with the same one are of one job, or of one person's doing: whose bytes of several
/// are told together may be told as a sum of theirs.
std::uint32_t owner_of(const facts::Fact& fact) {
  std::string text = fact.tool;
  const auto add = [&text](std::string_view more) {
    text += '\0';
    text += more;
  };
  add(to_word(fact.automation));
  add(to_word(fact.side));
  add(std::to_string(fact.uid.value_or(0)));
  add(std::to_string(fact.auid.value_or(0)));
  add(fact.job ? fact.job->kind : std::string());
  add(fact.job ? fact.job->what : std::to_string(fact.ses.value_or(0)));
  return static_cast<std::uint32_t>(input::text_hash(text) >> 32);
}

std::uint8_t protocol_of(facts::Transport transport) {
  switch (transport) {
    case facts::Transport::tcp:
      return kTcp;
    case facts::Transport::udp:
      return kUdp;
    case facts::Transport::sctp:
      return 132;
    case facts::Transport::unknown:
      return 0;
  }
  return 0;
}

bool may_have_flows(const facts::Destination& d) {
  return d.addresses == 0 && (d.address || d.name) &&
         !(d.address && (d.address->is_loopback() || d.address->is_unspecified()));
}

}  // namespace

bool HostClaims::lacks_connections(TimeUs time) const {
  constexpr TimeUs kAround = 2'000'000;
  return !connects || std::any_of(gaps.begin(), gaps.end(), [&](const coverage::Gap& gap) {
    return time >= gap.from * kMs - kAround && time <= gap.to * kMs + kAround;
  });
}

std::string plain_name(std::string_view name) {
  while (name.ends_with('.')) {
    name.remove_suffix(1);
  }
  std::string plain(name);
  std::transform(plain.begin(), plain.end(), plain.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return plain;
}

void add_claims(const facts::Fact& fact, std::uint32_t number, const transfer::Tools& tools,
                std::size_t most, HostClaims& to) {
  for (std::size_t i = 0; i < fact.destinations.size(); ++i) {
    const facts::Destination& d = fact.destinations[i];
    if (!may_have_flows(d)) {
      continue;
    }
    if (to.claims.size() + to.named.size() >= most) {
      ++to.left_out;
      continue;
    }
    Claim claim;
    claim.fact = number;
    claim.destination = static_cast<std::uint32_t>(i);
    claim.owner = owner_of(fact);
    claim.connections =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(d.connections, 1U << 30));
    claim.first = d.first * kMs;
    claim.last = d.last * kMs;
    claim.bytes = d.bytes_estimated > 0 ? 0 : d.bytes_out.value_or(0);
    claim.tool = tools.find(fact.tool);
    claim.port = d.port.value_or(0);
    claim.protocol = protocol_of(d.transport);
    claim.came_in = d.source == facts::Source::accept;
    if (claim.protocol == 0 && claim.is_by_argv() && claim.tool != nullptr) {
      claim.protocol = claim.tool->udp || claim.port == kTftp ? kUdp : kTcp;
    }
    if (d.address) {
      claim.peer = *d.address;
      to.claims.push_back(claim);
    } else {
      to.named.push_back({claim, plain_name(*d.name)});
    }
  }
}

}  // namespace auexfil::flow
