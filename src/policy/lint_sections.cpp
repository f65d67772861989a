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

bool is_all(const input::Pattern& pattern) {
  return pattern.text().find_first_not_of('*') == std::string::npos;
}

std::string text_of(const audit::Cidr& cidr) {
  return fmt::format("{}/{}", cidr.network.to_string(), cidr.prefix);
}

/// Whole registries and more. Of IPv6 a provider gets 32 bits; fd00::/8 is one's own.
bool is_wide(const audit::Cidr& cidr) {
  constexpr unsigned kWidest = 8;
  constexpr unsigned kProvider = 32;
  return cidr.prefix < kWidest ||
         (!cidr.network.is_v4() && !cidr.network.is_private() && cidr.prefix < kProvider);
}

bool never_counts(const audit::Cidr& cidr) {
  constexpr unsigned kLeast = 8;
  return cidr.prefix >= kLeast && (cidr.network.is_loopback() || cidr.network.is_link_local() ||
                                   cidr.network.is_multicast());
}

void lint_networks(const Placed<Allow>& allow, Remarks& remarks) {
  for (const audit::Cidr& cidr : allow.value.addresses) {
    if (cidr.prefix == 0) {
      remarks.add(*allow.section, "address", Weight::error, "wide-network",
                  fmt::format("{} is every address of its kind: nothing it covers is ever found",
                              text_of(cidr)));
    } else if (is_wide(cidr)) {
      remarks.add(*allow.section, "address", Weight::warning, "wide-network",
                  fmt::format("{} is wider than /{}; write the networks that are meant",
                              text_of(cidr), cidr.prefix < 8 ? 8 : 32));
    } else if (never_counts(cidr)) {
      remarks.add(*allow.section, "address", Weight::note, "no-effect",
                  fmt::format("{} is never a destination; it need not be approved", text_of(cidr)));
    }
  }
  if (!allow.value.addresses.empty() && !allow.value.names.empty()) {
    remarks.add(*allow.section, "name", Weight::warning, "needs-flows",
                "wants an address and a name of one destination, which the log never has both: it "
                "holds only where network flows tell the address of a name");
  } else if (std::any_of(allow.value.names.begin(), allow.value.names.end(), is_all)) {
    remarks.add(*allow.section, "name", Weight::error, "wide-name",
                "approves every name: no transfer without an address is ever found");
  }
}

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
