#include <algorithm>
#include <charconv>
#include <chrono>
#include <date/date.h>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "auexfil/artefacts/registered.hpp"
#include "crontab.hpp"
#include "lines.hpp"
#include "reader.hpp"

namespace auexfil::artefacts {
namespace {

constexpr audit::TimeMs kSecond = 1000;
constexpr const char* kTimerStamps = "/var/lib/systemd/timers";

void set_if_later(Registered& one, audit::TimeMs time, std::string_view by) {
  if (!one.last_run || time > *one.last_run) {
    one.last_run = time;
    one.last_run_by = by;
  }
}

/// Units of the inventory, and those of them that a name in a log may be of: an instance that has
/// no entry of its own is its template's.
class Units {
 public:
  explicit Units(const Inventory& inventory) {
    for (const Artefact& one : inventory.artefacts) {
      if (one.kind == Kind::service) {
        known_.insert(one.unit);
      }
    }
  }

  [[nodiscard]] std::string entry_of(std::string_view unit) const {
    return known_.contains(unit) ? std::string(unit) : template_of(unit);
  }

 private:
  std::set<std::string, std::less<>> known_;
};

/// Persistent timers leave a file whose time is that of their last run (systemd.timer(5)).
/// \param files  the names of these.
void by_timer_stamp(Registered& one, const std::vector<std::string>& files,
                    const input::Tree& image, const Units& units) {
  constexpr std::string_view kTimer = ".timer";
  constexpr std::string_view kStamp = "stamp-";
  const std::string_view timer = base_name(one.artefact->starter);
  if (!timer.ends_with(kTimer)) {
    return;
  }
  const auto is_its = [&](std::string_view name) {
    if (name == timer) {
      return true;
    }
    const std::string plain(name.substr(0, name.size() - kTimer.size()));
    return name.ends_with(kTimer) && template_of(name) == timer &&
           units.entry_of(plain + ".service") == one.artefact->unit;
  };
  for (const std::string& file : files) {
    input::Tree::Info info;
    if (file.starts_with(kStamp) && is_its(std::string_view(file).substr(kStamp.size())) &&
        image.stat(kTimerStamps + ("/" + file), info) == 0 && info.changed > 0) {
      set_if_later(one, info.changed * kSecond, "timer stamp");
    }
  }
}

/// The job of anacron's that starts it; empty: none does.
std::string_view anacron_job(const Artefact& artefact) {
  const std::string_view schedule = artefact.schedule;
  const std::string_view path = artefact.path;
  return artefact.kind == Kind::anacron       ? schedule.substr(schedule.rfind(' ') + 1)
         : artefact.kind == Kind::cron_script ? base_name(path.substr(0, path.rfind('/')))
                                              : std::string_view();
}

/// "20261202": the day on which anacron ran a job last (anacron(8)).
void by_anacron_stamp(Registered& one, Reader& reader) {
  const std::string job(anacron_job(*one.artefact));
  if (job.empty() || job.find('/') != std::string::npos) {
    return;
  }
  const std::string text = reader.text("/var/spool/anacron/" + job).value_or(std::string());
  unsigned day = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), day);
  const date::year_month_day date{date::year(static_cast<int>(day / 10000)),
                                  date::month(day / 100 % 100), date::day(day % 100)};
  if (error == std::errc() && end == text.data() + 8 && date.ok()) {
    set_if_later(one, std::chrono::milliseconds(date::sys_days(date).time_since_epoch()).count(),
                 "day of anacron's stamp");
  }
}

constexpr std::int64_t kLateSession =
    5;  // seconds that cron's session begins behind its line's time

/// Did each line of that user's tables that was due have a session? With fewer of them nobody knows
/// whose they are.
bool has_enough(const Artefact& artefact, const Matcher& matcher,
                const std::vector<audit::TimeMs>& sessions, std::int64_t due) {
  const auto& all = matcher.inventory().artefacts;
  const auto lines = std::count_if(all.begin(), all.end(), [&](const Artefact& other) {
    return other.kind == Kind::cron && other.user == artefact.user &&
           matcher.last_due(other, due + kLateSession) >= due;
  });
  return lines == 1 || std::count_if(sessions.begin(), sessions.end(), [due](audit::TimeMs time) {
                         return time / kSecond >= due && time / kSecond <= due + kLateSession;
                       }) >= lines;
}

/// A line of a crontab by a session of its user's that began when it was due: the first one then,
/// since others of that minute are of other lines. Where it was due among starts whose times are
/// not kept, nobody can tell: an older one is not its last.
/// \param until  what began later was not that line.
void by_sessions(Registered& one, const Matcher& matcher, const coverage::SeenJob& job,
                 audit::TimeMs until) {
  std::vector<audit::TimeMs> times = job.times;
  times.insert(times.end(), job.newest.begin(), job.newest.end());
  if (times.empty() || times.back() != job.last) {
    times.push_back(job.last);
  }
  std::optional<std::int64_t> last_due;
  audit::TimeMs last{};
  for (const audit::TimeMs time : times) {
    const auto due = matcher.last_due(*one.artefact, time / kSecond);
    if (due && time <= until && time / kSecond - *due <= kLateSession &&
        (!last_due || *due > *last_due)) {
      last_due = due;
      last = time;
    }
  }
  if (!last_due || !has_enough(*one.artefact, matcher, times, *last_due)) {
    return;
  }
  if (job.starts > job.times.size() + job.newest.size() && !job.times.empty()) {
    const audit::TimeMs known = job.newest.empty() ? job.last : job.newest.front();
    const auto due = matcher.last_due(*one.artefact, known / kSecond);
    if (last < known && due && *due > job.times.back() / kSecond) {
      return;
    }
  }
  set_if_later(one, last, "session of cron");
}

/// Units by their name, by the word of process 1 alone: whoever may write to the audit log may name
/// any.
void by_log(Registered& one, const Matcher& matcher, const RunLogs& logs, const Units& units) {
  const Artefact& artefact = *one.artefact;
  // A session that was due may be another line's, or of one that is gone: where its program is in
  // the log, the transfer that it came to tells.
  const auto sent = logs.transfers.find(artefact.where());
  const audit::TimeMs until = !logs.has_programs ? std::numeric_limits<audit::TimeMs>::max()
                              : sent == logs.transfers.end() ? 0
                                                             : sent->second;
  for (const coverage::SeenJob& job : logs.jobs) {
    if (job.kind == "unit" && artefact.kind == Kind::service &&
        artefact.unit == units.entry_of(job.name + ".service") && job.vouched && job.starts > 0) {
      set_if_later(one, job.last, "unit's records");
    }
    if (job.kind == "cron" && artefact.kind == Kind::cron && job.user == artefact.user &&
        is_fcrons(artefact) == (base_name(job.name) == "fcron")) {
      by_sessions(one, matcher, job, until);
    }
  }
}

/// Does a line say that it began?
bool says_start_of(const Told& told, const Artefact& artefact, const Units& units) {
  switch (artefact.kind) {
    case Kind::cron:
      return told.kind == Told::Kind::ran && told.user == artefact.user &&
             told.command == trimmed(artefact.command);
    case Kind::anacron:
    case Kind::cron_script:
      return told.kind == Told::Kind::began && told.command == anacron_job(artefact);
    case Kind::service:
      return told.kind == Told::Kind::began && units.entry_of(told.command) == artefact.unit;
    default:
      return false;
  }
}

/// Two lines of tables may run the same: the one that was due is meant, else nobody knows which.
bool is_sole(const Registered& one, const std::vector<Registered*>& said, const Matcher& matcher,
             audit::TimeMs time) {
  constexpr std::int64_t kLate = 60;  // seconds
  const auto was_due = [&](const Registered* other) {
    const auto due = matcher.last_due(*other->artefact, time / kSecond);
    return due && time / kSecond - *due <= kLate;
  };
  const auto is_other = [&one](const Registered* other) { return other->artefact != one.artefact; };
  return std::none_of(said.begin(), said.end(), is_other) ||
         (was_due(&one) && std::none_of(said.begin(), said.end(), [&](const Registered* other) {
            return is_other(other) && was_due(other);
          }));
}

/// By the name that a line has, those that it may be of.
std::multimap<std::string_view, Registered*> by_name(std::vector<Registered>& registered) {
  std::multimap<std::string_view, Registered*> names;
  for (Registered& one : registered) {
    const Artefact& artefact = *one.artefact;
    const std::string_view name = artefact.kind == Kind::cron      ? trimmed(artefact.command)
                                  : artefact.kind == Kind::service ? std::string_view(artefact.unit)
                                                                   : anacron_job(artefact);
    if (!name.empty()) {
      names.emplace(name, &one);
    }
  }
  return names;
}

/// By what their starters wrote to syslog or the journal.
void by_system_logs(std::vector<Registered>& registered, const Matcher& matcher,
                    const RunLogs& logs, const Units& units) {
  const auto names = by_name(registered);
  Unread unread;
  logs.others->each(
      logs.first, logs.last,
      [&](const Told& told, const input::SystemLine& line, std::optional<audit::TimeMs> time,
          const input::LogFile& file) {
        const bool is_unit = told.kind == Told::Kind::began;  // or a job of anacron's
        const std::string unit = is_unit ? units.entry_of(told.command) : std::string();
        const auto [begin, end] = names.equal_range(is_unit ? unit : told.command);
        if (!time || begin == end ||
            (!logs.host.empty() && !line.host.empty() && !same_host(logs.host, line.host))) {
          return;
        }
        std::vector<Registered*> said;
        for (auto at = begin; at != end; ++at) {
          if (says_start_of(told, *at->second->artefact, units)) {
            said.push_back(at->second);
          }
        }
        for (Registered* const one : said) {
          if (one->artefact->kind != Kind::cron || is_sole(*one, said, matcher, *time)) {
            set_if_later(
                *one, *time,
                fmt::format("{}'s line {}:{}",
                            told.kind == Told::Kind::ran ? std::string_view("cron") : line.tag,
                            file.name, line.number));
          }
        }
      },
      unread);
}

}  // namespace

void find_last_runs(std::vector<Registered>& registered, const Matcher& matcher,
                    const input::Tree& image, const RunLogs& logs) {
  const Bounds bounds;
  Inventory scratch;
  Reader reader(image, bounds, scratch);
  const Units units(matcher.inventory());
  const auto stamps = reader.names(kTimerStamps).value_or(std::vector<std::string>());
  for (Registered& one : registered) {
    by_timer_stamp(one, stamps, image, units);
    by_anacron_stamp(one, reader);
    by_log(one, matcher, logs, units);
  }
  if (logs.others != nullptr && !logs.others->files().empty()) {
    by_system_logs(registered, matcher, logs, units);
  }
}

}  // namespace auexfil::artefacts
