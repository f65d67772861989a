#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/policy/finding.hpp"
#include "auexfil/report/options.hpp"

namespace auexfil::cli {

/// Where they are listened to.
struct LogPlaces {
  std::string journal = "/run/systemd/journal/socket";
  std::string syslog = "/dev/log";
};

enum class LogTo : std::uint8_t { nothing, journal, syslog };

/// This machine's log, for an entry a finding. Opened before the run is confined, which makes no
/// sockets later: libsystemd and syslog(3) open theirs with the first entry, and say nothing where
/// nobody takes it, so both are spoken to directly. Their forms are stable and small.
class FindingLog {
 public:
  /// \param to  journal: where no journald runs, syslog
  /// \throws OutputError when nobody is there.
  explicit FindingLog(LogTo to, const LogPlaces& places = {});
  ~FindingLog();
  FindingLog(const FindingLog&) = delete;
  FindingLog& operator=(const FindingLog&) = delete;

  /// The gravest first; past a thousand one entry says how many are left out.
  /// \throws OutputError when an entry is not taken within ten seconds.
  void tell(const std::vector<policy::Finding>& findings, const report::Options& options);

 private:
  [[nodiscard]] bool connect_to(const std::string& path);
  void send(std::string_view datagram) const;

  int fd_ = -1;
  bool is_journal_ = false;
};

}  // namespace auexfil::cli
