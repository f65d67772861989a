#pragma once

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/mask.hpp"
#include "auexfil/policy/finding.hpp"

namespace auexfil::report {

using facts::mask_argv;
using facts::mask_log_line;
using facts::mask_text;
using facts::masked;

/// The same values with every string masked that may quote a command line.
[[nodiscard]] policy::Finding masked(policy::Finding finding);
[[nodiscard]] coverage::HostCoverage masked(coverage::HostCoverage coverage);

}  // namespace auexfil::report
