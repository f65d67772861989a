#include "unseen.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "auexfil/input/fnv.hpp"
#include "auexfil/input/text_hash.hpp"
#include "auexfil/policy/unattributed.hpp"
#include "auexfil/policy/windows.hpp"
#include "reasons.hpp"
#include "rule_keys.hpp"
#include "user_key.hpp"

namespace auexfil::policy {
namespace {

using Unseen = coverage::FlowsOfHost::Unseen;

Selection::Hashed hashed(std::string_view text) {
  return {text, input::text_hash(text)};
}

class Builder {
 public:
  Builder(Selection& selection, std::uint32_t rule, std::optional<audit::TimeMs> from,
          std::optional<audit::TimeMs> until)
      : select_(selection),
        rule_(selection.policy().rules[rule]),
        keys_(keys_of(rule_)),
        from_(from),
        until_(until) {}

  void judge(const coverage::HostCoverage& host, std::vector<Finding>& findings) {
    identify(host);
    for (const Unseen& unseen : host.flows->unseen) {
      judge(host, unseen, findings);
    }
  }

  /// Which of them may be over the limit though what is certain of them is not.
  [[nodiscard]] UnseenExcess weigh(const coverage::HostCoverage& host) {
    identify(host);
    const Role& role = select_.policy().roles[who_.role];
    UnseenExcess excess;
    excess.rule = rule_.name;
    excess.limit = limit_of(rule_, role).value_or(0);
    excess.most_bytes = 0;
    for (const Unseen& unseen : host.flows->unseen) {
      const std::optional<PeerId> peer = asked_for(unseen);
      if (!peer || !exceeds(entries_of(unseen, *peer, true), role) ||
          exceeds(entries_of(unseen, *peer, false), role)) {
        continue;
      }
      excess.flows = saturated(excess.flows, unseen.flows);
      excess.most_bytes = excess.most_bytes && unseen.bytes_most
                              ? std::optional(saturated(*excess.most_bytes, *unseen.bytes_most))
                              : std::nullopt;
      constexpr std::size_t kMostNames = 4;
      if (excess.peers.size() <= kMostNames) {
        excess.peers.push_back(excess.peers.size() < kMostNames ? unseen.address : "…");
      }
    }
    return excess;
  }

 private:
  /// The hours that nobody has approved, as far as they are asked for.
  struct Entries {
    std::vector<WindowEntry> amounts;
    std::vector<const Unseen::Hour*> hours;
    NearAllows near;
  };

  static std::uint64_t saturated(std::uint64_t a, std::uint64_t b) {
    return a + std::min(b, std::numeric_limits<std::uint64_t>::max() - a);
  }

  void identify(const coverage::HostCoverage& host) {
    const std::string name = host.host.value_or(host.node.value_or(""));
    std::string nobody;
    append_user_key({}, nobody);
    who_ = select_.identify(hashed(name), hashed(""), hashed(nobody));
  }

  /// \return empty: the rule asks for none of it
  [[nodiscard]] std::optional<PeerId> asked_for(const Unseen& unseen) {
    const auto address = audit::IpAddress::parse(unseen.address);
    const PeerId peer =
        address ? select_.intern_peer(*address) : select_.intern_peer(unseen.address);
    const bool is_asked_for = select_.peer(peer).counts &&
                              (!rule_.public_only || select_.peer(peer).is_public) &&
                              covers(rule_.ports, unseen.port) && holds(peer, unseen);
    return is_asked_for ? std::optional(peer) : std::nullopt;
  }

  /// \param at_most  what may have left, in place of what has
  [[nodiscard]] Entries entries_of(const Unseen& unseen, PeerId peer, bool at_most) {
    Entries made;
    for (const Unseen::Hour& hour : unseen.hours) {
      // A sum of several addresses is no one's: nobody has approved it.
      const Selection::Approval approval =
          unseen.addresses == 0 ? select_.approve(unseen.port, peer, "", who_, end_of(hour))
                                : Selection::Approval{};
      if (approval.near.allow != kNone) {
        made.near.add(unseen.address, approval.near, select_.allow(approval.near.allow));
      }
      if (!approval.approved && (!until_ || begin_of(hour) <= *until_)) {
        const std::uint64_t most =
            hour.bytes_most.value_or(std::numeric_limits<std::uint64_t>::max());
        made.amounts.push_back({end_of(hour), at_most ? most : hour.bytes});
        made.hours.push_back(&hour);
      }
    }
    return made;
  }

  [[nodiscard]] std::vector<Stretch> stretches_of(const Entries& entries, const Role& role) const {
    return find_stretches(entries.amounts, rule_.window_ms.value_or(role.window_ms),
                          limit_of(rule_, role), from_);
  }
  [[nodiscard]] bool exceeds(const Entries& entries, const Role& role) const {
    return !stretches_of(entries, role).empty();
  }

  void judge(const coverage::HostCoverage& host, const Unseen& unseen,
             std::vector<Finding>& findings) {
    const std::optional<PeerId> peer = asked_for(unseen);
    if (!peer) {
      return;
    }
    const Entries entries = entries_of(unseen, *peer, false);
    const Role& role = select_.policy().roles[who_.role];
    const std::int64_t window_ms = rule_.window_ms.value_or(role.window_ms);
    const std::optional<std::uint64_t> limit = limit_of(rule_, role);
    for (const Stretch& stretch : stretches_of(entries, role)) {
      const Unseen::Hour& first = *entries.hours[stretch.first];
      const Unseen::Hour& last = *entries.hours[stretch.last];
      Finding finding = build(host, unseen, role);
      std::uint64_t bytes = 0;
      for (std::size_t i = stretch.first; i <= stretch.last; ++i) {
        bytes = saturated(bytes, entries.amounts[i].amount);
      }
      finding.start = first.last > 0 ? first.first : std::max(unseen.first, first.from);
      finding.end = last.last > 0 ? last.last : std::min(unseen.last, last.from + kHour);
      finding.bytes_out = bytes;
      finding.destinations.front().bytes_out = bytes;
      finding.window_s = window_ms / 1000;
      finding.limit_bytes = limit;
      append_reasons(finding, rule_, {limit, window_ms, stretch.peak, role.name, false},
                     entries.near);
      for (const RuleKey* const key : keys_) {
        finding.reasons.push_back(key->tell_peer(rule_, select_.policy(), select_.peer(*peer)));
      }
      finding.id = input::fnv(kind_of(finding), fmt::format("{:016x}", first.from));
      findings.push_back(std::move(finding));
    }
  }

  /// Facts of earlier versions have the hour alone.
  [[nodiscard]] static audit::TimeMs begin_of(const Unseen::Hour& hour) {
    return hour.last > 0 ? hour.first : hour.from;
  }
  [[nodiscard]] static audit::TimeMs end_of(const Unseen::Hour& hour) {
    return std::max(hour.last, hour.from);
  }

  /// By the keys of the rule, all of which ask for the address alone: a sum of several has none.
  [[nodiscard]] bool holds(PeerId peer, const Unseen& unseen) const {
    const AskedDestination asked{select_.peer(peer), {},         unseen.port, unseen.bytes, {},
                                 unseen.first,       unseen.last};
    return std::all_of(keys_.begin(), keys_.end(), [&](const RuleKey* key) {
      return unseen.addresses == 0 && key->holds_to(rule_, select_, asked);
    });
  }

  [[nodiscard]] Finding build(const coverage::HostCoverage& host, const Unseen& unseen,
                              const Role& role) const {
    Finding finding;
    finding.rule = rule_.name;
    finding.technique = rule_.technique;
    finding.severity = rule_.severity;
    finding.host = host.host ? host.host : host.node;
    finding.role = role.name;
    for (const GroupKey key : rule_.group_by) {
      finding.group.emplace_back(
          to_word(key), key == GroupKey::host ? finding.host.value_or("unknown") : unseen.address);
    }
    finding.basis = transfer::Basis::flow;
    finding.tool = "?";
    Finding::Destination to;
    to.address = unseen.address;
    to.port = unseen.port;
    to.basis = transfer::Basis::flow;
    to.sender = finding;
    finding.destinations.push_back(std::move(to));
    finding.reasons.push_back(
        unseen.addresses == 0
            ? fmt::format("no program of the log had a connection with {}", unseen.address)
            : fmt::format("no program of the log had a connection with any of {} more addresses",
                          unseen.addresses));
    finding.reasons.push_back(
        fmt::format("{} network {} of the host went there, the largest at {}{}", unseen.flows,
                    unseen.flows == 1 ? "flow" : "flows", unseen.evidence,
                    unseen.layer == "L4" ? "" : " (with headers)"));
    if (host.flows->is_translated) {
      finding.reasons.push_back(fmt::format(
          "{} is no address of the host's configuration: behind a translator of addresses they may "
          "be another host's",
          fmt::join(host.flows->addresses, ", ")));
    }
    if (!host.gaps.empty()) {
      finding.reasons.emplace_back("records of the log are missing: it may have been in them");
    }
    return finding;
  }

  static constexpr audit::TimeMs kHour = 3'600'000;
  Selection& select_;
  const Rule& rule_;
  std::vector<const RuleKey*> keys_;
  std::optional<audit::TimeMs> from_;
  std::optional<audit::TimeMs> until_;
  Who who_;
};

}  // namespace

std::optional<std::uint64_t> unseen_above(const Policy& policy) {
  std::optional<std::uint64_t> least;
  for (const Rule& rule : policy.rules) {
    for (const Role& role : policy.roles) {
      if (rule.unseen_flows) {
        const std::uint64_t limit = limit_of(rule, role).value_or(0);
        least = std::min(least.value_or(limit), limit);
      }
    }
  }
  return least;
}

std::optional<UnseenExcess> weigh_unseen(Selection& selection, const coverage::HostCoverage& host,
                                         const JudgeOptions& options) {
  const std::vector<Rule>& rules = selection.policy().rules;
  for (std::uint32_t i = 0; host.flows && i < rules.size(); ++i) {
    if (rules[i].unseen_flows) {
      UnseenExcess excess = Builder(selection, i, options.start, options.end).weigh(host);
      if (excess.flows > 0) {
        return excess;
      }
    }
  }
  return std::nullopt;
}

void find_unseen(Selection& selection, std::uint32_t rule,
                 const std::vector<coverage::HostCoverage>& hosts,
                 std::optional<audit::TimeMs> from, std::optional<audit::TimeMs> until,
                 std::vector<Finding>& findings) {
  Builder builder(selection, rule, from, until);
  for (const coverage::HostCoverage& host : hosts) {
    builder.judge(host, findings);
  }
}

}  // namespace auexfil::policy
