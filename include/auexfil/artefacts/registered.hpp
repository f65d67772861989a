#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "auexfil/artefacts/artefact.hpp"
#include "auexfil/artefacts/logins.hpp"
#include "auexfil/artefacts/matcher.hpp"
#include "auexfil/artefacts/volumes.hpp"
#include "auexfil/audit/stamp.hpp"
#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/input/tree.hpp"
#include "auexfil/transfer/tools.hpp"

namespace auexfil::artefacts {

/// A transfer that something in an image would make.
struct Registered {
  const Artefact* artefact = nullptr;  ///< of the inventory that was asked
  std::string command;                 ///< the tool's, its words with blanks between
  std::vector<std::string> argv;       ///< the same, what only the run knows as a variable
  std::string cwd;                     ///< that it runs in; empty: not known
  std::string user;  ///< that it runs as: the artefact's, or whom sudo, su or runuser name
  std::optional<std::uint32_t> uid;
  std::string script;  ///< that it stands in; empty: in the artefact itself
  std::string tool;    ///< name of a section in rules/tools.conf
  transfer::Direction direction = transfer::Direction::unknown;
  std::vector<transfer::ArgPeer> peers;  ///< an empty host: only the run knows it
  std::optional<audit::TimeMs> last_run;
  std::string last_run_by;  ///< what tells: "timer stamp", "cron's line /var/log/syslog:12", …
  Volume volume;            ///< that it names and the image has
};

/// What was not followed, so that a job of it may be missing.
struct Unfollowed {
  std::uint64_t jobs{};      ///< beyond the most that are kept
  std::uint64_t commands{};  ///< behind the most that are looked at: 1, if any
  std::uint64_t scripts{};   ///< that scripts of scripts run
  std::uint64_t cut{};       ///< scripts and the like of which the end was not read
  std::string first_cut;
  /// Calls of transfer tools that do not tell to whom: by settings, or by what they are given when
  /// they run. They are no jobs of the list.
  std::uint64_t untold{};
  std::uint64_t runners{};  ///< of CI, whose jobs stand in pipelines, which are not read
  std::string first_runner;
  std::string first_untold;  ///< where it stands, and the tool: "/etc/crontab:3 (curl)"

  [[nodiscard]] bool any() const { return jobs + commands + cut > 0; }
};

/// Every command of the artefacts, and of the scripts that they run and these in turn, that calls a
/// transfer tool, by the grammar by which transfers are known. Servers are none. In the order of
/// the inventory.
/// \param image  that the inventory is of. At most 65536, of 262144 commands that are looked at,
/// and
///               1 MiB of each script.
/// \param unfollowed  set, if given.
[[nodiscard]] std::vector<Registered> find_registered(const Inventory& inventory,
                                                      const input::Tree& image,
                                                      const transfer::Tools& tools,
                                                      Unfollowed* unfollowed = nullptr);

/// What an image's logs tell of when its jobs ran.
struct RunLogs {
  std::span<const coverage::SeenJob> jobs;  ///< of the audit log
  audit::TimeMs first{};                    ///< of the audit log; 0: it has no event
  audit::TimeMs last{};
  const SystemLogs* others = nullptr;  ///< null: none
  std::string host;                    ///< whose lines count; empty: any
  bool has_programs{};                 ///< the audit log has what sessions began
  /// When a transfer ended last that something in the image started, by its where().
  std::map<std::string, audit::TimeMs> transfers{};
};

/// Finds when each ran last, by the stamps of timers and anacron, by what the audit log tells of
/// units, by sessions that cron opened for its user when it was due (where the log has what they
/// began, of those alone of which a transfer of that line came), and by what cron, anacron and
/// the service manager wrote to syslog or the journal.
void find_last_runs(std::vector<Registered>& registered, const Matcher& matcher,
                    const input::Tree& image, const RunLogs& logs);

/// Weighs what each names to be sent, as the image has it.
void weigh(std::vector<Registered>& registered, const input::Tree& image,
           const transfer::Tools& tools);

}  // namespace auexfil::artefacts
