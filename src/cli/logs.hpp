#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "auexfil/pipeline/pipeline.hpp"
#include "messages.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "rules.hpp"

namespace auexfil::cli {

class Output;
class StateFile;

/// --threads, or as many as there are processors, at most 4.
[[nodiscard]] unsigned thread_count(const Options& options);

/// A log is evidence: no output may take its place.
/// \throws OutputError when the output is one of the inputs.
void protect_inputs(const pipeline::Inputs& inputs, const Output& output);

/// The same of a state, which would be put aside or written into.
void protect_inputs(const pipeline::Inputs& inputs, const std::string& state);

/// What the command line asks of the reading.
[[nodiscard]] pipeline::Options pipeline_options(const Options& options);

/// Shows the reading on a terminal: messages, and a bar that counts the bytes of all sets.
class TerminalObserver final : public pipeline::Observer {
 public:
  TerminalObserver(const Options& options, const pipeline::Inputs& inputs, Messages& messages)
      : messages_(messages), line_(!options.quiet, inputs.total_bytes) {}

  void on_message(std::string_view kind, const std::string& text) override {
    messages_.say(kind, text);
  }
  void on_bytes(std::uint64_t bytes) override {
    const std::lock_guard lock(mutex_);
    done_ += bytes;
    line_.update(done_);
  }

 private:
  Messages& messages_;
  std::mutex mutex_;
  ProgressLine line_;
  std::uint64_t done_ = 0;
};

/// Reads the logs with what the command line asks for, and shows how it goes.
[[nodiscard]] coverage::ReadSummary run_hosts(const Options& options,
                                              const pipeline::Inputs& inputs, const Rules& rules,
                                              facts::Redactor* redactor, facts::Stage& stage,
                                              Messages& messages, StateFile* state = nullptr);

/// The same where nothing is new in any log since the runs before; else nothing, and nothing said.
[[nodiscard]] std::optional<coverage::ReadSummary> run_unchanged(
    const Options& options, const pipeline::Inputs& inputs, Messages& messages,
    const std::vector<pipeline::SavedLog>& saved);

}  // namespace auexfil::cli
