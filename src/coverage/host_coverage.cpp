#include "auexfil/coverage/host_coverage.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace auexfil::coverage {
namespace {

void lower(CoverageVerdict verdict, std::string reason, HostCoverage& host) {
  host.verdict = std::max(host.verdict, verdict);
  if (std::find(host.reasons.begin(), host.reasons.end(), reason) == host.reasons.end()) {
    host.reasons.insert(host.reasons.begin(), std::move(reason));
  }
}

}  // namespace

const char* to_word(CoverageVerdict verdict) {
  switch (verdict) {
    case CoverageVerdict::adequate:
      return "adequate";
    case CoverageVerdict::partial:
      return "partial";
    case CoverageVerdict::blind:
      return "blind";
  }
  return "blind";
}

void hold_to(std::optional<audit::TimeMs> start, std::optional<audit::TimeMs> end,
             HostCoverage& host) {
  constexpr audit::TimeMs kMuch = 86'400'000;  // a host is never silent for so long
  if (host.last == 0) {
    return;  // there is nothing at all, which is said
  }
  const audit::TimeMs from = start.value_or(host.first);
  const audit::TimeMs to = end.value_or(host.last);
  if (host.last < from || host.first > to) {
    lower(CoverageVerdict::blind,
          fmt::format("nothing is in the log of the time that was asked for: it begins {} and ends "
                      "{}",
                      audit::format_rfc3339(host.first), audit::format_rfc3339(host.last)),
          host);
    return;
  }
  for (const Gap& gap : host.gaps) {
    if ((start || end) && gap.from <= std::max(from, host.first) &&
        gap.to >= std::min(to, host.last)) {
      lower(CoverageVerdict::blind,
            fmt::format("all of the time that was asked for lies in a gap: {}", gap.why), host);
    }
  }
  if (host.first - from >= kMuch) {
    lower(CoverageVerdict::partial,
          fmt::format("of the time that was asked for nothing is in the log before {}",
                      audit::format_rfc3339(host.first)),
          host);
  }
  if (to - host.last >= kMuch) {
    lower(CoverageVerdict::partial,
          fmt::format("of the time that was asked for nothing is in the log after {}",
                      audit::format_rfc3339(host.last)),
          host);
  }
}

}  // namespace auexfil::coverage
