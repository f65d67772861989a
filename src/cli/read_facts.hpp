#pragma once

#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/stage.hpp"
#include "auexfil/policy/judge.hpp"
#include "logs.hpp"
#include "options.hpp"

namespace auexfil::cli {

/// Reads the files of facts that the options name (none: standard input) and hands the facts that
/// they ask for to `judge`. What became of the files is told, and noted in `summary`.
/// \param instead  null; else facts go there, whole, and not to `judge`
void read_facts(const Options& options, policy::Judge& judge, facts::Stage* instead,
                coverage::ReadSummary& summary, std::vector<coverage::HostCoverage>& hosts,
                Messages& messages);

}  // namespace auexfil::cli
