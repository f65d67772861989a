#include "auexfil/policy/unattributed.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "auexfil/policy/units.hpp"
#include "uncounted.hpp"
#include "unseen.hpp"

namespace auexfil::policy {
namespace {

std::uint64_t smallest_limit(const Policy& policy) {
  std::uint64_t smallest = std::numeric_limits<std::uint64_t>::max();
  for (const Role& role : policy.roles) {
    smallest = std::min(smallest, role.limit_bytes);
  }
  for (const Rule& rule : policy.rules) {
    if (rule.limit.kind == Limit::Kind::bytes) {
      smallest = std::min(smallest, rule.limit.amount);
    }
  }
  return smallest;
}

std::string names_of(const coverage::UnseenBytes& unseen) {
  constexpr std::size_t kMostNames = 4;
  std::string names;
  const std::size_t shown = std::min(kMostNames, unseen.programs.size());
  for (std::size_t i = 0; i < shown; ++i) {
    names += (i == 0 ? "" : ", ") + unseen.programs[i];
  }
  return shown < unseen.programs.size() ? names + ", …" : names;
}

/// Only what is above every limit's least is worth a word.
void add_reason(const std::optional<coverage::UnseenBytes>& unseen, std::uint64_t limit,
                const char* where, std::vector<std::string>& reasons) {
  if (unseen && unseen->bytes > limit) {
    reasons.push_back(
        fmt::format("{} {} ({})", format_size(unseen->bytes), where, names_of(*unseen)));
  }
}

/// What flows tell that no transfer of the log can have sent.
std::optional<coverage::UnseenBytes> unjoined(const coverage::HostCoverage& host) {
  if (!host.flows) {
    return std::nullopt;
  }
  return coverage::UnseenBytes{host.flows->unjoined_bytes, host.flows->unjoined_peers};
}

/// What rules ask for of flows that no program made, and whoever told of these left out.
bool leaves_out_unseen(const Policy& policy, const coverage::HostCoverage& host) {
  const std::optional<std::uint64_t> asked = unseen_above(policy);
  return asked && host.flows && host.flows->tells_unseen &&
         host.flows->unseen_above.value_or(0) > *asked;
}

std::string text_of(const UncountedExcess& excess) {
  std::vector<std::string> parts;
  if (excess.messages > 0) {
    parts.push_back(fmt::format("{} message{}", excess.messages, excess.messages == 1 ? "" : "s"));
  }
  if (excess.connections > 0) {
    parts.push_back(fmt::format("what went over {} connection{}", excess.connections,
                                excess.connections == 1 ? "" : "s"));
  }
  const std::string most =
      excess.most_bytes ? fmt::format(" (up to {})", format_size(*excess.most_bytes)) : "";
  return fmt::format(
      "{} by unattended programs ({}) to addresses that nobody approved: nothing tells how "
      "much{}, and rule {} lets out {}",
      fmt::join(parts, " and "), excess.programs, most, excess.rule, format_size(excess.limit));
}

std::string text_of(const UnseenExcess& excess) {
  const std::string most =
      excess.most_bytes ? fmt::format(" (up to {})", format_size(*excess.most_bytes)) : "";
  return fmt::format(
      "{} network flow{} to addresses with which no program of the log had a connection ({}): "
      "nothing tells how much{}, and rule {} lets out {}",
      excess.flows, excess.flows == 1 ? "" : "s", fmt::join(excess.peers, ", "), most, excess.rule,
      format_size(excess.limit));
}

/// Of connections that a port check leaves, and so does what goes by calls that no rule asks for.
std::string silent_text(std::uint64_t silent) {
  return fmt::format(
      "{} connection{} of unattended programs to addresses that nobody approved show{} no call "
      "that sends, and the log has no sendfile and no splice: port checks, unless no rule asks for "
      "these",
      silent, silent == 1 ? "" : "s", silent == 1 ? "s" : "");
}

/// What of it may be more than a limit lets out, though no rule finds it.
std::vector<std::string> excesses_of(const Policy& policy, const UnapprovedUncounted& uncounted,
                                     const std::optional<UnseenExcess>& unseen,
                                     const coverage::HostCoverage& host) {
  const std::uint64_t limit = smallest_limit(policy);
  std::vector<std::string> reasons;
  add_reason(host.unattributed, limit,
             "by unattended programs went to descriptors whose opening is not in the log", reasons);
  add_reason(
      host.unaddressed, limit,
      "by unattended programs went to peers whose address is not in the log, or only inferred",
      reasons);
  if (uncounted.excess) {
    reasons.push_back(text_of(*uncounted.excess));
  }
  add_reason(unjoined(host), limit,
             "went to addresses of transfers in network flows that are no transfer's of the log, "
             "or of which nobody can tell whose they are",
             reasons);
  if (unseen) {
    reasons.push_back(text_of(*unseen));
  }
  if (leaves_out_unseen(policy, host)) {
    reasons.push_back(fmt::format(
        "flows that no program made are told of addresses alone to which more than {} went, and "
        "a rule asks for more than {}: make the facts with the same rules",
        format_size(*host.flows->unseen_above), format_size(*unseen_above(policy))));
  }
  return reasons;
}

}  // namespace

void judge_unattributed(const Policy& policy, const JudgeOptions& options,
                        std::vector<coverage::HostCoverage>& hosts, bool has_reasons) {
  Selection selection(policy, options);
  for (coverage::HostCoverage& host : hosts) {
    const UnapprovedUncounted uncounted = weigh_uncounted(selection, host);
    std::vector<std::string> reasons =
        excesses_of(policy, uncounted, weigh_unseen(selection, host, options), host);
    host.may_hide_excess = !reasons.empty();
    const bool is_adequate = reasons.empty() && uncounted.silent == 0;
    if (has_reasons || is_adequate) {
      continue;
    }
    // What makes a host blind is graver.
    const bool is_blind = host.verdict == coverage::CoverageVerdict::blind;
    host.verdict = std::max(host.verdict, coverage::CoverageVerdict::partial);
    host.reasons.insert(is_blind ? host.reasons.end() : host.reasons.begin(),
                        std::make_move_iterator(reasons.begin()),
                        std::make_move_iterator(reasons.end()));
    if (uncounted.silent > 0) {
      host.reasons.push_back(silent_text(uncounted.silent));
    }
  }
}

}  // namespace auexfil::policy
