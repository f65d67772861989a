#include "auexfil/artefacts/matcher.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "at_spool.hpp"
#include "cron_times.hpp"
#include "crontab.hpp"
#include "fit.hpp"
#include "lines.hpp"
#include "zone.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::size_t kMostKeys = 32;      // of an artefact
constexpr std::size_t kMostProbed = 4096;  // of a program
constexpr std::size_t kMostAnywhere = 256;
constexpr std::size_t kMostZones = 32;

std::string text_key(std::string_view text) {
  return "\n" + std::string(text);
}

/// What an artefact of a kind is started by, where that is a program of its own.
std::span<const std::string_view> starters_of(Kind kind) {
  constexpr static std::string_view kLogrotate[] = {"logrotate"};
  constexpr static std::string_view kIncron[] = {"incrond"};
  constexpr static std::string_view kUdev[] = {"systemd-udevd", "udevd", "(udev-worker)",
                                               "udevadm"};
  constexpr static std::string_view kSupervisor[] = {"supervisord"};
  constexpr static std::string_view kMonit[] = {"monit"};
  switch (kind) {
    case Kind::logrotate:
      return kLogrotate;
    case Kind::incron:
      return kIncron;
    case Kind::udev:
      return kUdev;
    case Kind::supervisor:
      return kSupervisor;
    case Kind::monit:
      return kMonit;
    default:
      return {};
  }
}

bool is_called(const Ran& program, std::span<const std::string_view> names) {
  const std::string_view called = program.argv.empty() ? program.exe : program.argv.front();
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return base_name(program.exe) == name || base_name(called) == name ||
           base_name(program.script) == name;
  });
}

/// What something in between starts: the nearest to the tool tells most.
bool is_inner(Kind kind) {
  switch (kind) {
    case Kind::logrotate:
    case Kind::incron:
    case Kind::udev:
    case Kind::supervisor:
    case Kind::monit:
    case Kind::cron_script:
    case Kind::boot_script:
    case Kind::dispatcher:
    case Kind::git_hook:
    case Kind::ssh_rc:
    case Kind::ci_job:
    case Kind::apt_hook:
    case Kind::pam:
      return true;
    default:
      return false;
  }
}

/// Of the kinds whose entries are the starter's own, which hold for a job.
bool is_of_job(Kind kind, std::string_view job, bool cron_units) {
  switch (kind) {
    case Kind::cron:
      return job == "cron" || (cron_units && job == "service");
    case Kind::anacron:
      return job == "anacron";
    case Kind::at:
      return job == "at";
    case Kind::key_command:
      return job == "ssh";
    case Kind::user_service:
      return job == "user-timer";
    case Kind::service:
    case Kind::ci_runner:
      return job == "service";
    default:
      return false;
  }
}

/// Of a kind whose entries hold for one user's jobs. The login uid is the job's user there.
bool is_of_user(const Artefact& artefact, const Start& start) {
  const bool is_one = artefact.kind == Kind::cron || artefact.kind == Kind::at ||
                      artefact.kind == Kind::key_command || artefact.kind == Kind::user_service ||
                      artefact.kind == Kind::ssh_rc;
  return !is_one || !artefact.uid || !start.auid || *artefact.uid == *start.auid;
}

/// Where in the programs stands what the starter itself started? \return the number of programs
/// that count: that one and all below it.
std::size_t count_below_starter(const Start& start) {
  for (std::size_t i = start.programs.size(); i > 0; --i) {
    std::string_view rest = start.job_what;
    const auto takes = [&rest](std::string_view word) {
      const bool is_next = rest.starts_with(word);
      rest.remove_prefix(is_next ? std::min(word.size() + 1, rest.size()) : 0);
      return is_next;
    };
    const std::vector<std::string_view>& argv = start.programs[i - 1].argv;
    if (!argv.empty() && std::all_of(argv.begin(), argv.end(), takes) && rest.empty()) {
      return i;
    }
  }
  return start.programs.size();
}

/// Where something comes from in the end, and how many of its programs stand below that.
struct Origin {
  std::string_view job;  ///< kind of job of what started it; empty: a person did
  std::size_t count{};
};

/// A runner or an agent was itself started: by a service manager, by cron, over ssh.
Origin origin_of(const Start& start) {
  constexpr static std::string_view kCron[] = {"cron", "crond", "CRON", "CROND", "fcron"};
  constexpr static std::string_view kAnacron[] = {"anacron"};
  constexpr static std::string_view kAt[] = {"atd"};
  constexpr static std::string_view kSsh[] = {"sshd", "sshd-session", "dropbear"};
  constexpr std::array<std::string_view, 5> kOwn = {"cron", "anacron", "at", "ssh", "user-timer"};
  const std::string_view job = start.job_kind;
  if (job == "left-behind" || job == "detached") {
    return {};
  }
  const std::size_t count = count_below_starter(start);
  if (std::find(kOwn.begin(), kOwn.end(), job) != kOwn.end()) {
    return {job, count};
  }
  for (std::size_t i = count; i < start.programs.size(); ++i) {
    const Ran& above = start.programs[i];
    const std::string_view found = is_called(above, kCron)      ? "cron"
                                   : is_called(above, kAnacron) ? "anacron"
                                   : is_called(above, kAt)      ? "at"
                                   : is_called(above, kSsh)     ? "ssh"
                                                                : "";
    if (!found.empty()) {
      return {found, i};
    }
    if (above.argv.size() > 1 && above.argv[1] == "--user" &&
        base_name(above.argv[0]) == "systemd") {
      return {"user-timer", i};
    }
  }
  return {"service", start.programs.size()};
}

/// How many programs stand in a container, the one in question first.
std::size_t count_in_container(const Start& start) {
  const auto runtime = std::find_if(start.programs.begin(), start.programs.end(),
                                    [](const Ran& program) { return program.runs_containers; });
  return runtime == start.programs.end()
             ? 0
             : static_cast<std::size_t>(runtime - start.programs.begin());
}

/// Is what started a job a cron whose tables are those of the inventory? There are others with
/// tables of their own (fcron, mcron, bcron).
bool has_cron_above(const Start& start) {
  constexpr static std::string_view kCron[] = {"cron", "crond", "CRON", "CROND", "busybox"};
  const std::size_t starter = count_below_starter(start);
  return starter < start.programs.size() && is_called(start.programs[starter], kCron);
}

/// fcron's tables are its own, and it reads no others.
bool is_of_that_cron(const Artefact& artefact, const Start& start) {
  constexpr static std::string_view kFcron[] = {"fcron"};
  const std::size_t starter = count_below_starter(start);
  return artefact.kind != Kind::cron || starter >= start.programs.size() ||
         is_fcrons(artefact) == is_called(start.programs[starter], kFcron);
}

/// "$HOME/bin/x": the run alone knows the folder.
bool has_plain_name(const Word& word) {
  return !word.any_count && word.pieces.back().find('/') != std::string::npos;
}

/// Hooks of several repositories are called alike: the one around the folder that it ran in.
void keep_nearest(std::string_view cwd, std::vector<const Artefact*>& found) {
  const auto is_below = [cwd](const Artefact* one) {
    return one->path.size() > cwd.size() && one->path.starts_with(cwd) &&
           one->path[cwd.size()] == '/';
  };
  if (!cwd.empty() && std::any_of(found.begin(), found.end(), is_below)) {
    std::erase_if(found, [&](const Artefact* one) { return !is_below(one); });
  }
}

/// Of units that run the same, those that run it as that user.
void keep_user(const Start& start, std::vector<const Artefact*>& found) {
  const auto is_users = [&](const Artefact* one) { return one->uid && one->uid == start.uid; };
  if (std::any_of(found.begin(), found.end(), is_users)) {
    std::erase_if(found, [&](const Artefact* one) { return !is_users(one); });
  }
}

bool is_manager(const Ran& program) {
  return program.pid == 1;
}

constexpr std::int64_t kSlack = 2;  // stamps of a second before

/// A file of at's spool goes when its job is done: one that is due later has not run.
bool waits_at(const Artefact& artefact, std::int64_t time) {
  const auto name =
      artefact.kind == Kind::at ? parse_at_name(base_name(artefact.path)) : std::optional<AtName>();
  return name && name->due > time + kSlack;
}

}  // namespace

struct Matcher::Zones {
  std::map<std::string, std::optional<Zone>> by_name;
  std::unordered_map<const Artefact*, CronTimes> times;

  [[nodiscard]] std::optional<std::int64_t> last_due(const Artefact& artefact,
                                                     const std::string& zone,
                                                     std::int64_t time) const {
    const auto known = by_name.find(artefact.zone.empty() ? zone : artefact.zone);
    const auto at = times.find(&artefact);
    return known == by_name.end() || !known->second || at == times.end()
               ? std::nullopt
               : known->second->last_due(at->second, time);
  }
};

Matcher::Matcher(Inventory inventory)
    : inventory_(std::move(inventory)), zones_(std::make_unique<Zones>()) {
  for (std::uint32_t i = 0; i < inventory_.artefacts.size(); ++i) {
    index(i);
    const Artefact& one = inventory_.artefacts[i];
    const std::string& zone = one.zone.empty() ? inventory_.zone : one.zone;
    if (one.kind != Kind::cron || zone.empty()) {
      continue;
    }
    if (const std::optional<CronTimes> times = parse_cron_times(one.schedule)) {
      zones_->times.emplace(&one, *times);
      if (!zones_->by_name.contains(zone) && zones_->by_name.size() < kMostZones) {
        zones_->by_name.emplace(zone, Zone::of(zone));
      }
    }
  }
}

Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

/// By the text that a shell would be given, and by the names of all programs among its words.
void Matcher::index(std::uint32_t number) {
  const Artefact& one = inventory_.artefacts[number];
  std::vector<std::string> keys = {text_key(one.command)};
  bool is_anywhere = false;
  for (const Words& words : one.commands) {
    is_anywhere = is_anywhere || !(words.front().is_plain() || has_plain_name(words.front()));
    for (const Word& word : words) {
      const std::string_view text = word.pieces.front();
      const bool has_name = word.is_plain() ? !text.starts_with('-') : has_plain_name(word);
      if (keys.size() < kMostKeys && has_name) {
        keys.emplace_back(base_name(word.pieces.back()));
      }
    }
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (std::string& key : keys) {
    by_key_[std::move(key)].push_back(number);
  }
  if (is_anywhere && anywhere_.size() < kMostAnywhere) {
    anywhere_.push_back(number);
  }
}

Matcher::Indexes Matcher::look_up(const Ran& program) const {
  constexpr std::size_t kMostWords = 5;
  Indexes found = anywhere_;
  const auto probe = [&](const std::string& key) {
    const auto at = key.empty() ? by_key_.end() : by_key_.find(key);
    if (at != by_key_.end() && found.size() < kMostProbed) {
      found.insert(found.end(), at->second.begin(), at->second.end());
    }
  };
  if (const std::string_view given = given_text(program); !given.empty()) {
    probe(text_key(given));
  }
  for (std::size_t i = 0; i < program.argv.size() && i < kMostWords; ++i) {
    probe(std::string(base_name(program.argv[i])));
  }
  probe(std::string(base_name(program.script)));
  probe(std::string(base_name(program.exe)));
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  found.resize(std::min(found.size(), kMostProbed));
  return found;
}

std::vector<const Artefact*> Matcher::candidates(const Start& start) const {
  std::vector<const Artefact*> best;
  Fit best_fit = Fit::none;
  const auto take = [&](const Ran& program, const auto& holds) {
    for (const std::uint32_t number : look_up(program)) {
      const Artefact& one = inventory_.artefacts[number];
      if (!holds(one) || !is_of_user(one, start)) {
        continue;
      }
      const Fit found = fit(one, program);
      if (found > best_fit) {
        best.clear();
        best_fit = found;
      }
      if (found != Fit::none && found == best_fit) {
        best.push_back(&one);
      }
    }
    return !best.empty();
  };
  const std::vector<Ran>& programs = start.programs;
  const Origin origin = origin_of(start);
  const std::size_t inside = count_in_container(start);
  for (std::size_t i = inside; i < origin.count; ++i) {
    const bool found = take(programs[i], [&](const Artefact& one) {
      const auto starters = starters_of(one.kind);
      return is_inner(one.kind) && (one.kind != Kind::ci_job || start.job_kind == "ci") &&
             (starters.empty() ||
              (i + 1 < programs.size() && is_called(programs[i + 1], starters)));
    });
    if (found && best_fit > Fit::script) {
      keep_nearest(start.cwd, best);
      return best;
    }
    best.clear();
    best_fit = Fit::none;
  }
  const bool cron_units = inventory_.places.contains(Place::systemd_cron);
  for (const bool is_unit : {true, false}) {
    for (std::size_t i = origin.count; i > inside; --i) {
      const bool found =
          !is_manager(programs[i - 1]) && take(programs[i - 1], [&](const Artefact& one) {
            const bool is_one = one.kind == Kind::service || one.kind == Kind::user_service;
            return is_one == is_unit && is_of_job(one.kind, origin.job, cron_units) &&
                   is_of_that_cron(one, start);
          });
      if (found) {
        keep_user(start, best);
        return best;
      }
    }
  }
  return best;
}

Matcher::Choice Matcher::choose(std::span<const Artefact* const> candidates,
                                std::int64_t time) const {
  Choice choice;
  std::optional<std::int64_t> best;
  for (const Artefact* const one : candidates) {
    if (waits_at(*one, time)) {
      continue;
    }
    const auto due = candidates.size() == 1 ? std::nullopt : last_due(*one, time + kSlack);
    if (choice.artefact == nullptr || due > best) {
      choice = {one, nullptr, 0};
      best = due;
    } else if (due == best) {
      choice.other = choice.other == nullptr ? one : choice.other;
      ++choice.others;
    }
  }
  return choice;
}

std::optional<std::int64_t> Matcher::last_due(const Artefact& artefact, std::int64_t time) const {
  return zones_->last_due(artefact, inventory_.zone, time);
}

bool Matcher::is_undue(const Artefact& artefact, std::int64_t time) const {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kLate = 2 * kMinute;
  if (artefact.kind != Kind::cron || !zones_->times.contains(&artefact)) {
    return false;
  }
  std::int64_t delay = 0;  // cronie's, at random, up to so many minutes
  if (const auto given = artefact.variables.find("RANDOM_DELAY");
      given != artefact.variables.end()) {
    const std::string& text = given->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), delay);
    constexpr std::int64_t kMost = std::int64_t{24} * 60;
    delay = error == std::errc() && delay >= 0 && delay < kMost ? delay : kMost;
  }
  const auto due = last_due(artefact, time + kSlack);
  return due && time - *due > kLate + delay * kMinute;
}

bool Matcher::has_all_of(const Start& start) const {
  const auto has = [this](Place place) { return inventory_.places.contains(place); };
  const std::vector<Ran>& programs = start.programs;
  if (inventory_.unread > 0 || !inventory_.bounds.empty() || programs.empty() ||
      count_in_container(start) > 0) {
    return false;
  }
  if (start.job_kind == "cron") {
    // A script's commands stand in no table: what cron itself started has to be in sight.
    const bool is_seen = !given_text(programs[count_below_starter(start) - 1]).empty();
    return is_seen && has_cron_above(start) && has(Place::system_crontabs) &&
           has(Place::user_crontabs);
  }
  const std::size_t managers = programs.size() < 2 ? 0 : 1;
  const Ran& started = programs[programs.size() - 1 - managers];
  if (managers == 0 || started.argv.empty() || started.argv_cut) {
    return false;
  }
  if (start.job_kind == "service") {
    // With a login uid it is a session's, which init took over when its parents had gone.
    return !start.auid && is_manager(programs.back()) && has(Place::local_units) &&
           has(Place::vendor_units);
  }
  if (start.job_kind == "user-timer") {
    const Ran& below = programs[count_below_starter(start) - 1];
    return !below.argv.empty() && has(Place::local_user_units) && start.auid &&
           std::any_of(inventory_.homes.begin(), inventory_.homes.end(),
                       [&](const Account& one) { return one.uid == start.auid; });
  }
  return false;
}

std::string Matcher::describe(const Artefact& artefact) const {
  const bool is_unit = artefact.kind == Kind::service || artefact.kind == Kind::user_service;
  std::string text = artefact.line != 0 ? fmt::format("line {} of ", artefact.line)
                     : is_unit          ? std::string("unit ")
                                        : std::string();
  text += artefact.path;
  if (!artefact.starter.empty()) {
    text += fmt::format(", which {} starts", artefact.starter);
  }
  const bool is_local = artefact.kind == Kind::cron || artefact.schedule.starts_with("OnCalendar");
  const std::string& zone = is_local && artefact.zone.empty() ? inventory_.zone : artefact.zone;
  if (!artefact.schedule.empty()) {
    text += fmt::format(" ({}{}{})", artefact.schedule, zone.empty() ? "" : ", ", zone);
  }
  return text;
}

}  // namespace auexfil::artefacts
