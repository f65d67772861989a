#include <algorithm>
#include <charconv>
#include <chrono>
#include <date/date.h>
#include <optional>
#include <vector>

#include "auexfil/artefacts/registered.hpp"
#include "lines.hpp"
#include "reader.hpp"

namespace auexfil::artefacts {
namespace {

constexpr audit::TimeMs kSecond = 1000;

void set_if_later(Registered& one, audit::TimeMs time, const char* by) {
  if (!one.last_run || time > *one.last_run) {
    one.last_run = time;
    one.last_run_by = by;
  }
}

/// Persistent timers leave a file whose time is that of their last run (systemd.timer(5)).
void by_timer_stamp(Registered& one, const input::Tree& image) {
  const std::string& timer = one.artefact->starter;
  if (!timer.ends_with(".timer")) {
    return;
  }
  input::Tree::Info info;
  const std::string stamp = "/var/lib/systemd/timers/stamp-" + std::string(base_name(timer));
  if (image.stat(stamp, info) == 0 && info.changed > 0) {
    set_if_later(one, info.changed * kSecond, "timer stamp");
  }
}

/// "20261202": the day on which anacron ran a job last (anacron(8)).
void by_anacron_stamp(Registered& one, Reader& reader) {
  std::string job;
  if (one.artefact->kind == Kind::anacron) {
    job = one.artefact->schedule.substr(one.artefact->schedule.rfind(' ') + 1);
  } else if (one.artefact->kind == Kind::cron_script) {
    const std::string& path = one.artefact->path;
    job = base_name(path.substr(0, path.rfind('/')));
  }
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

/// A line of a crontab by a session of its user's that began when it was due: the first one then,
/// since others of that minute are of other lines.
void by_sessions(Registered& one, const Matcher& matcher, const coverage::SeenJob& job) {
  constexpr std::int64_t kLate = 5;              // seconds
  std::vector<audit::TimeMs> times = job.times;  // the first ones only
  times.push_back(job.last);
  std::optional<std::int64_t> last_due;
  for (const audit::TimeMs time : times) {
    const auto due = matcher.last_due(*one.artefact, time / kSecond);
    if (due && time / kSecond - *due <= kLate && (!last_due || *due > *last_due)) {
      last_due = due;
      set_if_later(one, time, "session of cron");
    }
  }
}

/// Units by their name.
void by_log(Registered& one, const Matcher& matcher, std::span<const coverage::SeenJob> jobs) {
  const Artefact& artefact = *one.artefact;
  for (const coverage::SeenJob& job : jobs) {
    if (job.kind == "unit" && artefact.kind == Kind::service &&
        artefact.unit == job.name + ".service" && job.starts > 0) {
      set_if_later(one, job.last, "unit's records");
    }
    if (job.kind == "cron" && artefact.kind == Kind::cron && job.user == artefact.user) {
      by_sessions(one, matcher, job);
    }
  }
}

}  // namespace

void find_last_runs(std::vector<Registered>& registered, const Matcher& matcher,
                    const input::Tree& image, std::span<const coverage::SeenJob> jobs) {
  const Bounds bounds;
  Inventory scratch;
  Reader reader(image, bounds, scratch);
  for (Registered& one : registered) {
    by_timer_stamp(one, image);
    by_anacron_stamp(one, reader);
    by_log(one, matcher, jobs);
  }
}

}  // namespace auexfil::artefacts
