#pragma once

#include "options.hpp"
#include "rules.hpp"

namespace auexfil::cli {

/// \return 0; 1 for a remark of the weight that --fail-on names, or a graver one; 3 where facts
/// were given and not all could be read.
[[nodiscard]] int run_lint(const Options& options, const Rules& rules, const RuleLayers& layers);

}  // namespace auexfil::cli
