#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "auexfil/audit/read_log.hpp"
#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/input/disk_image.hpp"
#include "auexfil/input/logs.hpp"
#include "auexfil/transfer/transfer_builder.hpp"
#include "messages.hpp"
#include "options.hpp"
#include "rules.hpp"

namespace auexfil::cli {

/// The logs that a command reads, and who they are of.
struct Inputs {
  std::vector<input::LogSet> sets;
  std::vector<input::Problem> problems;
  std::optional<std::string> host;  ///< of the image or of this machine; else as the set says
  input::Names names;               ///< of the image or of this machine, empty for collected logs
  std::uint64_t total_bytes{};
};
[[nodiscard]] Inputs find_inputs(const Options& options);

/// --threads, or as many as there are processors, at most 4.
[[nodiscard]] unsigned thread_count(const Options& options);

class Output;
/// A log is evidence: no output may take its place.
/// \throws OutputError when the output is one of the inputs.
void protect_inputs(const Inputs& inputs, const Output& output);

/// What the facts of all hosts go to.
struct FactReceiver {
  /// Facts come with what it leaves of their texts. Masked before they are judged, as `transfers`
  /// prints them: groups and ids must not hang on what is not shown. Null: as they are.
  facts::Redactor* redactor = nullptr;
  std::function<void(const facts::Fact&, const facts::FactDetails&)> fact;
  std::function<void(const coverage::HostCoverage&)> host;
};

/// Reads all logs, follows each host, and hands on facts and coverage: set by set, host by host.
/// Several sets are read at once, each on one thread; one that makes up a large part of all is
/// read alone, on all threads.
/// \return what was read. `complete` is false when an input was missing, damaged or no audit log.
[[nodiscard]] coverage::ReadSummary run_hosts(const Options& options, const Inputs& inputs,
                                              const Rules& rules, const FactReceiver& receiver,
                                              Messages& messages);

/// Reads all logs and hands on the bare events. \param set index of the set.
[[nodiscard]] coverage::ReadSummary run_events(
    const Options& options, const Inputs& inputs,
    const std::function<void(const audit::Event&, const input::LogSet& set)>& sink,
    Messages& messages);

}  // namespace auexfil::cli
