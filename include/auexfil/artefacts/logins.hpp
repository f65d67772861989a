#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auexfil/audit/address.hpp"
#include "auexfil/audit/stamp.hpp"
#include "auexfil/input/system_log.hpp"

/// What the logs of sshd, cron, su and their kin say beside the audit log. Anybody who may write to
/// syslog may have written it: it is context, and decides nothing. What the kernel says there of
/// records that it lost can only make less of what the audit log shows.
namespace auexfil::artefacts {

/// What one line says.
struct Told {
  enum class Kind : std::uint8_t {
    accepted,     ///< sshd let somebody in
    opened,       ///< a session was opened for a user: by the program of the line
    new_session,  ///< systemd-logind numbered one, as the kernel does
    became,       ///< su or sudo opened one for another user
    ran,          ///< cron started a line of its tables
    began,        ///< anacron or the service manager started something by its name
    lost,         ///< the kernel has lost records of the audit log, or has begun to count them
  };
  Kind kind = Kind::accepted;
  std::string_view user;
  std::string_view by;  ///< became: who it was before; empty: not told
  std::optional<audit::IpAddress> address;
  std::optional<std::uint16_t> port;
  std::string_view method;
  std::string_view key;  ///< "ED25519 SHA256:…"
  std::uint32_t session{};
  std::string_view command;            ///< ran: of the table; began: "cron.daily", "backup.service"
  std::optional<std::uint64_t> count;  ///< lost: records since it began to count; nothing: not told
};
/// Views into the line. Nothing for a line that says none of it.
[[nodiscard]] std::optional<Told> tell(const input::SystemLine& line);

/// Who logged in, as far as a log tells it.
struct Login {
  std::string user;
  std::optional<audit::IpAddress> address;
  std::optional<std::uint16_t> port;
  std::optional<std::string> method;  ///< publickey, password …
  std::optional<std::string> key;     ///< of publickey: its type and fingerprint
  audit::TimeMs time{};
  std::string evidence;  ///< "var/log/auth.log:12"

  bool operator==(const Login&) const = default;
};

/// "web-04" and "web-04.example.org" are one.
[[nodiscard]] bool same_host(std::string_view a, std::string_view b);

/// What a host asks its other logs for, by what the kernel wrote of it.
struct Asked {
  struct Session {
    std::uint32_t ses{};
    std::uint32_t pid{};    ///< that LOGIN names, else of the first record of it
    audit::TimeMs start{};  ///< of that record
    bool has_login{};       ///< LOGIN itself is in the log

    auto operator<=>(const Session&) const = default;
  };
  std::set<Session> sessions;
  std::set<std::uint32_t> pids;  ///< of what cron started, and of su and sudo
  audit::TimeMs first{};         ///< of the audit log; 0: it has no event
  audit::TimeMs last{};
  std::vector<std::string> hosts;  ///< what it is called; none: not known
};

/// Records of the audit log that were lost, by the kernel's word.
struct KernelLoss {
  audit::TimeMs from{};
  audit::TimeMs to{};
  std::uint64_t records{};  ///< at least
  std::string evidence;     ///< "var/log/kern.log:12", of the first line

  bool operator==(const KernelLoss&) const = default;
};

/// What could not be read of them.
struct Unread {
  std::uint64_t overlong{};                                 ///< lines
  std::vector<std::pair<std::string, std::string>> faults;  ///< name of a file, what is wrong
};

/// What they answered.
class Answers {
 public:
  struct Line {
    Told::Kind kind = Told::Kind::accepted;
    std::uint32_t number{};             ///< pid; of new_session: the session
    std::optional<audit::TimeMs> time;  ///< nothing: its clock's zone or year is not known
    std::string host;
    std::string by;
    std::string command;
    Login login;  ///< with the user, whatever the kind
  };

  /// What was found, or how many did as well; they are not told apart then.
  template <typename What>
  struct Found {
    std::optional<What> what;
    std::size_t candidates{};
    bool is_unplaced{};  ///< a line would do whose time is not known
  };
  /// Who logged in to a session: by the pid that LOGIN names and the time, else by the number that
  /// logind and the kernel gave it.
  [[nodiscard]] Found<Login> login_of(const Asked::Session& session) const;
  /// Where cron says that it started a command as a process, up to a time.
  [[nodiscard]] Found<Line> start_of(std::uint32_t pid, std::string_view command,
                                     audit::TimeMs before) const;
  /// Where su or sudo, as a process, says whom it made of whom.
  [[nodiscard]] Found<Line> change_of(std::uint32_t pid, audit::TimeMs before) const;

  /// In order; those near each other are one.
  [[nodiscard]] std::vector<KernelLoss> losses() const;

  [[nodiscard]] bool empty() const { return lines_.empty(); }
  [[nodiscard]] const Unread& unread() const { return unread_; }
  /// Bounds that were reached -> times.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& bounds() const { return bounds_; }

 private:
  friend class SystemLogs;
  friend class Asking;

  struct LossLine {
    audit::TimeMs time{};
    std::optional<std::uint64_t> count;
    std::string evidence;
  };

  [[nodiscard]] std::vector<const Line*> numbered(const Asked::Session& session) const;
  [[nodiscard]] Found<Line> only(Told::Kind kind, std::uint32_t pid, std::string_view command,
                                 audit::TimeMs before) const;

  std::multimap<std::uint32_t, Line> lines_;  ///< by number
  std::vector<LossLine> losses_;              ///< in the order in which they were read
  Unread unread_;
  std::map<std::string, std::uint64_t> bounds_;
};

/// The logs of one host. Safe from any thread.
class SystemLogs {
 public:
  static constexpr std::size_t kMostLines = 65536;  ///< that are kept for the answers

  /// Finds them, and the zone of their clock.
  explicit SystemLogs(const input::Surroundings& around);
  ~SystemLogs();

  [[nodiscard]] const std::vector<input::LogFile>& files() const { return files_; }
  /// Reads them through. \return of each
  [[nodiscard]] std::vector<Answers> ask(const std::vector<Asked>& asked) const;
  [[nodiscard]] Answers ask(const Asked& asked) const {
    return std::move(ask(std::vector{asked}).front());
  }
  /// Hands on every line that says something, with its time where that is known.
  /// \param first, last  of the audit log, by which stamps without a year are placed; 0: none
  void each(audit::TimeMs first, audit::TimeMs last,
            const std::function<void(const Told&, const input::SystemLine&,
                                     std::optional<audit::TimeMs>, const input::LogFile&)>& use,
            Unread& unread) const;

 private:
  struct Clock;
  using UseLine = std::function<void(const Told&, const input::SystemLine&, const input::LogFile&,
                                     audit::TimeMs written)>;
  void each_told(const UseLine& use, Unread& unread) const;
  [[nodiscard]] std::optional<audit::TimeMs> time_of(const input::SystemLine& line,
                                                     audit::TimeMs first, audit::TimeMs last,
                                                     audit::TimeMs written) const;

  std::vector<input::LogFile> files_;
  std::unique_ptr<const Clock> clock_;
};

}  // namespace auexfil::artefacts
