#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "auexfil/artefacts/collect.hpp"
#include "reader.hpp"

namespace auexfil::artefacts {

/// What the configuration of ssh's client says of a host that a command names (ssh_config(5)).
struct SshHost {
  std::optional<std::string> host;  ///< HostName: where it is
  std::optional<std::uint16_t> port;
  std::optional<std::string> jump;     ///< ProxyJump: the hosts that it goes through; "none"
  std::optional<std::string> command;  ///< ProxyCommand: it connects to no host; "none"
  /// What would say where it is could not be read, or holds if the run has it so (Match exec).
  bool is_unsure{};
};

/// The configuration that an image has.
class SshConfig {
 public:
  SshConfig(const input::Tree& image, const Inventory& inventory);

  struct Asked {
    std::string user;                 ///< whose configuration it is; empty: not known
    std::string host;                 ///< as the command names it
    std::optional<std::string> file;  ///< -F: that one alone; empty: only the run knows which
  };
  /// Files that are included are followed, at most 64 for a host and 16 deep, as in ssh; of each
  /// 64 KiB are read.
  /// \return valid as long as this object.
  const SshHost& of(const Asked& asked);

 private:
  class Reading;
  struct File {
    std::string text;
    bool is_unread{};  ///< it is there, and was not read to its end
  };
  const File& file(const std::string& path);
  /// The files that a pattern of glob(7) names, sorted. Nothing: not all that it may name are
  /// known.
  const std::optional<std::vector<std::string>>& glob(const std::string& pattern);
  [[nodiscard]] std::size_t unread() const;

  const Inventory& inventory_;
  Bounds bounds_;
  Inventory scratch_;
  Reader reader_;
  std::map<std::string, File> files_;
  std::map<std::string, std::optional<std::vector<std::string>>> globs_;
  std::map<std::tuple<std::string, std::string, std::optional<std::string>>, SshHost> hosts_;
};

/// What the options of ssh, scp or sftp say of that configuration.
struct SshOptions {
  std::optional<std::string> file;  ///< -F
  std::optional<std::string> host;  ///< -oHostName: the first
  std::vector<std::string> others;  ///< the command line without that one
};
/// \param values  short options that take a value.
[[nodiscard]] SshOptions ssh_options(const std::vector<std::string>& argv, std::string_view values);

}  // namespace auexfil::artefacts
