#include "selection.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "user_key.hpp"

namespace auexfil::policy {
namespace {

std::vector<Allow> with_command_line(std::vector<Allow> allows, const JudgeOptions& options) {
  if (!options.allows.empty()) {
    Allow allow;
    allow.name = "--allow";
    allow.addresses = options.allows;
    allows.push_back(std::move(allow));
  }
  return allows;
}

std::optional<RoleId> fixed_role(const Policy& policy, const JudgeOptions& options) {
  if (!options.role) {
    return std::nullopt;
  }
  if (const Role* role = policy.find_role(*options.role)) {
    return static_cast<RoleId>(role - policy.roles.data());
  }
  std::vector<std::string_view> known;
  for (const Role& role : policy.roles) {
    known.push_back(role.name);
  }
  throw std::invalid_argument(fmt::format("no role '{}'; the policy's roles are {}", *options.role,
                                          fmt::join(known, ", ")));
}

std::optional<std::string> spell(const std::optional<std::string>& name,
                                 const std::optional<std::uint32_t>& number) {
  if (name) {
    return name;
  }
  return number ? std::optional(std::to_string(*number)) : std::nullopt;
}

}  // namespace

Selection::Selection(const Policy& policy, const JudgeOptions& options)
    : policy_(policy),
      allows_(with_command_line(policy.allows, options)),
      peers_(policy, allows_, problems_),
      fixed_role_(fixed_role(policy, options)),
      allow_answers_(allows_.size()),
      approvals_(allows_.size()),
      rule_tool_(policy.rules.size()),
      rule_sign_(policy.rules.size()) {
  if (policy.find_role("default") == nullptr) {
    throw std::invalid_argument("the policy has no role default");
  }
}

Who Selection::identify(const Hashed& host, const Hashed& tool, const Hashed& user) {
  Who who;
  who.host = hosts_.intern(host.text, host.hash);
  who.role = role_of(who.host);
  who.tool = tools_.intern(tool.text, tool.hash);
  who.user = intern_user(user);
  return who;
}

RoleId Selection::role_of(Symbol host) {
  if (fixed_role_) {
    return *fixed_role_;
  }
  if (host >= role_of_host_.size()) {
    role_of_host_.resize(host + 1, kNone);
  }
  if (role_of_host_[host] == kNone) {
    RoleId role = 0;
    for (const Role& candidate : policy_.roles) {
      if (candidate.hosts.empty() || any_matches(candidate.hosts, hosts_.text(host),
                                                 "[role " + candidate.name + "]", problems_)) {
        break;
      }
      ++role;
    }
    role_of_host_[host] = role;
  }
  return role_of_host_[host];
}

std::uint32_t Selection::intern_user(const Hashed& key) {
  const Symbol id = user_keys_.intern(key.text, key.hash);
  if (id == users_.size()) {
    const UserFields fact = read_user_key(key.text);
    User user;
    user.name = spell(fact.uid_name, fact.uid);
    user.group = user_names_.intern(user.name ? std::string_view(*user.name) : "unknown");
    user.auid_name = spell(fact.auid_name, fact.auid);
    if (fact.uid_name) {
      user.own.push_back(*fact.uid_name);
    }
    if (fact.uid) {
      user.own.push_back(std::to_string(*fact.uid));
    }
    for (const auto& name : {fact.uid_name, fact.auid_name}) {
      if (name) {
        user.spellings.push_back(*name);
      }
    }
    for (const auto& number : {fact.uid, fact.auid}) {
      if (number) {
        user.spellings.push_back(std::to_string(*number));
      }
    }
    users_.push_back(std::move(user));
  }
  return id;
}

/// Which keys of an allow do not hold, but for its place and its date.
NearAllow Selection::compare(std::uint32_t index, std::optional<std::uint16_t> port,
                             const Who& who) {
  const Allow& allow = allows_[index];
  AllowAnswers& answers = allow_answers_[index];
  const auto label = [&allow] { return "[allow " + allow.name + "]"; };
  NearAllow near{index, 0};
  if (!covers(allow.ports, port)) {
    near.add(AllowKey::port);
  }
  if (!allow.roles.empty() && !answers.role.get(who.role, [&] {
        return any_matches(allow.roles, policy_.roles[who.role].name, label(), problems_);
      })) {
    near.add(AllowKey::role);
  }
  if (!allow.tools.empty() && !answers.tool.get(who.tool, [&] {
        return any_matches(allow.tools, tools_.text(who.tool), label(), problems_);
      })) {
    near.add(AllowKey::tool);
  }
  const auto is_user = [&] {
    bool matched = false;
    for (const std::string& spelling : users_[who.user].spellings) {
      matched = any_matches(allow.users, spelling, label(), problems_) || matched;
    }
    return matched;
  };
  if (!allow.users.empty() && !answers.user.get(who.user, is_user)) {
    near.add(AllowKey::user);
  }
  return near;
}

/// What a peer's list does not tell: of an entry with addresses and names both have to hold.
bool Selection::is_place(std::uint32_t index, std::optional<PeerId> other) const {
  const Allow& allow = allows_[index];
  if (allow.addresses.empty() || allow.names.empty()) {
    return true;
  }
  if (!other) {
    return false;
  }
  const std::vector<std::uint32_t>& allows = peers_.get(*other).allows;
  return std::binary_search(allows.begin(), allows.end(), index);
}

/// \param other  the name that goes with the address `peer`, or the address of that name
Selection::Approval Selection::approve(std::optional<std::uint16_t> port, PeerId peer,
                                       std::optional<PeerId> other, const Who& who,
                                       audit::TimeMs end) {
  Approval approval;
  for (const std::uint32_t index : peers_.get(peer).allows) {
    NearAllow near = compare(index, port, who);
    if (!is_place(index, other)) {
      near.add(AllowKey::place);
    }
    const auto& expired_from = allows_[index].expired_from;
    if (expired_from && end >= *expired_from) {
      near.add(AllowKey::expires);
    }
    if (near.lacks == 0) {
      approval.approved = true;
      approval.by = index;
      ++approvals_[index];
      return approval;
    }
    if (near.is_nearer_than(approval.near)) {
      approval.near = near;
    }
  }
  return approval;
}

Selection::Approval Selection::approve(std::optional<std::uint16_t> port, PeerId peer,
                                       std::string_view name, const Who& who, audit::TimeMs end) {
  if (name.empty()) {
    return approve(port, peer, std::optional<PeerId>(), who, end);
  }
  const PeerId named = intern_peer(name);
  const Approval by_address = approve(port, peer, std::optional(named), who, end);
  if (by_address.approved) {
    return by_address;
  }
  const Approval by_name = approve(port, named, std::optional(peer), who, end);
  const bool is_nearer =
      by_name.near.allow != kNone && by_name.near.is_nearer_than(by_address.near);
  return by_name.approved || is_nearer ? by_name : by_address;
}

bool Selection::has_sign(std::uint32_t rule, const Hashed& signs) {
  const Rule& asks = policy_.rules[rule];
  return asks.signs.empty() || rule_sign_[rule].get(signs_.intern(signs.text, signs.hash), [&] {
    bool found = false;
    for (std::string_view rest = signs.text; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\0'), rest.size());
      found = any_matches(asks.signs, rest.substr(0, end), "[rule " + asks.name + "]", problems_) ||
              found;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return found;
  });
}

void Selection::find_rules(transfer::Verdict automation, transfer::Side side, const Who& who,
                           std::vector<std::uint32_t>& rules) {
  rules.clear();
  for (std::uint32_t i = 0; i < policy_.rules.size(); ++i) {
    const Rule& rule = policy_.rules[i];
    if (rule.unseen_flows || !rule.automation.has(automation) || !rule.sides.has(side)) {
      continue;
    }
    if (rule.tools.empty() || rule_tool_[i].get(who.tool, [&] {
          return any_matches(rule.tools, tools_.text(who.tool), "[rule " + rule.name + "]",
                             problems_);
        })) {
      rules.push_back(i);
    }
  }
}

}  // namespace auexfil::policy
