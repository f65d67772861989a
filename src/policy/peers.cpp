#include "peers.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace auexfil::policy {
audit::IpAddress network_of(const audit::IpAddress& address, unsigned bits) {
  auto bytes = address.bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned kept =
        std::clamp(bits, static_cast<unsigned>(i) * 8, static_cast<unsigned>(i) * 8 + 8) -
        static_cast<unsigned>(i) * 8;
    bytes[i] &= static_cast<std::uint8_t>(0xff00U >> kept);
  }
  if (!address.is_v4()) {
    return audit::IpAddress::v6(bytes);
  }
  return audit::IpAddress::v4({bytes[12], bytes[13], bytes[14], bytes[15]});
}

void PatternProblems::note(std::string_view section, const input::Pattern& pattern) {
  std::string sentence = fmt::format(
      "{}: the pattern {} backtracks too much on some value and was taken not to match it; "
      "write it without nested repeats",
      section, pattern.text());
  if (std::find(found_.begin(), found_.end(), sentence) == found_.end()) {
    found_.push_back(std::move(sentence));
  }
}

std::vector<std::string> PatternProblems::sentences() const {
  std::vector<std::string> sorted = found_;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

bool any_matches(const std::vector<input::Pattern>& patterns, std::string_view subject,
                 std::string_view section, PatternProblems& problems) {
  // No early end: which patterns are too costly is told whatever the others say.
  bool matched = false;
  for (const input::Pattern& pattern : patterns) {
    bool too_costly = false;
    matched = pattern.matches(subject, &too_costly) || matched;
    if (too_costly) {
      problems.note(section, pattern);
    }
  }
  return matched;
}

std::size_t Peers::Hash::operator()(const audit::IpAddress& address) const noexcept {
  std::array<std::uint64_t, 2> halves{};
  std::memcpy(halves.data(), address.bytes().data(), sizeof halves);
  std::uint64_t hash = (halves[0] ^ (halves[1] * 0x9e3779b97f4a7c15ULL)) * 0xbf58476d1ce4e5b9ULL;
  hash ^= hash >> 32;
  return static_cast<std::size_t>(hash);
}

Peers::Peers(const std::vector<Allow>& allows, PatternProblems& problems)
    : allows_(allows), problems_(problems) {
  for (std::uint32_t i = 0; i < allows.size(); ++i) {
    for (const audit::Cidr& cidr : allows[i].addresses) {
      const bool is_v4 = cidr.network.is_v4();
      const unsigned length = cidr.prefix + (is_v4 ? 96 : 0);
      auto prefix = std::find_if(prefixes_.begin(), prefixes_.end(), [&](const Prefix& p) {
        return p.is_v4 == is_v4 && p.length == length;
      });
      if (prefix == prefixes_.end()) {
        prefix = prefixes_.insert(prefixes_.end(), Prefix{is_v4, length, {}});
      }
      prefix->networks.emplace(network_of(cidr.network, length), i);
    }
  }
}

PeerId Peers::intern(const audit::IpAddress& address) {
  const auto [place, is_new] = by_address_.emplace(address, static_cast<PeerId>(peers_.size()));
  if (!is_new) {
    return place->second;
  }
  Peer peer;
  peer.text = address.to_string();
  peer.counts = !address.is_loopback() && !address.is_link_local() && !address.is_multicast() &&
                !address.is_unspecified();
  peer.is_public = !address.is_private();
  for (const Prefix& prefix : prefixes_) {
    if (prefix.is_v4 != address.is_v4()) {
      continue;
    }
    const auto [first, last] = prefix.networks.equal_range(network_of(address, prefix.length));
    for (auto hit = first; hit != last; ++hit) {
      peer.allows.push_back(hit->second);
    }
  }
  std::sort(peer.allows.begin(), peer.allows.end());
  peer.allows.erase(std::unique(peer.allows.begin(), peer.allows.end()), peer.allows.end());
  peers_.push_back(std::move(peer));
  return place->second;
}

PeerId Peers::intern(std::string_view text) {
  if (const auto address = audit::IpAddress::parse(text)) {
    return intern(*address);
  }
  const std::string name(text);
  const auto [place, is_new] = by_name_.emplace(name, static_cast<PeerId>(peers_.size()));
  if (!is_new) {
    return place->second;
  }
  Peer peer;
  peer.text = name;
  // What glibc makes of the name without asking anyone.
  peer.counts = name != "localhost" && !name.ends_with(".localhost");
  for (std::uint32_t i = 0; i < allows_.size(); ++i) {
    if (any_matches(allows_[i].names, name, fmt::format("[allow {}]", allows_[i].name),
                    problems_)) {
      peer.allows.push_back(i);
    }
  }
  peers_.push_back(std::move(peer));
  return place->second;
}

}  // namespace auexfil::policy
