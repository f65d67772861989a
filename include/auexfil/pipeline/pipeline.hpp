#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/artefacts/logins.hpp"
#include "auexfil/artefacts/matcher.hpp"
#include "auexfil/audit/read_log.hpp"
#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/stage.hpp"
#include "auexfil/host/automation.hpp"
#include "auexfil/host/tracker.hpp"
#include "auexfil/input/disk_image.hpp"
#include "auexfil/input/logs.hpp"
#include "auexfil/pipeline/saved_log.hpp"
#include "auexfil/transfer/tools.hpp"

/// From logs to facts: sets of files read side by side, each host followed by itself, what it sent
/// handed on in order. Knows neither command lines nor terminals; any front end may call it.
namespace auexfil::pipeline {

/// The logs that are to be read, and who they are of.
struct Inputs {
  std::vector<input::LogSet> sets;
  std::vector<input::Problem> problems;
  std::vector<std::string> archives;  ///< in which logs were looked for
  input::PassedOver passed_over;
  std::optional<std::string> host;  ///< of the image or of this machine; else as the set says
  input::Names names;               ///< of the image or of this machine, empty for collected logs
  std::shared_ptr<const input::Tree> image;            ///< null for none
  std::shared_ptr<const artefacts::Matcher> starters;  ///< of the image; null for none
  /// Of each set, the other logs of its host; null, or too few, where there are none.
  std::vector<std::shared_ptr<const artefacts::SystemLogs>> system_logs;
  std::uint64_t total_bytes{};
};
/// \param root  of a mounted image; empty: none.
/// \param paths  of logs and folders; none, and no root: this machine's own log.
[[nodiscard]] Inputs find_inputs(const std::string& root, const std::vector<std::string>& paths);

struct Options {
  unsigned threads = 1;
  std::size_t block_bytes = std::size_t{256} << 10;
  std::uint64_t max_memory = 512'000'000;  ///< of the process, past which no table grows
  std::size_t max_nodes = std::size_t{1} << 18;
  std::size_t max_open_events = 4096;
  host::Tracker::Options tracker{};
  std::optional<std::string> host;      ///< that the logs are of, whatever the inputs say
  std::optional<std::string> node;      ///< only that one
  bool describe_inputs = false;         ///< fill coverage::ReadSummary::Input::held
  facts::Redactor* redactor = nullptr;  ///< of the facts' texts; null: as they are
  /// Where runs before have ended; those of logs that are read are put forward. Facts are of all
  /// runs. Null: each log is read from its beginning to its end.
  std::vector<SavedLog>* saved = nullptr;
  /// Told of each of them once it is as it will stay, before facts are made of it; or empty.
  std::function<void(const SavedLog& saved)> put_forward;
  /// Of those runs: what was over for so long is forgotten; it is in no fact.
  std::int64_t keep_ms = INT64_MAX;
};

/// What tools and starters look like. Outlives the run.
struct Rules {
  const transfer::Tools& tools;
  const host::Signs& signs;
};

/// Hears of the reading itself.
class Observer {
 public:
  /// \param kind  of message, as the summary counts it. Called in the order of the inputs.
  virtual void on_message(std::string_view kind, const std::string& text) = 0;
  /// So many bytes more have been read. Called from any thread.
  virtual void on_bytes(std::uint64_t bytes) = 0;

 protected:
  ~Observer() = default;
};

/// Reads all logs, follows each host, and hands on facts and coverage: set by set, host by host.
/// Several sets are read at once, each on one thread; one that makes up a large part of all is
/// read alone, on all threads.
/// \return what was read. `complete` is false when an input was missing, damaged or no audit log.
[[nodiscard]] coverage::ReadSummary run_hosts(const Inputs& inputs, const Options& options,
                                              const Rules& rules, facts::Stage& stage,
                                              Observer& observer);

/// What run_hosts() would say of the reading if there is nothing in any log that runs before have
/// not read, by its files' sizes and times; else nothing.
/// \param saved  where those have ended; of all logs, and no others
[[nodiscard]] std::optional<coverage::ReadSummary> run_unchanged(const Inputs& inputs,
                                                                 const std::vector<SavedLog>& saved,
                                                                 Observer& observer);

/// Reads all logs and hands on the bare events.
[[nodiscard]] coverage::ReadSummary run_events(
    const Inputs& inputs, const Options& options,
    const std::function<void(const audit::Event&, const input::LogSet& set)>& sink,
    Observer& observer);

}  // namespace auexfil::pipeline
