#pragma once

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/host/seen.hpp"
#include "auexfil/transfer/book.hpp"

namespace auexfil::coverage {

/// One verdict on one host's log, from what is seen in it. What rule files say is not asked:
/// loading them may have failed half-way.
[[nodiscard]] HostCoverage assess(const host::Seen& seen, const transfer::ByteSight& sight);

}  // namespace auexfil::coverage
