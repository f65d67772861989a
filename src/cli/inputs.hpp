#pragma once

#include "options.hpp"

namespace auexfil::cli {

/// What was found, taken for what, from when to when.
[[nodiscard]] int run_inputs(const Options& options);

}  // namespace auexfil::cli
