#pragma once

#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/coverage/visibility.hpp"
#include "auexfil/host/audit_tally.hpp"
#include "auexfil/host/automation.hpp"

namespace auexfil::coverage {

/// One verdict on one host's log, from what is seen in it. What rule files say is not asked:
/// loading them may have failed half-way.
[[nodiscard]] HostCoverage assess(const host::AuditTally& tally, const AuditVisibility& visibility);

/// Some of what unattended programs sent is in no record. \param messages  by sendmmsg(2).
/// \param connections  over which no call that carries bytes is seen.
void note_untold(std::uint64_t messages, std::uint64_t connections, HostCoverage& coverage);

/// Units, and the sessions of those that automation.conf knows to open them for no person.
[[nodiscard]] std::vector<SeenJob> jobs_of(const host::Activities& activities,
                                           const host::Signs& signs);

}  // namespace auexfil::coverage
