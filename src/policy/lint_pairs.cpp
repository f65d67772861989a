#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "lint_parts.hpp"
#include "network_index.hpp"
#include "rule_keys.hpp"

namespace auexfil::policy {
namespace {

template <typename Enum>
bool covers(const EnumSet<Enum>& outer, const EnumSet<Enum>& inner) {
  for (unsigned i = 0; i < 8; ++i) {
    if (inner.has(static_cast<Enum>(i)) && !outer.has(static_cast<Enum>(i))) {
      return false;
    }
  }
  return true;
}

template <typename Enum>
bool meet(const EnumSet<Enum>& one, const EnumSet<Enum>& other) {
  return one.meets(other);
}

bool covers(const PortRange& outer, const PortRange& inner) {
  return outer.first <= inner.first && inner.last <= outer.last;
}

/// Ranges side by side are taken for what they are: none covers what both do together.
bool covers(const std::vector<PortRange>& outer, const std::vector<PortRange>& inner) {
  if (outer.empty() || inner.empty()) {
    return outer.empty();
  }
  return std::all_of(inner.begin(), inner.end(), [&](const PortRange& one) {
    return std::any_of(outer.begin(), outer.end(),
                       [&](const PortRange& range) { return covers(range, one); });
  });
}

bool meet(const std::vector<PortRange>& one, const std::vector<PortRange>& other) {
  return one.empty() || other.empty() ||
         std::any_of(one.begin(), one.end(), [&](const PortRange& a) {
           return std::any_of(other.begin(), other.end(), [&](const PortRange& b) {
             return a.first <= b.last && b.first <= a.last;
           });
         });
}

bool covers(const audit::Cidr& outer, const audit::Cidr& inner) {
  return outer.prefix <= inner.prefix && outer.contains(inner.network);
}

/// Which entries have a network that holds a given one: networks nest or are apart, so those above
/// it are all there is to look at.
class Networks {
 public:
  explicit Networks(const std::vector<Placed<Allow>>& allows) {
    for (std::size_t i = 0; i < allows.size(); ++i) {
      for (const audit::Cidr& cidr : allows[i].value.addresses) {
        of_[key(cidr.network, cidr.prefix)].push_back(i);
      }
    }
  }

  /// \return each once, the first hundred.
  [[nodiscard]] std::set<std::size_t> around(const audit::Cidr& cidr, Budget& budget) const {
    constexpr std::size_t kMost = 100;
    std::set<std::size_t> found;
    for (unsigned prefix = 0; prefix <= cidr.prefix && found.size() < kMost; ++prefix) {
      const auto hit = budget.take(1) ? of_.find(key(cidr.network, prefix)) : of_.end();
      if (hit == of_.end()) {
        continue;
      }
      for (std::size_t i = 0; i < hit->second.size() && found.size() < kMost; ++i) {
        found.insert(hit->second[i]);
      }
    }
    return found;
  }

 private:
  using Key = std::pair<unsigned, audit::IpAddress>;

  static Key key(const audit::IpAddress& address, unsigned prefix) {
    return {prefix, network_of(address, prefix + (address.is_v4() ? 96 : 0))};
  }

  std::map<Key, std::vector<std::size_t>> of_;
};

/// No address is every one, as in the other lists: the names say where to.
bool covers_addresses(const Allow& outer, const Allow& inner, Budget& budget) {
  if (outer.addresses.empty() || inner.addresses.empty()) {
    return outer.addresses.empty();
  }
  return budget.take(outer.addresses.size() * inner.addresses.size()) &&
         std::all_of(inner.addresses.begin(), inner.addresses.end(), [&](const auto& one) {
           return std::any_of(outer.addresses.begin(), outer.addresses.end(),
                              [&](const auto& network) { return covers(network, one); });
         });
}

/// Unlike in the other lists a pattern of every name is not as good as none: it wants a name.
bool covers_names(const Allow& outer, const Allow& inner, Budget& budget) {
  return outer.names.empty() || (!inner.names.empty() && covers(outer.names, inner.names, budget));
}

bool meet_addresses(const Allow& one, const Allow& other, Budget& budget) {
  return one.addresses.empty() || other.addresses.empty() ||
         (budget.take(one.addresses.size() * other.addresses.size()) &&
          std::any_of(one.addresses.begin(), one.addresses.end(), [&](const auto& a) {
            return std::any_of(other.addresses.begin(), other.addresses.end(),
                               [&](const auto& b) { return covers(a, b) || covers(b, a); });
          }));
}

bool outlasts(const Allow& one, const Allow& other) {
  return !one.expired_from || (other.expired_from && *one.expired_from >= *other.expired_from);
}

bool covers(const Allow& outer, const Allow& inner, Budget& budget) {
  return outlasts(outer, inner) && covers(outer.ports, inner.ports) &&
         covers_addresses(outer, inner, budget) && covers_names(outer, inner, budget) &&
         covers(outer.roles, inner.roles, budget) && covers(outer.users, inner.users, budget) &&
         covers(outer.tools, inner.tools, budget);
}

/// Of two that are neighbours: an address or a name of one is of the other's too.
bool meet(const Allow& one, const Allow& other, Budget& budget) {
  return meet_addresses(one, other, budget) && meet(one.names, other.names, budget) &&
         meet(one.ports, other.ports) && meet(one.roles, other.roles, budget) &&
         meet(one.users, other.users, budget) && meet(one.tools, other.tools, budget);
}

std::string until(const Allow& allow) {
  return allow.expires.empty() ? "for good" : "until " + allow.expires;
}

class AllowPairs {
 public:
  AllowPairs(const Sections& all, Remarks& remarks)
      : allows_(all.allows), networks_(all.allows), remarks_(remarks) {
    for (std::size_t i = 0; i < allows_.size(); ++i) {
      if (!allows_[i].value.names.empty()) {
        named_.push_back(i);
      }
    }
  }

  void compare(std::size_t inner) {
    std::optional<std::size_t> covering;
    std::set<std::size_t> near = neighbours(inner);
    for (const std::size_t outer : near) {
      // Of two that are the same the one that is asked first needs no other.
      if (outer != inner && !covering && covers_it(outer, inner) &&
          !(outer > inner && covers_it(inner, outer))) {
        covering = outer;
      }
    }
    const Placed<Allow>& one = allows_[inner];
    if (covering) {
      remarks_.add(
          *one.section, "", Weight::warning, "covered",
          fmt::format("changes nothing: {} approves all of it, {}",
                      label(*allows_[*covering].section), until(allows_[*covering].value)));
      return;
    }
    for (const std::size_t outer : near) {
      if (outer != inner && !covers_it(inner, outer) && !covers_it(outer, inner) &&
          meet(one.value, allows_[outer].value, remarks_.budget)) {
        remarks_.add(*one.section, "", Weight::note, "overlap",
                     fmt::format("overlaps {}: what both name is approved as long as one of them "
                                 "holds, this one {}, that one {}",
                                 label(*allows_[outer].section), until(one.value),
                                 until(allows_[outer].value)));
      }
    }
  }

 private:
  bool covers_it(std::size_t outer, std::size_t inner) {
    return covers(allows_[outer].value, allows_[inner].value, remarks_.budget);
  }

  std::set<std::size_t> neighbours(std::size_t inner) {
    std::set<std::size_t> near;
    const Allow& allow = allows_[inner].value;
    for (const audit::Cidr& cidr : allow.addresses) {
      near.merge(networks_.around(cidr, remarks_.budget));
    }
    for (const std::size_t other : named_) {
      if (!allow.names.empty() && meet(allow.names, allows_[other].value.names, remarks_.budget)) {
        near.insert(other);
      }
    }
    return near;
  }

  const std::vector<Placed<Allow>>& allows_;
  Networks networks_;
  std::vector<std::size_t> named_;
  Remarks& remarks_;
};

/// An approval goes before every rule. Of rules for some tools that is said where the entry names
/// tools too.
void compare_with_rules(const Placed<Allow>& allow, const Sections& all, Remarks& remarks) {
  for (const auto& rule : all.rules) {
    if (!allow.value.ports.empty() && !rule.value.ports.empty() &&
        covers(rule.value.ports, allow.value.ports) &&
        rule.value.tools.empty() >= allow.value.tools.empty() &&
        meet(rule.value.tools, allow.value.tools, remarks.budget)) {
      remarks.add(
          *allow.section, "port", Weight::note, "beats-rule",
          fmt::format("goes before {}, which looks at these ports: what is approved is held "
                      "against no rule",
                      label(*rule.section)));
    }
  }
}

/// Limits that can be told apart without a host: the same kind, or none, which finds most.
bool finds_no_less(const Rule& strict, const Rule& other) {
  if (strict.limit.kind == Limit::Kind::none) {
    return true;
  }
  if (strict.limit.kind != other.limit.kind ||
      strict.window_ms.has_value() != other.window_ms.has_value()) {
    return false;
  }
  return strict.limit.amount <= other.limit.amount &&
         (!strict.window_ms || *strict.window_ms >= *other.window_ms);
}

bool selects_all_of(const Rule& outer, const Rule& inner, Budget& budget) {
  return outer.unseen_flows == inner.unseen_flows && covers(outer.automation, inner.automation) &&
         covers(outer.directions, inner.directions) && covers(outer.sides, inner.sides) &&
         covers(outer.bases, inner.bases) && covers(outer.ports, inner.ports) &&
         (!outer.public_only || inner.public_only) &&
         (outer.deviations.empty() ||
          (!inner.deviations.empty() && covers(outer.deviations, inner.deviations))) &&
         covers(outer.keys, inner.keys) && covers(outer.tools, inner.tools, budget) &&
         covers(outer.signs, inner.signs, budget);
}

bool may_share(const Rule& one, const Rule& other, Budget& budget) {
  return one.unseen_flows == other.unseen_flows && meet(one.automation, other.automation) &&
         meet(one.directions, other.directions) && meet(one.sides, other.sides) &&
         meet(one.bases, other.bases) && meet(one.ports, other.ports) &&
         may_meet(one.keys, other.keys) && meet(one.tools, other.tools, budget) &&
         meet(one.signs, other.signs, budget);
}

bool groups_alike(const Rule& one, const Rule& other) {
  std::vector<GroupKey> a = one.group_by;
  std::vector<GroupKey> b = other.group_by;
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

bool shadows(const Rule& outer, const Rule& inner, Budget& budget) {
  return outer.severity >= inner.severity && groups_alike(outer, inner) &&
         outer.estimates == inner.estimates && outer.min_destinations <= inner.min_destinations &&
         finds_no_less(outer, inner) && selects_all_of(outer, inner, budget);
}

/// `default` takes what is left: where nothing is, its limit is no host's.
void compare_with_default(const Sections& all, Remarks& remarks) {
  if (all.roles.empty() || all.roles.back().value.name != "default") {
    return;
  }
  std::vector<input::Pattern> asked_before;
  for (const Placed<Role>& role : all.roles) {
    asked_before.insert(asked_before.end(), role.value.hosts.begin(), role.value.hosts.end());
    if (!role.value.hosts.empty() && is_every_name(asked_before)) {
      remarks.add(*role.section, "host", Weight::warning, "shadows",
                  fmt::format("leaves no host to {}: that one is never a host's role",
                              label(*all.roles.back().section)));
      return;
    }
  }
}

}  // namespace

void compare_allows(const Sections& all, Remarks& remarks) {
  AllowPairs pairs(all, remarks);
  for (std::size_t i = 0; i < all.allows.size(); ++i) {
    if (all.allows[i].own) {
      pairs.compare(i);
      compare_with_rules(all.allows[i], all, remarks);
    }
  }
}

void compare_roles(const Sections& all, Remarks& remarks) {
  compare_with_default(all, remarks);
  for (std::size_t j = 1; j < all.roles.size(); ++j) {
    const Placed<Role>& later = all.roles[j];
    if (!later.own || later.value.hosts.empty()) {
      continue;
    }
    std::vector<input::Pattern> asked_before;
    std::string met;
    for (std::size_t i = 0; i < j; ++i) {
      const Placed<Role>& earlier = all.roles[i];
      asked_before.insert(asked_before.end(), earlier.value.hosts.begin(),
                          earlier.value.hosts.end());
      if (meet(earlier.value.hosts, later.value.hosts, remarks.budget)) {
        met += (met.empty() ? "" : ", ") + label(*earlier.section);
      }
    }
    if (!asked_before.empty() && covers(asked_before, later.value.hosts, remarks.budget)) {
      remarks.add(*later.section, "host", Weight::error, "shadowed",
                  fmt::format("is never a host's role: {} asked first, and what comes first wins",
                              met.empty() ? "others are" : met + " is"));
    } else if (!met.empty()) {
      remarks.add(
          *later.section, "host", Weight::note, "overlap",
          fmt::format("names hosts that {} names too; that one is asked first and wins", met));
    }
  }
}

void compare_rules(const Sections& all, Remarks& remarks) {
  for (std::size_t j = 0; j < all.rules.size(); ++j) {
    const Placed<Rule>& one = all.rules[j];
    for (std::size_t i = 0; one.own && i < all.rules.size(); ++i) {
      const Placed<Rule>& other = all.rules[i];
      // Of two that are the same the one behind is too many.
      if (i != j && shadows(other.value, one.value, remarks.budget) &&
          !(i > j && shadows(one.value, other.value, remarks.budget))) {
        remarks.add(*one.section, "", Weight::warning, "shadowed",
                    fmt::format("finds nothing that {} does not find as well, of severity {}",
                                label(*other.section), to_word(other.value.severity)));
        break;
      }
      if (i < j && groups_alike(one.value, other.value) &&
          may_share(one.value, other.value, remarks.budget)) {
        remarks.add(*one.section, "", Weight::note, "overlap",
                    fmt::format("looks at transfers that {} looks at too: each tells its own "
                                "finding, the graver one first",
                                label(*other.section)));
      }
    }
  }
}

}  // namespace auexfil::policy
