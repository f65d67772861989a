#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/report/options.hpp"

namespace auexfil::report {

/// One line of the log, or a record of flows, as it stands there, fetched by the caller.
struct LogLine {
  std::string file;  ///< Evidence::file
  std::uint64_t line{};
  std::string text;
};

/// What one system call moved to one destination.
struct CallSum {
  std::string call;
  std::uint64_t count{};
  std::uint64_t bytes{};
};

/// What is told of one destination beside the fact.
struct DestinationDetail {
  std::vector<CallSum> calls;
  std::vector<transfer::DescriptorUse> descriptors;
};

/// Everything that is known of one transfer, and by what: lineage, user, automation with the event
/// behind each reason, destinations, evidence by file and line.
/// \param lines  in the order of the log; each is shown below the evidence of its file and line,
///        those of no evidence (the other records of an event) below all.
/// \param details  one a destination, in the order of `fact.destinations`; may be shorter.
/// \param flows  what was found of its host in flows; null: nothing
void append_explanation(std::string& out, const facts::Fact& fact,
                        const std::vector<LogLine>& lines,
                        const std::vector<DestinationDetail>& details = {},
                        const Options& options = {}, const coverage::FlowsOfHost* flows = nullptr);

}  // namespace auexfil::report
