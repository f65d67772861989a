#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "auexfil/policy/units.hpp"
#include "rule_keys.hpp"
#include "section.hpp"

namespace auexfil::policy {
namespace {

using transfer::Basis;
using transfer::Direction;
using transfer::Side;
using transfer::Verdict;

template <typename Enum>
using Words = std::vector<std::pair<std::string_view, Enum>>;

/// The contract's words of an enum whose enumerators are 0 to `last`.
template <typename Enum>
Words<Enum> words_of(Enum last, const char* (*word)(Enum)) {
  Words<Enum> out;
  for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i) {
    out.emplace_back(word(static_cast<Enum>(i)), static_cast<Enum>(i));
  }
  return out;
}

template <typename Enum>
EnumSet<Enum> set_of(std::initializer_list<Enum> values) {
  EnumSet<Enum> set;
  for (const Enum value : values) {
    set.add(value);
  }
  return set;
}

void read_selection(SectionReader& reader, Rule& rule) {
  rule.automation = reader.words("automation", words_of(Verdict::unknown, transfer::to_word),
                                 set_of({Verdict::unattended, Verdict::unknown}));
  rule.directions = reader.words("direction", words_of(Direction::unknown, transfer::to_word),
                                 set_of({Direction::out, Direction::both, Direction::unknown}));
  rule.sides =
      reader.words("side", words_of(Side::server, transfer::to_word), set_of({Side::client}));
  const auto bases = words_of(Basis::unknown, transfer::to_word);
  EnumSet<Basis> all;
  for (const auto& [word, basis] : bases) {
    all.add(basis);
  }
  rule.bases = reader.words("basis", bases, all);
  rule.tools = reader.patterns("tool");
  rule.signs = reader.patterns("sign");
  rule.ports = reader.ports("port");
  rule.deviations =
      reader.words("deviation", words_of(Deviation::above_baseline, to_word), EnumSet<Deviation>());
  if (const input::Entry* addresses = reader.find("addresses")) {
    rule.public_only =
        reader.word<bool>(*addresses, {{"any", false}, {"public", true}}).value_or(false);
  }
  if (const input::Entry* estimates = reader.find("estimates")) {
    rule.estimates = reader.word<bool>(*estimates, {{"no", false}, {"yes", true}}).value_or(false);
  }
}

/// Of flows that no program made only the host, the destination and the bytes are known.
void read_unseen(SectionReader& reader, Rule& rule) {
  const input::Entry* const unseen = reader.find("unseen_flows");
  if (unseen == nullptr) {
    return;
  }
  rule.unseen_flows = reader.word<bool>(*unseen, {{"no", false}, {"yes", true}}).value_or(false);
  if (!rule.unseen_flows) {
    return;
  }
  const auto refuse = [&reader](const input::Entry& other) {
    reader.mistake(other, fmt::format("'{}' is not known of flows that no program made: with "
                                      "unseen_flows go port, addresses, list, country, asn, "
                                      "limit and window",
                                      other.key));
  };
  for (const char* const key : {"automation", "direction", "side", "tool", "sign", "basis",
                                "connections", "min_destinations", "estimates", "deviation"}) {
    if (const input::Entry* const other = reader.find(key)) {
      refuse(*other);
    }
  }
  for (const RuleKey* const key : rule_keys()) {
    const input::Entry* const other = reader.find(key->name);
    if (other != nullptr && key->tell_peer == nullptr) {
      refuse(*other);
    }
  }
  const bool by_address = rule.group_by.size() == 2 &&
                          std::find(rule.group_by.begin(), rule.group_by.end(), GroupKey::host) !=
                              rule.group_by.end() &&
                          std::find(rule.group_by.begin(), rule.group_by.end(),
                                    GroupKey::destination) != rule.group_by.end();
  if (!by_address && !rule.group_by.empty()) {
    reader.mistake(*reader.find("group_by"),
                   "unseen_flows = yes needs group_by = host, destination");
  }
}

void read_grouping(SectionReader& reader, Rule& rule) {
  const input::Entry* entry = reader.require("group_by", "host, destination");
  if (entry == nullptr) {
    return;
  }
  const auto keys = words_of(GroupKey::role, to_word);
  for (const std::string& item : input::split_list(entry->value)) {
    const auto key = reader.word<GroupKey>({entry->key, item, entry->line}, keys);
    if (key && std::find(rule.group_by.begin(), rule.group_by.end(), *key) != rule.group_by.end()) {
      reader.mistake(*entry, fmt::format("group_by names '{}' twice", item));
    } else if (key) {
      rule.group_by.push_back(*key);
    }
  }
}

void read_limit(SectionReader& reader, Rule& rule) {
  const input::Entry* limit = reader.find("limit");
  const input::Entry* connections = reader.find("connections");
  if (limit != nullptr && connections != nullptr) {
    reader.mistake(*connections, "a rule has 'limit' or 'connections', not both; write two rules");
  }
  if (limit != nullptr && limit->value == "role") {
    rule.limit = {Limit::Kind::role, 0};
  } else if (limit != nullptr) {
    rule.limit.kind = Limit::Kind::bytes;
    if (const auto bytes = parse_size(limit->value)) {
      rule.limit.amount = *bytes;
    } else {
      reader.mistake(*limit, fmt::format("limit = {} is neither 'role' nor a size such as 5MB or "
                                         "5MiB",
                                         limit->value));
    }
  } else if (connections != nullptr) {
    rule.limit.kind = Limit::Kind::connections;
    rule.limit.amount = reader.count(*connections).value_or(0);
  }
  if (const input::Entry* destinations = reader.find("min_destinations")) {
    rule.min_destinations = reader.count(*destinations).value_or(1);
  }
}

/// A role's limit and window hold for a host: groups that mix hosts of many roles have neither.
void read_window(SectionReader& reader, Rule& rule) {
  if (const input::Entry* window = reader.find("window")) {
    const auto ms = parse_duration(window->value);
    if (ms && *ms > 0) {
      rule.window_ms = *ms;
    } else {
      reader.mistake(
          *window,
          fmt::format("window = {} is not a duration; write 30s, 10m, 24h or 7d", window->value));
    }
  }
  const bool one_role = std::any_of(rule.group_by.begin(), rule.group_by.end(), [](GroupKey key) {
    return key == GroupKey::host || key == GroupKey::role;
  });
  if (one_role || rule.group_by.empty()) {
    return;
  }
  if (rule.limit.kind == Limit::Kind::role) {
    reader.mistake(
        *reader.find("limit"),
        "limit = role needs 'host' or 'role' in group_by; write a size, or group by one");
  }
  if (reader.find("window") == nullptr) {
    reader.mistake(*reader.find("group_by"),
                   "without 'host' or 'role' in group_by a rule needs its own window, such as "
                   "window = 24h");
  }
}

bool is_technique(std::string_view id) {
  const auto digits = [](std::string_view text, std::size_t count) {
    return text.size() == count && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return id.starts_with('T') && digits(id.substr(1, 4), 4) &&
         (id.size() == 5 || (id[5] == '.' && digits(id.substr(6), 3)));
}

void read_naming(SectionReader& reader, Rule& rule) {
  if (const input::Entry* severity = reader.require("severity", "high")) {
    rule.severity =
        reader.word(*severity, words_of(Severity::critical, to_word)).value_or(Severity::high);
  }
  if (const input::Entry* technique = reader.find("technique")) {
    rule.technique = input::split_list(technique->value);
    for (const std::string& id : rule.technique) {
      if (!is_technique(id)) {
        reader.mistake(*technique, fmt::format("technique = {} is no ATT&CK technique such as "
                                               "T1048 or T1071.002",
                                               id));
      }
    }
  }
}

}  // namespace

Rule read_rule(const input::Section& section, std::vector<input::Mistake>& mistakes) {
  SectionReader reader(
      section,
      {"automation", "direction", "side",      "tool",      "sign",         "port",
       "addresses",  "basis",     "group_by",  "limit",     "connections",  "min_destinations",
       "window",     "severity",  "technique", "estimates", "deviation",    "unseen_flows",
       "list",       "files",     "hours",     "weekdays",  "unusual_port", "ratio",
       "first_seen", "chunks",    "period",    "country",   "asn"},
      mistakes);
  Rule rule;
  rule.name = section.name;
  read_selection(reader, rule);
  read_grouping(reader, rule);
  read_unseen(reader, rule);
  read_limit(reader, rule);
  read_window(reader, rule);
  read_naming(reader, rule);
  for (const RuleKey* const key : rule_keys()) {
    if (const input::Entry* const entry = reader.find(key->name)) {
      key->read(reader, *entry, rule.keys);
    }
  }
  return rule;
}

}  // namespace auexfil::policy
