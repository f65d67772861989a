#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "auexfil/policy/units.hpp"
#include "rule_keys.hpp"
#include "store.hpp"

/// `first_seen = 30d`: the host had not gone to that destination for so long, as far as its log
/// says; and that reaches so far back. What follows within the rule's window counts with it: the
/// first of many parts is no less a first time than all of them.
namespace auexfil::policy {
namespace {

bool is_before(const Seen& a, const Seen& b) {
  return std::tie(a.host, a.peer, a.start) < std::tie(b.host, b.peer, b.start);
}

void read(SectionReader& reader, const input::Entry& entry, RuleKeys& keys) {
  if (const auto ms = parse_duration(entry.value); ms && *ms > 0) {
    keys.first_seen_ms = *ms;
  } else {
    reader.mistake(entry,
                   fmt::format("first_seen = {} is not a duration; write 12h or 30d", entry.value));
  }
}

bool is_given(const RuleKeys& keys) {
  return keys.first_seen_ms > 0;
}

/// Of each time that a host went somewhere, when the first time was that it belongs to; empty where
/// nobody can tell whether it was one.
std::vector<std::optional<audit::TimeMs>> find_firsts(const Store& store, std::int64_t silence_ms) {
  const std::vector<Seen>& seen = store.seen;
  std::vector<std::optional<audit::TimeMs>> firsts(seen.size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const bool goes_on = i > 0 && seen[i - 1].host == seen[i].host &&
                         seen[i - 1].peer == seen[i].peer &&
                         seen[i].start - seen[i - 1].start < silence_ms;
    if (goes_on) {
      firsts[i] = firsts[i - 1];
    } else if (seen[i].start - store.reach[seen[i].host] >= silence_ms) {
      firsts[i] = seen[i].start;
    }
  }
  return firsts;
}

void sift(Store& store, const Rule& rule, std::vector<std::uint32_t>& rows) {
  std::sort(store.seen.begin(), store.seen.end(), is_before);
  const auto firsts = find_firsts(store, rule.keys.first_seen_ms);
  std::erase_if(rows, [&](std::uint32_t number) {
    const Row& row = store.rows[number];
    const TransferRow& transfer = store.transfers[row.transfer];
    const Seen asked{transfer.who.host, row.peer, transfer.start};
    const auto hit = std::lower_bound(store.seen.begin(), store.seen.end(), asked, is_before);
    const auto first = hit == store.seen.end() || is_before(asked, *hit)
                           ? std::nullopt
                           : firsts[static_cast<std::size_t>(hit - store.seen.begin())];
    const std::int64_t window_ms =
        rule.window_ms.value_or(store.selection.policy().roles[transfer.who.role].window_ms);
    return !first || transfer.start - *first >= window_ms;
  });
}

void tell(const Store& store, const Rule& rule, Rows rows, std::vector<std::string>& reasons) {
  tell_each_peer(store, rows, reasons, [&](const Peer& peer) {
    return fmt::format("the host had not gone to {} in the {} before", peer.text,
                       format_duration(rule.keys.first_seen_ms));
  });
}

}  // namespace

const RuleKey kFirstSeenKey = {
    .name = "first_seen", .read = read, .is_given = is_given, .sift = sift, .tell = tell};

}  // namespace auexfil::policy
