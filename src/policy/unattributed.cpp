#include "auexfil/policy/unattributed.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "auexfil/policy/units.hpp"

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

void lower_verdict(coverage::HostCoverage& host) {
  if (host.verdict == coverage::CoverageVerdict::adequate) {
    host.verdict = coverage::CoverageVerdict::partial;
  }
}

/// Only what is above every limit's least is worth a word; `adequate` goes with it.
void add_reason(coverage::HostCoverage& host, const std::optional<coverage::UnseenBytes>& unseen,
                std::uint64_t limit, const char* where) {
  if (!unseen || unseen->bytes <= limit) {
    return;
  }
  lower_verdict(host);
  host.reasons.push_back(
      fmt::format("{} {} ({})", format_size(unseen->bytes), where, names_of(*unseen)));
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

}  // namespace

bool hides_an_excess(const Policy& policy, const coverage::HostCoverage& host) {
  const std::uint64_t limit = smallest_limit(policy);
  return leaves_out_unseen(policy, host) || (host.flows && host.flows->unjoined_bytes > limit) ||
         (host.unattributed && host.unattributed->bytes > limit) ||
         (host.unaddressed && host.unaddressed->bytes > limit);
}

void judge_unattributed(const Policy& policy, std::vector<coverage::HostCoverage>& hosts) {
  const std::uint64_t limit = smallest_limit(policy);
  for (coverage::HostCoverage& host : hosts) {
    add_reason(host, host.unattributed, limit,
               "by unattended programs went to descriptors whose opening is not in the log");
    add_reason(
        host, host.unaddressed, limit,
        "by unattended programs went to peers whose address is not in the log, or only inferred");
    add_reason(
        host, unjoined(host), limit,
        "went to addresses of transfers in network flows that are no transfer's of the log, or "
        "of which nobody can tell whose they are");
    if (leaves_out_unseen(policy, host)) {
      lower_verdict(host);
      host.reasons.push_back(fmt::format(
          "flows that no program made are told of addresses alone to which more than {} went, and "
          "a rule asks for more than {}: make the facts with the same rules",
          format_size(*host.flows->unseen_above), format_size(*unseen_above(policy))));
    }
  }
}

}  // namespace auexfil::policy
