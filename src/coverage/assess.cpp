#include "auexfil/coverage/assess.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace auexfil::coverage {
namespace {

constexpr std::size_t kMaxGaps = 100;

const char* why(const host::Loss& loss) {
  switch (loss.kind) {
    case host::Loss::Kind::serial_gap:
      return "serials missing";
    case host::Loss::Kind::half_event:
      return "events with missing records";
    case host::Loss::Kind::auditing_off:
      return "auditing was switched off";
    case host::Loss::Kind::counter:
      return "the kernel counted lost records";
  }
  return "lost";
}

}  // namespace

HostCoverage assess(const host::Seen& seen, const transfer::ByteSight& sight) {
  HostCoverage coverage;
  coverage.first = seen.first;
  coverage.last = seen.last;
  coverage.execs = seen.of(audit::Call::execve).events > 0;
  coverage.connects = sight.connects;
  coverage.bytes = sight.any;
  coverage.descriptors = sight.ends;
  if (seen.events == 0) {
    coverage.reasons.emplace_back("no events in the log");
    return coverage;
  }
  bool excerpt = seen.gap_serials > 4 * seen.events;
  std::uint64_t lost = 0;
  bool off = false;
  for (const host::Loss& loss : seen.losses) {
    const bool at_end = loss.kind == host::Loss::Kind::half_event &&
                        loss.from >= seen.last - 2000 &&
                        loss.events == 1;  // the machine went down between two records
    if (at_end || (excerpt && loss.kind == host::Loss::Kind::serial_gap)) {
      continue;
    }
    lost += std::max<std::uint64_t>(loss.events, 1);
    off = off || loss.kind == host::Loss::Kind::auditing_off;
    if (coverage.gaps.size() < kMaxGaps) {
      coverage.gaps.push_back({loss.from, loss.to, why(loss)});
    }
  }
  if (!coverage.execs) {
    coverage.reasons.emplace_back("program starts (execve) are not in the log");
  }
  if (!coverage.connects) {
    coverage.reasons.emplace_back(
        "connections are not in the log: destinations only as far as command lines name them");
  }
  if (!coverage.bytes) {
    coverage.reasons.emplace_back("no call that carries bytes is in the log: volumes are unknown");
  } else if (!sight.all) {
    coverage.reasons.emplace_back(
        "calls that carry bytes are audited for some programs or sizes only: volumes are lower "
        "bounds");
  }
  if (coverage.bytes && !sight.ends) {
    coverage.reasons.emplace_back(
        "the ends of descriptors (close) are not in the log: volumes are estimates");
  }
  constexpr auto kDaemons = static_cast<std::size_t>(host::UserClass::unset);
  std::uint64_t of_daemons = seen.forgotten[kDaemons].calls + seen.forgotten[kDaemons].writes;
  for (std::size_t i = kDaemons; i < seen.programs.size(); i += host::kUserClasses) {
    of_daemons += seen.programs[i].events;
  }
  constexpr std::uint64_t kEnough = 50;
  if (of_daemons == 0 && seen.syscalls >= kEnough) {
    coverage.reasons.emplace_back(
        "nothing of daemons and services is in the log, only of users who logged in or of cron's");
  }
  if (off) {
    coverage.reasons.emplace_back("auditing was switched off for a time");
  }
  if (lost > 0) {
    coverage.reasons.push_back(
        fmt::format("records were lost: {} places, about {} events", coverage.gaps.size(), lost));
  }
  if (excerpt) {
    coverage.reasons.emplace_back(
        "most serials are missing: an excerpt of a log, made by a filter; absence proves nothing");
  }
  if (!coverage.bytes || !coverage.connects) {
    coverage.verdict = CoverageVerdict::blind;
  } else if (coverage.reasons.empty()) {
    coverage.verdict = CoverageVerdict::adequate;
  } else {
    coverage.verdict = CoverageVerdict::partial;
  }
  return coverage;
}

}  // namespace auexfil::coverage
