#pragma once

#include <string>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/report/counts.hpp"
#include "auexfil/report/options.hpp"

/// Text for a terminal: a block of lines for each finding or transfer, then the last lines. Nothing
/// of the log reaches the terminal raw (safe.hpp); long commands are cut unless `verbose`. No line
/// is wider than 80 columns.
namespace auexfil::report {

void append_table(std::string& out, const policy::Finding& finding, const Options& options = {});
void append_table(std::string& out, const facts::Fact& fact, const Options& options = {});

/// What a host's log could show, for `coverage`.
void append_table(std::string& out, const coverage::HostCoverage& host,
                  const Options& options = {});

/// What stands together in the table: one finding, or all those of one rule on a host whose log has
/// no call that carries bytes. Points into the judgement.
struct Card {
  std::vector<const policy::Finding*> findings;  ///< At least one.
};

/// The findings in the order of the table: by severity, then by bytes, an unknown volume last.
/// \param every a card for each finding, on such hosts too
[[nodiscard]] std::vector<Card> to_cards(const std::vector<const policy::Finding*>& findings,
                                         const std::vector<const coverage::HostCoverage*>& hosts,
                                         bool every);
void append_table(std::string& out, const Card& card, const Options& options = {});

/// What was found, what was read, and what the logs could have shown. Without findings it says what
/// that is worth: nothing where the log is blind.
void append_table_end(std::string& out, const std::vector<const coverage::HostCoverage*>& hosts,
                      const coverage::ReadSummary& read, const Counts& counts,
                      const Options& options = {});

/// What there is of flow records; nothing where none were asked for.
void append_flows(std::string& out, const coverage::ReadSummary& read, const Options& options = {});

}  // namespace auexfil::report
