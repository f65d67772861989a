#pragma once

#include <string>

#include "auexfil/report/options.hpp"
#include "options.hpp"
#include "rules.hpp"

namespace auexfil::cli {

/// Runs a command. \return the exit code of DESIGN, "Exit codes".
/// \throws RulesError, OutputError, ClosedPipe.
[[nodiscard]] int run(const Options& given);

// One function a file; run() chooses.
[[nodiscard]] int run_events_command(const Options& options);
[[nodiscard]] int run_explain(const Options& options, const Rules& rules);

/// How text is written. Looks at the environment and the terminal.
[[nodiscard]] report::Options report_options(const Options& options);

/// Milliseconds since 1970. The only clock.
[[nodiscard]] std::int64_t now_ms();

}  // namespace auexfil::cli
