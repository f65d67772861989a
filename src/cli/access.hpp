#pragma once

#include "confine.hpp"
#include "options.hpp"

namespace auexfil::cli {

/// What a run with these options needs, rules aside, which have been read. Reads auditd.conf where
/// this machine's log is what is asked for.
[[nodiscard]] Access access_of(const Options& options);

}  // namespace auexfil::cli
