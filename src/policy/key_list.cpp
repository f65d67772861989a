#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "rule_keys.hpp"

/// `list = NAME`: the address is on a list that others wrote. The names are held against the
/// policy's lists once all of its files are read (load_policy).
namespace auexfil::policy {
namespace {

void read(SectionReader& /*reader*/, const input::Entry& entry, RuleKeys& keys) {
  keys.lists = input::split_list(entry.value);
}

bool is_given(const RuleKeys& keys) {
  return !keys.lists.empty();
}

constexpr audit::TimeMs kBegin = std::numeric_limits<audit::TimeMs>::min();
constexpr audit::TimeMs kEnd = std::numeric_limits<audit::TimeMs>::max();

/// The first entry that names it at such a time, by the rule's lists; or null.
const Listed* find(const Rule& rule, const Policy& policy, const Peer& peer, audit::TimeMs first,
                   audit::TimeMs last) {
  const auto asks = [&](const Listed& listed) {
    const List& list = policy.lists[listed.list];
    return list.entries[listed.entry].holds(first, last) &&
           std::find(rule.keys.lists.begin(), rule.keys.lists.end(), list.name) !=
               rule.keys.lists.end();
  };
  const auto hit = std::find_if(peer.lists.begin(), peer.lists.end(), asks);
  return hit == peer.lists.end() ? nullptr : &*hit;
}

bool holds(const Rule& rule, const Selection& selection, const AskedDestination& to) {
  return find(rule, selection.policy(), to.peer, to.first, to.last) != nullptr;
}

std::string tell(const Rule& rule, const Policy& policy, const Peer& peer) {
  // Of several entries for other times any says where to look.
  const Listed* const listed = find(rule, policy, peer, kBegin, kEnd - 1);
  const List& list = policy.lists[listed->list];
  return fmt::format("{} is on list {}", peer.text, place_of(list, list.entries[listed->entry]));
}

}  // namespace

const RuleKey kListKey = {
    .name = "list", .read = read, .is_given = is_given, .holds_to = holds, .tell_peer = tell};

}  // namespace auexfil::policy
