#pragma once

#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/host/automation.hpp"
#include "auexfil/host/seen.hpp"
#include "auexfil/transfer/book.hpp"

namespace auexfil::coverage {

/// One verdict on one host's log, from what is seen in it. What rule files say is not asked:
/// loading them may have failed half-way.
[[nodiscard]] HostCoverage assess(const host::Seen& seen, const transfer::ByteSight& sight);

/// Units, and the sessions of those that automation.conf knows to open them for no person.
[[nodiscard]] std::vector<SeenJob> jobs_of(const host::Activities& activities,
                                           const host::Signs& signs);

}  // namespace auexfil::coverage
