#pragma once

#include "options.hpp"
#include "rules.hpp"

namespace auexfil::cli {

/// \return 0, or 3 where not all facts could be read: what is proposed then is said to be of less.
[[nodiscard]] int run_baseline(const Options& options, const Rules& rules,
                               const RuleLayers& layers);

}  // namespace auexfil::cli
