#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// What starts things on a host, as the files of its image have it: an entry is one line of a
/// table, one unit, one script that something runs by its place.
namespace auexfil::artefacts {

enum class Kind : std::uint8_t {
  cron,          ///< a line of a crontab
  cron_script,   ///< of /etc/cron.daily and the like, run by run-parts
  anacron,       ///< a line of /etc/anacrontab
  at,            ///< a file of at's spool: a job that has not run yet
  service,       ///< a unit of the system manager
  user_service,  ///< a unit of a user's manager
  key_command,   ///< a forced command of authorized_keys
  ssh_rc,
  ci_runner,  ///< the settings of a CI runner
  ci_job,     ///< a step that such a runner is given
  boot_script,
  incron,
  logrotate,
  dispatcher,  ///< of NetworkManager, ifupdown, ppp or dhclient
  udev,
  supervisor,
  monit,
  git_hook,
  apt_hook,  ///< of apt and dpkg (apt.conf(5))
  pam,       ///< of pam_exec
};
/// As the inventory names it.
[[nodiscard]] std::string_view to_word(Kind kind);

/// "backup@.service" of "backup@daily.service"; other names stay (systemd.unit(5)).
[[nodiscard]] std::string template_of(std::string_view unit);

/// Values by name, see Word::names.
using Values = std::map<std::string, std::string, std::less<>>;

/// A word of a command: pieces of text with anything between them. A piece is what stands in the
/// file when quotes are gone; between two pieces stands what only the run knows (a variable, a
/// command substitution, a glob). One piece: the word itself.
struct Word {
  std::vector<std::string> pieces;
  bool any_count{};  ///< a variable alone: no word, one or several
  /// What stands behind each piece, by name: a variable, "~" or "~bob", "%h" of a unit. Empty, or
  /// not there: it has none.
  std::vector<std::string> names{};

  [[nodiscard]] bool is_plain() const { return pieces.size() == 1 && !any_count; }
  [[nodiscard]] bool matches(std::string_view text) const;

  bool operator==(const Word&) const = default;
};
using Words = std::vector<Word>;

struct Artefact {
  Kind kind = Kind::cron;
  std::string path;      ///< as seen inside the image
  std::uint32_t line{};  ///< of a table, from 1 on; 0: the file as a whole
  /// What is run, as a shell is given it; of units as it stands in the file, of scripts the path.
  std::string command;
  std::vector<Words> commands;       ///< the simple commands in it
  std::string user;                  ///< that it runs as; empty: not told
  std::optional<std::uint32_t> uid;  ///< by the image's passwd
  std::string schedule;              ///< as it stands in the file; empty: no time starts it
  std::string zone;                  ///< that its schedule is in, where it is not the image's
  std::string unit;                  ///< name of a unit: "backup.service"
  std::optional<bool> executable;    ///< of a script that is run by its place: its file's mode
  Values variables;                  ///< that its table or unit sets
  std::string input;                 ///< at its standard input
  std::string starter;               ///< path of what starts it in turn: the timer of a service

  /// "/etc/crontab:3", or the path alone.
  [[nodiscard]] std::string where() const;
};

/// About how many bytes variables take.
[[nodiscard]] std::size_t size_of(const Values& variables);

/// Places that were read. That something stands in none of them is only said where all that count
/// for it were there.
enum class Place : std::uint8_t {
  system_crontabs,   ///< /etc/crontab and /etc/cron.d
  user_crontabs,     ///< a spool of crontabs
  local_units,       ///< /etc/systemd/system
  vendor_units,      ///< /usr/lib/systemd/system
  local_user_units,  ///< /etc/systemd/user or that of /usr/lib
  systemd_cron,      ///< its generator: crontabs are units there
};

/// An account of the image.
struct Account {
  std::string name;
  std::optional<std::uint32_t> uid;  ///< nothing where passwd does not name it
  std::string home;
};

struct Inventory {
  std::vector<Artefact> artefacts;  ///< in the order in which places are read, then of their lines
  std::vector<Account> accounts;    ///< of the image's passwd
  std::set<Place> places;
  std::vector<Account> homes;  ///< those whose home folder is in the image, each folder once
  std::string zone;            ///< "Europe/Berlin", or the rules of POSIX's TZ; empty: not known
  std::map<std::string, std::uint64_t> bounds;  ///< that were reached -> times
  std::uint64_t unread{};  ///< files and folders that are there and could not be read
  std::string first_unread;
  std::uint64_t cut{};  ///< files of which the end was not read, as they are too large
  std::string first_cut;

  [[nodiscard]] const Account* account(std::uint32_t uid) const;
  [[nodiscard]] const Account* account(std::string_view name) const;
};

}  // namespace auexfil::artefacts
