#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/input/tree.hpp"

namespace auexfil::artefacts {

/// What is known of a transfer of which a log of the image may tell.
struct KnownTransfer {
  std::vector<std::string> argv;  ///< of the tool
  std::string cwd;
  std::string unit;                ///< that ran it, "backup.service", or its template; empty: none
  std::string home;                ///< of the user that it ran as; empty: not known
  std::vector<std::string> hosts;  ///< that it went to, names and addresses
  std::uint32_t pid{};
  std::int64_t start{};  ///< seconds since the epoch
  std::int64_t end{};
};

/// A line of such a log.
struct ToldVolume {
  std::string path;  ///< of the log, inside the image
  std::uint32_t line{};
  std::uint64_t bytes{};
  std::string what;       ///< who says so: "rsync's own log"
  bool is_unclear{};      ///< another transfer may be meant as well, or another line: no bytes then
  std::size_t lines = 1;  ///< that tell it together; `line` is the first
};

/// How much logs of an image say that a transfer sent: rsync's and rclone's (--log-file), lftp's
/// transfer_log, systemd's lines, or entries of the journal, of a unit's IP traffic. By pid, user
/// and host, or unit, and by time; where several lines may be meant, none is, which is said. What
/// they say is the word of whoever could write there. ncftp's logs have no bytes, nor the folders
/// of what was sent (ncftp, ncftp/log.c LogXfer(); sh_util/ncftpbatch.c DoItem()): they are not
/// read.
class ToldVolumes {
 public:
  /// \param image  outlives it.
  /// \param zone  of the image, see Inventory::zone; lines without one of their own are in it.
  ToldVolumes(const input::Tree& image, const std::string& zone);
  ~ToldVolumes();
  ToldVolumes(ToldVolumes&&) noexcept;
  ToldVolumes& operator=(ToldVolumes&&) noexcept;

  /// A transfer that is asked for later too, since it may be meant by the same lines.
  void expect(const KnownTransfer& told);

  [[nodiscard]] std::vector<ToldVolume> of(const KnownTransfer& told);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace auexfil::artefacts
