#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "auexfil/artefacts/artefact.hpp"
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
  std::string script;                  ///< that it stands in; empty: in the artefact itself
  std::string tool;                    ///< name of a section in rules/tools.conf
  transfer::Direction direction = transfer::Direction::unknown;
  std::vector<transfer::ArgPeer> peers;  ///< an empty host: only the run knows it
  std::optional<audit::TimeMs> last_run;
  Volume volume;            ///< that it names and the image has
  std::string last_run_by;  ///< what tells: "timer stamp", …; empty: nothing does
};

/// Every command of the artefacts, and of the scripts that they run, that calls a transfer tool, by
/// the grammar by which transfers are known. Servers are none. In the order of the inventory.
/// \param image  that the inventory is of. At most 4096, and 1 MiB of each script.
[[nodiscard]] std::vector<Registered> find_registered(const Inventory& inventory,
                                                      const input::Tree& image,
                                                      const transfer::Tools& tools);

/// Finds when each ran last, by the stamps of timers and anacron, by what the log tells of units,
/// and by sessions that cron opened for its user when it was due.
/// \param jobs  that the image's log tells of.
void find_last_runs(std::vector<Registered>& registered, const Matcher& matcher,
                    const input::Tree& image, std::span<const coverage::SeenJob> jobs);

/// Weighs what each names to be sent, as the image has it.
void weigh(std::vector<Registered>& registered, const Inventory& inventory,
           const input::Tree& image, const transfer::Tools& tools);

}  // namespace auexfil::artefacts
