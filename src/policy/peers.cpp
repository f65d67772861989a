#include "peers.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace auexfil::policy {
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

namespace {

bool holds_always(const ListEntry& entry) {
  constexpr auto kFirst = std::numeric_limits<audit::TimeMs>::min();
  constexpr auto kLast = std::numeric_limits<audit::TimeMs>::max();
  return entry.from == kFirst && entry.until == kLast;
}

}  // namespace

Peers::Peers(const Policy& policy, const std::vector<Allow>& allows, PatternProblems& problems)
    : geo_(policy.geo.get()), lists_(policy.lists), allows_(allows), problems_(problems) {
  for (std::uint32_t i = 0; i < allows.size(); ++i) {
    for (const audit::Cidr& cidr : allows[i].addresses) {
      allowed_.add(cidr, i);
    }
  }
  std::uint32_t number = 0;
  for (std::uint32_t list = 0; list < lists_.size(); ++list) {
    for (std::uint32_t i = 0; i < lists_[list].entries.size(); ++i) {
      listed_.add(lists_[list].entries[i].network, number++);
    }
  }
}

/// Of each list the entries in its order, up to the first that holds at any time.
std::vector<Listed> Peers::find_lists(const audit::IpAddress& address) const {
  std::vector<Listed> found;
  std::uint32_t list = 0;
  std::uint32_t begin = 0;  // the number of its first entry
  for (const std::uint32_t number : listed_.find(address)) {
    while (number - begin >= lists_[list].entries.size()) {
      begin += static_cast<std::uint32_t>(lists_[list++].entries.size());
    }
    if (found.empty() || found.back().list != list ||
        !holds_always(lists_[list].entries[found.back().entry])) {
      found.push_back({list, number - begin});
    }
  }
  return found;
}

PeerId Peers::intern(const audit::IpAddress& address) {
  const auto [place, is_new] = by_address_.try_emplace(address, static_cast<PeerId>(peers_.size()));
  if (!is_new) {
    return place->second;
  }
  Peer peer;
  peer.text = address.to_string();
  peer.counts = !address.is_loopback() && !address.is_link_local() && !address.is_multicast() &&
                !address.is_unspecified();
  peer.is_public = !address.is_private();
  peer.allows = allowed_.find(address);
  peer.lists = find_lists(address);
  if (geo_ != nullptr) {
    peer.place = geo_->find(address);
  }
  peers_.push_back(std::move(peer));
  return place->second;
}

PeerId Peers::intern(std::string_view text) {
  if (const auto address = audit::IpAddress::parse(text)) {
    return intern(*address);
  }
  const std::string name(text);
  const auto [place, is_new] = by_name_.try_emplace(name, static_cast<PeerId>(peers_.size()));
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
