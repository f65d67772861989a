#pragma once

#include <string>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/report/counts.hpp"
#include "auexfil/report/options.hpp"

/// A whole run in a few lines, for a mail or a line of a log.
namespace auexfil::report {

/// "high bulk-unattended web-03: 151.5 MiB (…) to 203.0.113.77:22 by scp from cron → sh, user 33,
/// limit …": one line without its end, safe for a terminal, at most 240 characters and the id.
/// \param finding  masked where it is to be
[[nodiscard]] std::string finding_line(const policy::Finding& finding);

/// What a run ended with; its parts live as long.
struct Ended {
  const std::vector<policy::Finding>& findings;
  const std::vector<coverage::HostCoverage>& hosts;
  const coverage::ReadSummary& read;
  const Counts& counts;
  std::vector<std::string> files;  ///< that it wrote; none: standard output has it all
};

/// At most five lines, each cut where it is long: the findings by severity, the one with the most
/// bytes, could the log have shown one, what was read, and where the report is.
void append_digest(std::string& out, const Ended& ended, const Options& options);

}  // namespace auexfil::report
