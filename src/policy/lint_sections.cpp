#include <algorithm>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "auexfil/policy/units.hpp"
#include "lint_parts.hpp"

namespace auexfil::policy {
namespace {

constexpr audit::TimeMs kDay = 86'400'000;
constexpr audit::TimeMs kSoon = 30 * kDay;

void lint_expiry(const Placed<Allow>& allow, audit::TimeMs now, Remarks& remarks) {
  if (!allow.value.expired_from) {
    return;
  }
  const audit::TimeMs left = *allow.value.expired_from - now;
  if (left <= 0) {
    remarks.add(*allow.section, "expires", Weight::error, "expired",
                fmt::format("expired {}: what ends after that day is not approved; give it another "
                            "day, or take it out",
                            allow.value.expires));
  } else if (left <= kSoon) {
    const audit::TimeMs days = (left + kDay - 1) / kDay;
    remarks.add(*allow.section, "expires", Weight::warning, "expires-soon",
                fmt::format("expires {}, {}", allow.value.expires,
                            days == 1 ? "today" : fmt::format("in {} days", days - 1)));
  }
}

void lint_words(const input::Section& section, std::string_view key,
                const std::vector<input::Pattern>& patterns, const std::vector<std::string>& known,
                std::string_view what, Remarks& remarks) {
  if (!patterns.empty() && !match_any(patterns, known)) {
    remarks.add(
        section, key, Weight::error, "never-holds",
        fmt::format("no {} is called '{}': it never holds", what, section.find(key)->value));
  }
}

bool has(const std::vector<GroupKey>& keys, GroupKey key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// Of a volume that is not known no limit is ever passed.
bool counts_known_bytes(const Rule& rule) {
  using transfer::Basis;
  return rule.estimates || rule.bases.has(Basis::measured) || rule.bases.has(Basis::at_least) ||
         rule.bases.has(Basis::estimated) || rule.bases.has(Basis::flow);
}

/// All hours of the day, or all days of the week.
void lint_times(const input::Section& section, std::string_view key, const Times& times,
                unsigned all, Remarks& remarks) {
  if (times.bits == (std::uint32_t{1} << all) - 1) {
    remarks.add(section, key, Weight::note, "no-effect",
                fmt::format("{} = {} is any time", key, times.text));
  }
}

void lint_keys(const Placed<Rule>& rule, const Sections& all, Remarks& remarks) {
  const RuleKeys& keys = rule.value.keys;
  constexpr unsigned kHours = 24;
  constexpr unsigned kDays = 7;
  lint_times(*rule.section, "hours", keys.hours, kHours, remarks);
  lint_times(*rule.section, "weekdays", keys.weekdays, kDays, remarks);
  if (keys.unusual_port && !rule.value.tools.empty() &&
      !match_any(rule.value.tools, all.with_ports)) {
    remarks.add(*rule.section, "unusual_port", Weight::error, "never-holds",
                "none of its tools has usual ports ([tool …] usual): it never holds");
  }
  if (keys.ratio > 0 && !counts_known_bytes(rule.value)) {
    remarks.add(*rule.section, "ratio", Weight::error, "never-holds",
                "looks at volumes alone that are not known, and those have no ratio");
  }
  if (keys.chunks > 0 && !counts_known_bytes(rule.value)) {
    remarks.add(*rule.section, "chunks", Weight::error, "never-holds",
                "looks at volumes alone that are not known, and those are not the same");
  }
}

}  // namespace

void lint_role(const Placed<Role>& role, Remarks& remarks) {
  if (role.own && role.value.limit_bytes == 0) {
    remarks.add(*role.section, "limit", Weight::note, "no-limit",
                "has a limit of 0: a single byte is over it");
  }
}

void lint_allow(const Placed<Allow>& allow, const Sections& all, audit::TimeMs now,
                Remarks& remarks) {
  if (!allow.own) {
    return;
  }
  lint_networks(allow, remarks);
  if (!allow.value.addresses.empty() && !allow.value.names.empty()) {
    remarks.add(*allow.section, "name", Weight::warning, "needs-flows",
                "wants an address and a name of one destination, which the log never has both: it "
                "holds only where network flows tell the address of a name");
  } else {
    lint_names(allow, remarks);
  }
  lint_expiry(allow, now, remarks);
  for (const auto& [key, text] :
       {std::pair("owner", &allow.value.owner), std::pair("reason", &allow.value.reason)}) {
    if (text->empty()) {
      remarks.add(*allow.section, "", Weight::warning, key[0] == 'o' ? "no-owner" : "no-reason",
                  fmt::format("has no '{}': a person has to fill it in", key));
    }
  }
  std::vector<std::string> roles;
  roles.reserve(all.roles.size());
  for (const auto& role : all.roles) {
    roles.push_back(role.value.name);
  }
  lint_words(*allow.section, "role", allow.value.roles, roles, "role", remarks);
  lint_words(*allow.section, "tool", allow.value.tools, all.tools, "tool", remarks);
}

void lint_list(const Placed<List>& list, const Sections& all, Remarks& remarks) {
  const auto asks = [&list](const Placed<Rule>& rule) {
    const std::vector<std::string>& names = rule.value.keys.lists;
    return std::find(names.begin(), names.end(), list.value.name) != names.end();
  };
  if (list.own && std::none_of(all.rules.begin(), all.rules.end(), asks)) {
    remarks.add(*list.section, "", Weight::warning, "no-effect", "no rule asks for it");
  }
}

void lint_rule(const Placed<Rule>& rule, const Sections& all, Remarks& remarks) {
  if (!rule.own) {
    return;
  }
  lint_words(*rule.section, "tool", rule.value.tools, all.tools, "tool", remarks);
  lint_words(*rule.section, "sign", rule.value.signs, all.signs, "sign", remarks);
  const Limit::Kind kind = rule.value.limit.kind;
  if ((kind == Limit::Kind::role || kind == Limit::Kind::bytes) &&
      !counts_known_bytes(rule.value)) {
    remarks.add(*rule.section, "limit", Weight::error, "never-holds",
                "looks at volumes alone that are not known, and those pass no limit");
  }
  lint_keys(rule, all, remarks);
  if (rule.value.min_destinations > 1 && has(rule.value.group_by, GroupKey::destination)) {
    remarks.add(*rule.section, "min_destinations", Weight::warning, "never-holds",
                "groups by destination, and wants several of them in a group: sums of addresses "
                "that were too many to keep apart alone are of several");
  }
}

}  // namespace auexfil::policy
