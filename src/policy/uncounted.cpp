#include "uncounted.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "auexfil/input/text_hash.hpp"
#include "user_key.hpp"

namespace auexfil::policy {
namespace {

using Uncounted = coverage::Uncounted::Peer;

struct Asked {
  const Uncounted* uncounted = nullptr;
  PeerId peer{};
  std::vector<std::uint32_t> rules;
};

Selection::Hashed hashed(std::string_view text) {
  return {text, input::text_hash(text)};
}

bool may_go_out(const Rule& rule) {
  using transfer::Direction;
  return rule.directions.has(Direction::out) || rule.directions.has(Direction::both) ||
         rule.directions.has(Direction::unknown);
}

/// Those that may ask for it, whatever else they ask for. Several have no tool: any may be it.
std::vector<std::uint32_t> rules_for(Selection& select, const Uncounted& one, const Who& who) {
  using transfer::Verdict;
  const transfer::Side side = one.served ? transfer::Side::server : transfer::Side::client;
  std::vector<std::uint32_t> all;
  std::vector<std::uint32_t> rules;
  for (const Verdict verdict : {Verdict::unattended, Verdict::unknown}) {
    select.find_rules(verdict, side, who, rules);
    all.insert(all.end(), rules.begin(), rules.end());
  }
  for (std::uint32_t i = 0; i < select.policy().rules.size() && one.tool.empty(); ++i) {
    if (!select.policy().rules[i].unseen_flows) {
      all.push_back(i);
    }
  }
  return all;
}

/// What nobody has approved, with the rules that may ask for it.
std::vector<Asked> unapproved(Selection& select, const coverage::HostCoverage& host, RoleId& role) {
  const std::string name = host.host.value_or(host.node.value_or(""));
  std::string nobody;
  append_user_key({}, nobody);
  role = select.identify(hashed(name), hashed(""), hashed(nobody)).role;
  std::vector<Asked> all;
  for (const Uncounted& one : host.uncounted->peers) {
    const Who who = select.identify(hashed(name), hashed(one.tool), hashed(nobody));
    const PeerId peer = select.intern_peer(one.address.empty() ? "unknown" : one.address);
    const bool is_approved =
        !one.address.empty() && select.approve(one.port, peer, "", who, one.last).approved;
    if (!is_approved && select.peer(peer).counts) {
      all.push_back({&one, peer, rules_for(select, one, who)});
    }
  }
  return all;
}

UnapprovedUncounted sum_for(const Selection& select, std::uint32_t number,
                            const std::vector<Asked>& all) {
  constexpr std::size_t kMostNames = 4;
  const Rule& rule = select.policy().rules[number];
  UnapprovedUncounted made;
  UncountedExcess& sum = made.excess.emplace();
  sum.most_bytes = 0;
  std::set<std::string> names;
  for (const Asked& one : all) {
    const Uncounted& what = *one.uncounted;
    if (std::find(one.rules.begin(), one.rules.end(), number) == one.rules.end() ||
        (what.port && !covers(rule.ports, what.port)) ||
        (rule.public_only && !select.peer(one.peer).is_public)) {
      continue;
    }
    made.silent += what.silent;
    if (what.messages + what.connections == 0) {
      continue;
    }
    sum.messages += what.messages;
    sum.connections += what.connections;
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
    sum.most_bytes =
        sum.most_bytes && what.most_bytes
            ? std::optional(*sum.most_bytes + std::min(*what.most_bytes, kMax - *sum.most_bytes))
            : std::nullopt;
    if (names.size() <= kMostNames && names.insert(what.program).second) {
      sum.programs += sum.programs.empty() ? "" : ", ";
      sum.programs += names.size() <= kMostNames ? what.program : "…";
    }
  }
  return made;
}

}  // namespace

UnapprovedUncounted weigh_uncounted(Selection& selection, const coverage::HostCoverage& host) {
  UnapprovedUncounted made;
  if (!host.uncounted) {
    return made;
  }
  const Policy& policy = selection.policy();
  RoleId role{};
  const std::vector<Asked> all = unapproved(selection, host, role);
  for (std::uint32_t i = 0; i < policy.rules.size() && !all.empty(); ++i) {
    const Rule& rule = policy.rules[i];
    const bool has_bytes =
        rule.limit.kind == Limit::Kind::role || rule.limit.kind == Limit::Kind::bytes;
    if (!has_bytes || !may_go_out(rule)) {
      continue;
    }
    UnapprovedUncounted one = sum_for(selection, i, all);
    one.excess->rule = rule.name;
    one.excess->limit = limit_of(rule, policy.roles[role]).value_or(0);
    const std::optional<std::uint64_t> most = one.excess->most_bytes;
    if (!made.excess && (!most || *most > one.excess->limit)) {
      made.excess = std::move(one.excess);
    }
    made.silent = std::max(made.silent, one.silent);
  }
  return made;
}

}  // namespace auexfil::policy
