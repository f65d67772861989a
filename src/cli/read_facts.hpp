#pragma once

#include <functional>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/stage.hpp"
#include "auexfil/policy/fact_pack.hpp"
#include "logs.hpp"
#include "options.hpp"

namespace auexfil::cli {

/// Reads the files of facts that the options name (none: standard input) and hands the facts that
/// they ask for to `take`, on the calling thread. What became of the files is told, and noted in
/// `summary`.
/// \param with_files  see policy::FactPack::add()
/// \param instead  null; else facts go there, whole, and not to `take`
void read_facts(const Options& options, const std::function<void(const policy::FactPack&)>& take,
                bool with_files, facts::Stage* instead, coverage::ReadSummary& summary,
                std::vector<coverage::HostCoverage>& hosts, Messages& messages);

}  // namespace auexfil::cli
