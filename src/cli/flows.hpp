#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/stage.hpp"
#include "auexfil/flow/join.hpp"
#include "messages.hpp"
#include "options.hpp"
#include "rules.hpp"

namespace auexfil::cli {

/// What --flows puts in front of the stage that takes the facts; nothing where it is not given.
class WithFlows {
 public:
  /// \param rules, next  outlive it.
  WithFlows(const Options& options, const Rules& rules, facts::Stage& next);

  [[nodiscard]] bool is_on() const { return join_.has_value(); }
  /// Where facts and hosts go.
  [[nodiscard]] facts::Stage& front();

  /// Once all of them have come: reads the flows, joins them, hands all on.
  /// \throws OutputError when an output is one of the files of flows.
  /// \param outputs  paths of what the run writes; empty ones are none
  void finish(const std::vector<std::string>& outputs, coverage::ReadSummary& summary,
              Messages& messages);

 private:
  const std::vector<std::string>& named_;
  facts::Stage& next_;
  std::optional<flow::JoinStage> join_;
};

}  // namespace auexfil::cli
