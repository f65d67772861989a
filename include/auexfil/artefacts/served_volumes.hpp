#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "auexfil/audit/address.hpp"
#include "auexfil/audit/stamp.hpp"
#include "auexfil/input/tree.hpp"

namespace auexfil::artefacts {

/// Servers whose logs tell what peers fetched.
enum class ServerKind : std::uint8_t { ssh, ftp };

/// A run of a server: what began it, and its process.
struct ServerRun {
  audit::Stamp began;
  std::uint32_t pid{};
  friend auto operator<=>(const ServerRun&, const ServerRun&) = default;
};

/// A connection that a peer has made to a server of this host.
struct ServedConnection {
  ServerKind kind{};
  audit::IpAddress peer;
  std::uint16_t port{};  ///< of the peer
  std::int64_t first{};  ///< seconds since the epoch
  std::int64_t last{};   ///< that anything is seen of it; not its end where closes are not audited
  ServerRun run;
};

/// What one log says that a run of a server sent to a peer.
struct ServedVolume {
  std::string path;      ///< of the log, inside the image
  std::uint32_t line{};  ///< the first
  std::uint64_t lines{};
  std::uint64_t bytes{};
  std::string what;                                ///< who says so: "sshd's own log"
  std::map<std::uint16_t, std::uint64_t> by_port;  ///< bytes, by the connection
  /// Lines that may as well be of another run of a server, which are not counted.
  std::uint64_t unclear{};
  bool is_cut{};  ///< there is more than is read of it
};

/// How much the logs of an image say that its own servers sent to those who came to fetch: xferlog
/// and vsftpd.log, and sftp-server's, sshd's and vsftpd's lines of syslog and of the journal. A
/// line is of the last connection that its peer had made by then; where a connection to another run
/// of a server was there as well, it is nobody's, which is said. What they say is the word of
/// whoever could write there.
class ServedVolumes {
 public:
  /// \param image  outlives it.
  /// \param zone  of the image, see Inventory::zone; lines without one of their own are in it.
  ServedVolumes(const input::Tree& image, const std::string& zone);
  ~ServedVolumes();
  ServedVolumes(ServedVolumes&&) noexcept;
  ServedVolumes& operator=(ServedVolumes&&) noexcept;

  /// All of them, before of() is asked the first time.
  void expect(const ServedConnection& connection);

  /// \return one of each log that has a line of it.
  [[nodiscard]] std::vector<ServedVolume> of(ServerKind kind, const ServerRun& run,
                                             const audit::IpAddress& peer);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace auexfil::artefacts
