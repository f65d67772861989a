#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "auexfil/audit/address.hpp"
#include "auexfil/input/system_log.hpp"
#include "log_text.hpp"

/// Lines in which a server of this host says what a peer fetched from it. They are the word of
/// whoever could write there, and the names of files in them are the peers'.
namespace auexfil::artefacts {

/// What was sent to a peer: a file, or all of a connection.
struct ServedLine {
  std::uint32_t line{};  ///< from 1 on
  audit::IpAddress peer;
  /// Of the peer, where a connection is meant. Else it is one that was there at `time`.
  std::optional<std::uint16_t> port;
  LogTime time;  ///< when it began, as far as that is told
  std::uint64_t bytes{};
};

/// A line of xferlog(5), of wu-ftpd, proftpd (src/xferlog.c) and vsftpd (logging.c
/// vsf_log_do_log_wuftpd_format()) alike: "Wed Dec  2 02:03:05 2026 SECONDS HOST BYTES FILE a|b
/// FLAGS o MODE USER SERVICE AUTH ID c|i", of which "o" was fetched, wholly ("c") or in part ("i").
/// Or one of vsftpd.log (vsf_log_do_log_vsftpd_format()): "Wed Dec  2 02:03:05 2026 [pid 7] [USER]
/// OK DOWNLOAD: Client "ADDR", "FILE", N bytes, N.NNKbyte/sec", FAIL for what was cut off. Both in
/// the zone of the image (main.c env_init() reads it before it shuts itself in). A host by name is
/// not taken: no name is resolved.
[[nodiscard]] std::optional<ServedLine> parse_ftp_line(std::string_view line);

/// What OpenSSH's servers and vsftpd say in the system's log. sftp-server (from LogLevel INFO on;
/// sftp-server.c sftp_server_main(), handle_log_close()): "session opened for local user U from
/// [ADDR]", then of each file "close "PATH" bytes read N written N", with "forced " where the peer
/// went away; read is what was sent. sshd at VERBOSE (sshd-session.c main()): "Transferred: sent N,
/// received N bytes", and next "Closing connection to ADDR port N". vsftpd with syslog_enable: as
/// above, behind its tag.
class ServerLines {
 public:
  enum class By : std::uint8_t { sftp, ssh, ftp };
  struct Told {
    By by{};
    ServedLine line;
  };

  [[nodiscard]] std::optional<Told> read(const input::SystemLine& line);
  /// Sessions that were open when too many were.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  struct Session {
    audit::IpAddress peer;
    LogTime opened;
  };

  std::optional<Told> read_sftp(std::string_view text, std::uint32_t pid,
                                const input::SystemLine& line);
  std::optional<Told> read_sshd(std::string_view text, std::uint32_t pid,
                                const input::SystemLine& line);
  template <typename Value>
  void keep(std::map<std::uint32_t, Value>& all, std::uint32_t pid, Value value);

  std::map<std::uint32_t, Session> sftp_;        ///< by pid
  std::map<std::uint32_t, std::uint64_t> sent_;  ///< of sshd, by pid, until it names the peer
  std::uint64_t forgotten_ = 0;
};

}  // namespace auexfil::artefacts
