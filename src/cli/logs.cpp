#include "logs.hpp"

#include <algorithm>
#include <stdexcept>
#include <sys/stat.h>
#include <thread>

#include <fmt/format.h>

#include "auexfil/input/state_io.hpp"
#include "output.hpp"
#include "state_file.hpp"

namespace auexfil::cli {

unsigned thread_count(const Options& options) {
  if (options.threads > 0) {
    return options.threads;
  }
  return std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
}

namespace {

/// \param what  "the output"
void protect(const pipeline::Inputs& inputs, const std::string& path, const char* what) {
  struct stat there {};
  if (path.empty() || stat(path.c_str(), &there) != 0) {
    return;
  }
  for (const input::LogSet& set : inputs.sets) {
    for (const input::LogFile& file : set.files) {
      input::Tree::Info info;
      if (S_ISREG(there.st_mode) && file.tree->stat(file.path, info) == 0 &&
          info.device == there.st_dev && info.inode == there.st_ino) {
        throw OutputError(
            fmt::format("{}: is one of the logs; name another file for {}", path, what));
      }
    }
  }
  for (const std::string& archive : inputs.archives) {
    struct stat info {};
    if (stat(archive.c_str(), &info) == 0 && info.st_dev == there.st_dev &&
        info.st_ino == there.st_ino) {
      throw OutputError(
          fmt::format("{}: is one of the inputs; name another file for {}", path, what));
    }
  }
}

}  // namespace

void protect_inputs(const pipeline::Inputs& inputs, const Output& output) {
  protect(inputs, output.path(), "the output");
}

void protect_inputs(const pipeline::Inputs& inputs, const std::string& state) {
  protect(inputs, state, "the state");
}

pipeline::Options pipeline_options(const Options& options) {
  pipeline::Options made;
  made.threads = thread_count(options);
  made.block_bytes = options.block_bytes;
  made.max_memory = options.max_memory;
  made.max_nodes = options.max_nodes;
  made.max_open_events = options.max_open_events;
  made.tracker.max_descriptors = options.max_descriptors;
  made.tracker.max_processes = options.max_processes;
  made.tracker.argv.max_bytes = options.max_argv_bytes;
  made.tracker.max_string_bytes = options.max_string_bytes;
  made.host = options.host;
  made.node = options.node;
  made.describe_inputs = options.command == Command::inputs;
  return made;
}

/// Twice the longest window, so that none is cut whose end may still come.
std::int64_t kept_ms(const Options& options, const policy::Policy& policy) {
  constexpr std::int64_t kDay = 86'400'000;
  std::int64_t longest = kDay;
  for (const policy::Role& role : policy.roles) {
    longest = std::max(longest, role.window_ms);
  }
  for (const policy::Rule& rule : policy.rules) {
    longest = std::max({longest, rule.window_ms.value_or(0), rule.keys.first_seen_ms});
  }
  return options.keep_days * kDay + 2 * std::min(longest, std::int64_t{36500} * kDay);
}

coverage::ReadSummary run_hosts(const Options& options, const pipeline::Inputs& inputs,
                                const Rules& rules, facts::Redactor* redactor, facts::Stage& stage,
                                Messages& messages, StateFile* state) {
  TerminalObserver observer(options, inputs, messages);
  pipeline::Options reading = pipeline_options(options);
  reading.redactor = redactor;
  if (state != nullptr) {
    reading.saved = &state->logs();
    reading.put_forward = [state](const pipeline::SavedLog& log) { state->begin_packing(log); };
  }
  reading.keep_ms = kept_ms(options, rules.policy);
  try {
    return pipeline::run_hosts(inputs, reading, {rules.tools, rules.signs}, stage, observer);
  } catch (const input::StateRefused& refused) {
    // Its seal was whole: nobody but who wrote it can have made it so.
    throw std::runtime_error(
        fmt::format("{}: {}; nothing was kept of this run: remove the state, "
                    "and the next one reads all again",
                    options.state, refused.what()));
  }
}

std::optional<coverage::ReadSummary> run_unchanged(const Options& options,
                                                   const pipeline::Inputs& inputs,
                                                   Messages& messages,
                                                   const std::vector<pipeline::SavedLog>& saved) {
  TerminalObserver observer(options, inputs, messages);
  return pipeline::run_unchanged(inputs, saved, observer);
}

}  // namespace auexfil::cli
