#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/stage.hpp"
#include "auexfil/flow/find_flows.hpp"
#include "auexfil/flow/join.hpp"
#include "auexfil/flow/kept_flows.hpp"
#include "auexfil/pipeline/pipeline.hpp"
#include "messages.hpp"
#include "options.hpp"
#include "rules.hpp"

namespace auexfil::cli {

/// For `inputs`: reads the flow records that lie among the inputs, which scan and its kin join, and
/// says in the summary what they hold.
/// \param output  path of what the run writes
/// \return what was passed over beside them
/// \throws OutputError as WithFlows::finish()
[[nodiscard]] input::PassedOver tell_flows(const pipeline::Inputs& inputs,
                                           const std::string& output,
                                           coverage::ReadSummary& summary, Messages& messages);

/// What flows put in front of the stage that takes the facts: those that --flows names, else those
/// that lie in a folder, an archive or an image among the inputs; nothing where there are none.
class WithFlows {
 public:
  /// \param inputs  null: facts are read, only --flows is asked
  /// \param rules, next  outlive it.
  /// \param kept  what runs before have left, and this one leaves, see finish(); null: nothing
  WithFlows(const Options& options, const pipeline::Inputs* inputs, const Rules& rules,
            facts::Stage& next, flow::KeptFlows* kept = nullptr);

  [[nodiscard]] bool is_on() const { return join_.has_value(); }
  /// Where facts and hosts go.
  [[nodiscard]] facts::Stage& front();

  /// Once all of them have come: reads the flows, joins them, hands all on.
  /// \throws OutputError when an output is one of the files of flows.
  /// \param outputs  paths of what the run writes; empty ones are none
  /// \param kept_since  of transfers that were over before the next run knows some alone
  void finish(const std::vector<std::string>& outputs, coverage::ReadSummary& summary,
              Messages& messages, audit::TimeMs kept_since = 0);
  /// What has been read of them.
  [[nodiscard]] const std::vector<input::LogFile>& files() const { return found_.files; }

 private:
  void find(const pipeline::Inputs& inputs);

  facts::Stage& next_;
  flow::KeptFlows* kept_;
  flow::FoundFlows found_;
  bool is_by_itself_ = false;  ///< found_ is nobody's word but ours
  std::uint64_t not_looked_at_ = 0;
  std::optional<flow::JoinStage> join_;
};

}  // namespace auexfil::cli
