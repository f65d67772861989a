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
    const std::string name = host.host.value_or(host.node.value_or(""));
    std::string nobody;
    append_user_key({}, nobody);
    who_ = select_.identify(hashed(name), hashed(""), hashed(nobody));
    for (const Unseen& unseen : host.flows->unseen) {
      judge(host, unseen, findings);
    }
  }

 private:
  void judge(const coverage::HostCoverage& host, const Unseen& unseen,
             std::vector<Finding>& findings) {
    const auto address = audit::IpAddress::parse(unseen.address);
    const PeerId peer =
        address ? select_.intern_peer(*address) : select_.intern_peer(unseen.address);
    const bool is_asked_for = select_.peer(peer).counts &&
                              (!rule_.public_only || select_.peer(peer).is_public) &&
                              covers(rule_.ports, unseen.port) && holds(peer, unseen);
    if (!is_asked_for) {
      return;
    }
    std::map<std::string, const Allow*> expired;
    std::vector<WindowEntry> entries;
    for (const Unseen::Hour& hour : unseen.hours) {
      // A sum of several addresses is no one's: nobody has approved it.
      const Selection::Approval approval = unseen.addresses == 0
                                               ? select_.approve(unseen.port, peer, who_, hour.from)
                                               : Selection::Approval{};
      if (approval.expired != kNone) {
        expired.emplace(unseen.address, &select_.allow(approval.expired));
      }
      if (!approval.approved && (!until_ || hour.from <= *until_)) {
        entries.push_back({hour.from, hour.bytes});
      }
    }
    const Role& role = select_.policy().roles[who_.role];
    const std::int64_t window_ms = rule_.window_ms.value_or(role.window_ms);
    const std::optional<std::uint64_t> limit = limit_of(rule_, role);
    for (const Stretch& stretch : find_stretches(entries, window_ms, limit, from_)) {
      Finding finding = build(host, unseen, role);
      std::uint64_t bytes = 0;
      for (std::size_t i = stretch.first; i <= stretch.last; ++i) {
        bytes += std::min(entries[i].amount, std::numeric_limits<std::uint64_t>::max() - bytes);
      }
      finding.start = std::max(unseen.first, entries[stretch.first].end);
      finding.end = std::min(unseen.last, entries[stretch.last].end + kHour);
      finding.bytes_out = bytes;
      finding.destinations.front().bytes_out = bytes;
      finding.window_s = window_ms / 1000;
      finding.limit_bytes = limit;
      append_reasons(finding, rule_, {limit, window_ms, stretch.peak, role.name, false}, expired);
      for (const RuleKey* const key : keys_) {
        finding.reasons.push_back(key->tell_peer(rule_, select_.policy(), select_.peer(peer)));
      }
      finding.id = input::fnv(kind_of(finding), fmt::format("{:016x}", entries[stretch.first].end));
      findings.push_back(std::move(finding));
    }
  }

  /// By the keys of the rule, all of which ask for the address alone: a sum of several has none.
  [[nodiscard]] bool holds(PeerId peer, const Unseen& unseen) const {
    const AskedDestination asked{select_.peer(peer), {}, unseen.port, unseen.bytes, {}};
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
