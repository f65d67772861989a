#pragma once

#include <string>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/report/counts.hpp"
#include "auexfil/report/options.hpp"
#include "auexfil/transfer/fact.hpp"

/// Text for a terminal: a block of lines for each finding or transfer, then the last lines. Nothing
/// of the log reaches the terminal raw (safe.hpp); long commands are cut unless `verbose`.
namespace auexfil::report {

void append_table(std::string& out, const policy::Finding& finding, const Options& options = {});
void append_table(std::string& out, const transfer::Fact& fact, const Options& options = {});

/// What was found, what was read, and what the logs could have shown. Without findings it says what
/// that is worth: nothing where the log is blind.
void append_table_end(std::string& out, const std::vector<coverage::HostCoverage>& hosts,
                      const coverage::ReadSummary& read, const Counts& counts,
                      const Options& options = {});

}  // namespace auexfil::report
