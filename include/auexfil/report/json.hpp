#pragma once

#include <string>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/report/counts.hpp"
#include "auexfil/report/options.hpp"

/// The JSON Lines of DESIGN, "Output contract": one record a call, newline included. Fields stand
/// in the order of the contract; unknown is null.
namespace auexfil::report {

void append_json(std::string& out, const facts::Fact& fact, const Options& options = {});

void append_json(std::string& out, const policy::Finding& finding, const Options& options = {});

void append_json(std::string& out, const coverage::HostCoverage& coverage,
                 const Options& options = {});

/// The summary record, always the last line.
void append_json(std::string& out, const coverage::ReadSummary& read, const Counts& counts);

}  // namespace auexfil::report
