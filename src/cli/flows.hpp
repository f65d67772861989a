#pragma once

#include <string>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "messages.hpp"
#include "options.hpp"

namespace auexfil::cli {

/// Reads what --flows names, and says in the summary what there is of it. One that could not be
/// read to its end makes the summary incomplete.
/// \throws OutputError when the output is one of the files.
/// \param outputs  paths of what the run writes; empty ones are none
void read_flows(const Options& options, const std::vector<std::string>& outputs,
                coverage::ReadSummary& summary, Messages& messages);

}  // namespace auexfil::cli
