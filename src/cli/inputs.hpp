#pragma once

#include "options.hpp"
#include "rules.hpp"

namespace auexfil::cli {

/// What was found, taken for what, from when to when.
[[nodiscard]] int run_inputs(const Options& options, const Rules& rules);

}  // namespace auexfil::cli
