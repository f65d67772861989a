#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/transfer/tools.hpp"

/// Names that a tool's own configuration gives to other hosts.
namespace auexfil::artefacts {

/// The text of a file of the image, by its path; nothing where it is not there, or not known.
using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

/// The value of a setting of a file with sections: `[name]`, then `key = value`. Empty: none.
[[nodiscard]] std::string setting_of(std::string_view text, std::string_view section,
                                     std::string_view key);

/// Puts the hosts in the place of rclone's remotes (rclone.conf); what is no host's (drive, b2)
/// stays a name. \param home  of the user; empty: not known.
void resolve_rclone(const std::vector<std::string>& argv, const std::string& home,
                    const ReadFile& read, const transfer::Tools& tools,
                    std::vector<transfer::ArgPeer>& peers);

/// Whom `git push origin` speaks to, by the configuration of the repository. Empty: not known.
/// \param cwd  that it runs in.
[[nodiscard]] std::vector<transfer::ArgPeer> remote_of_git(const std::vector<std::string>& argv,
                                                           const std::string& cwd,
                                                           const ReadFile& read,
                                                           const transfer::Tool& git);

}  // namespace auexfil::artefacts
