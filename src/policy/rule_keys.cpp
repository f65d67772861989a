#include "rule_keys.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "store.hpp"

namespace auexfil::policy {
namespace {

constexpr std::array kKeys = {&kListKey,      &kCountryKey,  &kAsnKey,         &kFilesKey,
                              &kHoursKey,     &kWeekdaysKey, &kUnusualPortKey, &kRatioKey,
                              &kFirstSeenKey, &kChunksKey,   &kPeriodKey};

/// Of values and all but some values nothing is said.
template <typename Value>
bool covers(const OneOf<Value>& outer, const OneOf<Value>& inner) {
  const auto has = [](const OneOf<Value>& in, const std::vector<Value>& values) {
    return std::all_of(values.begin(), values.end(),
                       [&in](const Value& value) { return in.has(value) != in.others; });
  };
  return !outer.is_given() ||
         (inner.is_given() && outer.others == inner.others &&
          (outer.others ? has(inner, outer.values) : has(outer, inner.values)));
}

bool covers(const Times& outer, const Times& inner) {
  return outer.bits == 0 || (inner.bits != 0 && (inner.bits & ~outer.bits) == 0);
}

bool may_meet(const Times& one, const Times& other) {
  return one.bits == 0 || other.bits == 0 || (one.bits & other.bits) != 0;
}

bool covers(const std::vector<std::string>& outer, const std::vector<std::string>& inner) {
  const auto is_there = [&outer](const std::string& item) {
    return std::find(outer.begin(), outer.end(), item) != outer.end();
  };
  return outer.empty() || (!inner.empty() && std::all_of(inner.begin(), inner.end(), is_there));
}

std::vector<std::string> texts_of(const std::vector<input::Pattern>& patterns) {
  std::vector<std::string> texts;
  texts.reserve(patterns.size());
  for (const input::Pattern& pattern : patterns) {
    texts.push_back(pattern.text());
  }
  return texts;
}

}  // namespace

std::span<const RuleKey* const> rule_keys() {
  return kKeys;
}

std::vector<const RuleKey*> keys_of(const Rule& rule) {
  std::vector<const RuleKey*> given;
  std::copy_if(kKeys.begin(), kKeys.end(), std::back_inserter(given),
               [&rule](const RuleKey* key) { return key->is_given(rule.keys); });
  return given;
}

void tell_each_peer(const Store& store, Rows rows, std::vector<std::string>& reasons,
                    const std::function<std::string(const Peer&)>& sentence) {
  constexpr std::size_t kMostNamed = 5;
  std::map<std::string_view, const Peer*> peers;
  for (const std::uint32_t row : rows) {
    const Peer& peer = store.selection.peer(store.rows[row].peer);
    peers.emplace(peer.text, &peer);
  }
  std::size_t named = 0;
  for (const auto& [text, peer] : peers) {
    if (named == kMostNamed) {
      reasons.push_back(fmt::format("so it is with {} more destinations", peers.size() - named));
      break;
    }
    reasons.push_back(sentence(*peer));
    ++named;
  }
}

void tell(const RuleKey& key, const Store& store, const Rule& rule, Rows rows,
          std::vector<std::string>& reasons) {
  if (key.tell_peer == nullptr) {
    key.tell(store, rule, rows, reasons);
    return;
  }
  tell_each_peer(store, rows, reasons, [&](const Peer& peer) {
    return key.tell_peer(rule, store.selection.policy(), peer);
  });
}

bool covers(const RuleKeys& outer, const RuleKeys& inner) {
  return covers(outer.countries, inner.countries) && covers(outer.asns, inner.asns) &&
         covers(outer.lists, inner.lists) && covers(texts_of(outer.files), texts_of(inner.files)) &&
         covers(outer.hours, inner.hours) && covers(outer.weekdays, inner.weekdays) &&
         outer.unusual_port <= inner.unusual_port && outer.ratio <= inner.ratio &&
         outer.first_seen_ms <= inner.first_seen_ms && outer.chunks <= inner.chunks &&
         outer.period <= inner.period;
}

bool may_meet(const RuleKeys& one, const RuleKeys& other) {
  return may_meet(one.hours, other.hours) && may_meet(one.weekdays, other.weekdays);
}

}  // namespace auexfil::policy
