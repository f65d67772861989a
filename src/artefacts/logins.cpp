#include "auexfil/artefacts/logins.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "lines.hpp"
#include "reader.hpp"
#include "wall_clock.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::size_t kMostText = 4096;  // of what is kept of a line
constexpr audit::TimeMs kSecond = 1000;
constexpr audit::TimeMs kMinute = 60 * kSecond;
constexpr audit::TimeMs kDay = audit::TimeMs{24} * 60 * kMinute;

std::string kept(std::string_view text) {
  return std::string(text.substr(0, kMostText));
}

Answers::Line line_of(const Told& told, const input::SystemLine& line, const std::string& file) {
  Answers::Line kept_line;
  kept_line.kind = told.kind;
  kept_line.host = kept(line.host);
  kept_line.by = kept(told.by);
  kept_line.command = kept(told.command);
  Login& login = kept_line.login;
  login.user = kept(told.user);
  login.address = told.address;
  login.port = told.port;
  if (!told.method.empty()) {
    login.method = kept(told.method);
  }
  if (!told.key.empty()) {
    login.key = kept(told.key);
  }
  login.evidence = file + ":" + std::to_string(line.number);
  return kept_line;
}

/// The same line, as a second log has it: with or without a fraction of the second.
bool says_the_same(const Answers::Line& a, const Answers::Line& b) {
  constexpr audit::TimeMs kClose = 2 * kSecond;
  Login x = a.login;
  Login y = b.login;
  x.time = y.time = 0;
  x.evidence = y.evidence = {};
  return a.kind == b.kind && x == y && a.by == b.by && a.command == b.command && a.time && b.time &&
         std::abs(*a.time - *b.time) <= kClose;
}

/// Lines that differ, in the order in which they were read.
class Candidates {
 public:
  void add(const Answers::Line& line) {
    if (std::none_of(lines_.begin(), lines_.end(), [&line](const Answers::Line* const one) {
          return says_the_same(*one, line);
        })) {
      lines_.push_back(&line);
    }
  }
  [[nodiscard]] const std::vector<const Answers::Line*>& lines() const { return lines_; }

 private:
  std::vector<const Answers::Line*> lines_;
};

}  // namespace

bool same_host(std::string_view a, std::string_view b) {
  a = a.substr(0, a.find('.'));
  b = b.substr(0, b.find('.'));
  return !a.empty() && std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

struct SystemLogs::Clock {
  WallClock wall;
};

SystemLogs::SystemLogs(const input::Surroundings& around)
    : files_(input::find_system_logs(around)) {
  if (files_.empty()) {
    return;
  }
  std::string zone;
  if (around.is_image) {
    const Bounds bounds;
    Inventory scratch;
    Reader reader(*around.tree, bounds, scratch);
    zone = zone_of_image(reader);
  }
  clock_ = std::make_unique<const Clock>(Clock{WallClock(zone)});
}

SystemLogs::~SystemLogs() = default;

void SystemLogs::each_told(const UseLine& use, Unread& unread) const {
  for (const input::LogFile& file : files_) {
    input::Tree::Info info;
    const bool is_dated = file.tree->stat(file.path, info) == 0 && info.changed > 0;
    const audit::TimeMs written = is_dated ? info.changed * kSecond : 0;
    const input::SystemLogEnd end =
        input::read_system_log(file, [&](const input::SystemLine& line) {
          if (const std::optional<Told> told = tell(line)) {
            use(*told, line, file, written);
          }
        });
    unread.overlong += end.overlong;
    if (!end.fault.empty()) {
      unread.faults.emplace_back(file.name, end.fault);
    }
  }
}

std::optional<audit::TimeMs> SystemLogs::time_of(const input::SystemLine& line, audit::TimeMs first,
                                                 audit::TimeMs last, audit::TimeMs written) const {
  return line.time   ? line.time
         : line.wall ? clock_->wall.time_of(*line.wall, {first, last, written})
                     : std::nullopt;
}

void SystemLogs::each(
    audit::TimeMs first, audit::TimeMs last,
    const std::function<void(const Told&, const input::SystemLine&, std::optional<audit::TimeMs>,
                             const input::LogFile&)>& use,
    Unread& unread) const {
  each_told(
      [&](const Told& told, const input::SystemLine& line, const input::LogFile& file,
          audit::TimeMs written) { use(told, line, time_of(line, first, last, written), file); },
      unread);
}

/// What one host asks for, while the logs are read.
class Asking {
 public:
  explicit Asking(const Asked& asked) : asked_(asked), pids_(asked.pids) {
    for (const Asked::Session& session : asked.sessions) {
      pids_.insert(session.pid);
      numbers_.insert(session.ses);
    }
  }

  [[nodiscard]] bool wants(const Told& told, const input::SystemLine& line) const {
    const std::uint32_t number = number_of(told, line);
    return told.kind == Told::Kind::lost ||
           (told.kind != Told::Kind::began && number != 0 &&
            (told.kind == Told::Kind::new_session ? numbers_ : pids_).contains(number));
  }
  /// A boot's first lines come before the machine has its name.
  void note_host(const Told& told, std::string_view host) {
    constexpr std::size_t kEnough = 2;
    const bool is_of_boot = told.kind == Told::Kind::began ||
                            (told.kind == Told::Kind::lost && told.count == std::uint64_t{0});
    if (asked_.hosts.empty() && !is_of_boot && hosts_.size() < kEnough) {
      hosts_.emplace(host);
    }
  }
  [[nodiscard]] bool is_own(std::string_view host) const {
    return asked_.hosts.empty() || host.empty() ||
           std::any_of(asked_.hosts.begin(), asked_.hosts.end(),
                       [&](const std::string& one) { return same_host(one, host); });
  }
  void take(const Told& told, const input::SystemLine& line, std::optional<audit::TimeMs> time,
            const input::LogFile& file, Answers& answers) const {
    if (time && (*time < asked_.first - kDay || *time > asked_.last + kDay)) {
      return;
    }
    if (told.kind == Told::Kind::lost) {
      take_loss(told, line, time, file, answers);
      return;
    }
    if (answers.lines_.size() >= SystemLogs::kMostLines) {
      ++answers.bounds_["login_lines"];
      return;
    }
    Answers::Line kept_line = line_of(told, line, file.name);
    kept_line.time = time;
    kept_line.login.time = time.value_or(0);
    answers.lines_.emplace(number_of(told, line), std::move(kept_line));
  }
  void finish(Answers& answers) const {
    if (hosts_.size() > 1) {
      answers.lines_.clear();  // whose they are is anybody's guess
      answers.losses_.clear();
    }
  }
  [[nodiscard]] const Asked& asked() const { return asked_; }

 private:
  /// By which its lines are found; 0: it has none.
  static std::uint32_t number_of(const Told& told, const input::SystemLine& line) {
    return told.kind == Told::Kind::new_session ? told.session : line.pid.value_or(0);
  }

  /// One whose time is not known may be of any: it is not taken.
  static void take_loss(const Told& told, const input::SystemLine& line,
                        std::optional<audit::TimeMs> time, const input::LogFile& file,
                        Answers& answers) {
    if (!time) {
      return;
    }
    if (answers.losses_.size() >= SystemLogs::kMostLines) {
      ++answers.bounds_["kernel_loss_lines"];
      return;
    }
    answers.losses_.push_back({*time, told.count, file.name + ":" + std::to_string(line.number)});
  }

  const Asked& asked_;
  std::set<std::uint32_t> pids_;
  std::set<std::uint32_t> numbers_;
  std::set<std::string> hosts_;  ///< that lines are of, where it is not known whose they should be
};

std::vector<Answers> SystemLogs::ask(const std::vector<Asked>& asked) const {
  std::vector<Answers> answers(asked.size());
  std::vector<Asking> hosts(asked.begin(), asked.end());
  Unread unread;
  each_told(
      [&](const Told& told, const input::SystemLine& line, const input::LogFile& file,
          audit::TimeMs written) {
        for (std::size_t i = 0; i < hosts.size(); ++i) {
          hosts[i].note_host(told, line.host);
          if (hosts[i].wants(told, line) && hosts[i].is_own(line.host)) {
            const std::optional<audit::TimeMs> time =
                time_of(line, hosts[i].asked().first, hosts[i].asked().last, written);
            hosts[i].take(told, line, time, file, answers[i]);
          }
        }
      },
      unread);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    hosts[i].finish(answers[i]);
    answers[i].unread_ = unread;
  }
  return answers;
}

/// The kernel says it when it loses some, and is silent for five seconds where it would say too
/// much (printk_ratelimit()): what it lost then is in the next count. Several logs may have a line.
std::vector<KernelLoss> Answers::losses() const {
  constexpr audit::TimeMs kSilent = 5 * kSecond;
  constexpr audit::TimeMs kClose = 2 * kSecond;  // with or without a fraction of the second
  std::vector<const LossLine*> lines;
  for (const LossLine& line : losses_) {
    lines.push_back(&line);
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto* a, const auto* b) { return a->time < b->time; });
  std::vector<KernelLoss> made;
  std::map<std::uint64_t, audit::TimeMs> told;  // counts -> times
  std::optional<std::uint64_t> before;
  for (const LossLine* const line : lines) {
    if (line->count) {
      const auto [known, is_new] = told.try_emplace(*line->count, line->time);
      const bool is_known = !is_new && line->time - known->second <= kClose;
      known->second = line->time;
      if (is_known) {
        continue;
      }
    }
    // Of the first that is there it is not known how many were lost before.
    const std::uint64_t records = !line->count || !before   ? 1
                                  : *line->count >= *before ? *line->count - *before
                                                            : *line->count;
    before = line->count ? line->count : before;
    if (line->count == std::uint64_t{0}) {
      continue;
    }
    if (!made.empty() && line->time <= made.back().to) {
      made.back().to = line->time + kSilent;
      made.back().records += line->count ? records : 0;
    } else {
      made.push_back(
          {line->time, line->time + kSilent, std::max<std::uint64_t>(records, 1), line->evidence});
    }
  }
  return made;
}

/// sshd says it just before the session is opened, PAM just after. What the audit log calls the
/// session's beginning is LOGIN, in between.
Answers::Found<Login> Answers::login_of(const Asked::Session& session) const {
  Found<Login> found;
  Candidates accepted;
  Candidates opened;
  const auto [begin, end] = lines_.equal_range(session.pid);
  for (auto at = session.pid == 0 ? end : begin; at != end; ++at) {
    const Line& line = at->second;
    if (line.kind != Told::Kind::accepted && line.kind != Told::Kind::opened) {
      continue;
    }
    if (!line.time) {
      found.is_unplaced = true;
    } else if (*line.time >= session.start - kMinute && *line.time <= session.start + kMinute / 6) {
      (line.kind == Told::Kind::accepted ? accepted : opened).add(line);
    }
  }
  std::vector<const Line*> lines = accepted.lines();
  for (const Line* const line : opened.lines()) {
    if (lines.empty() || std::none_of(lines.begin(), lines.end(), [line](const Line* const one) {
          return one->login.user == line->login.user;
        })) {
      lines.push_back(line);
    }
  }
  if (lines.empty() && !found.is_unplaced) {
    lines = numbered(session);
  }
  found.candidates = lines.size();
  if (lines.size() == 1) {
    found.what = lines.front()->login;
  }
  return found;
}

/// By logind's number, which is the kernel's. It counts anew in every boot.
std::vector<const Answers::Line*> Answers::numbered(const Asked::Session& session) const {
  Candidates candidates;
  const auto [begin, end] = lines_.equal_range(session.ses);
  for (auto at = begin; at != end; ++at) {
    const Line& line = at->second;
    const audit::TimeMs before = session.has_login ? kMinute / 6 : kDay;
    if (line.kind == Told::Kind::new_session && line.time && *line.time >= session.start - before &&
        *line.time <= session.start + kMinute) {
      candidates.add(line);
    }
  }
  return candidates.lines();
}

Answers::Found<Answers::Line> Answers::only(Told::Kind kind, std::uint32_t pid,
                                            std::string_view command, audit::TimeMs before) const {
  Candidates candidates;
  const auto [begin, end] = lines_.equal_range(pid);
  for (auto at = begin; at != end; ++at) {
    const Line& line = at->second;
    if (line.kind == kind && line.time && *line.time <= before + kSecond &&
        *line.time >= before - kDay && (command.empty() || line.command == command)) {
      candidates.add(line);
    }
  }
  Found<Line> found;
  found.candidates = candidates.lines().size();
  if (found.candidates == 1) {
    found.what = *candidates.lines().front();
  }
  return found;
}

Answers::Found<Answers::Line> Answers::start_of(std::uint32_t pid, std::string_view command,
                                                audit::TimeMs before) const {
  command = trimmed(command.substr(0, kMostText));
  return command.empty() ? Found<Line>() : only(Told::Kind::ran, pid, command, before);
}

Answers::Found<Answers::Line> Answers::change_of(std::uint32_t pid, audit::TimeMs before) const {
  return only(Told::Kind::became, pid, {}, before);
}

}  // namespace auexfil::artefacts
