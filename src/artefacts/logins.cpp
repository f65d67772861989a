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

void SystemLogs::each(
    audit::TimeMs first, audit::TimeMs last,
    const std::function<void(const Told&, const input::SystemLine&, std::optional<audit::TimeMs>,
                             const input::LogFile&)>& use,
    Unread& unread) const {
  for (const input::LogFile& file : files_) {
    input::Tree::Info info;
    WallClock::Years years{first, last, 0};
    if (file.tree->stat(file.path, info) == 0 && info.changed > 0) {
      years.written = info.changed * kSecond;
    }
    const input::SystemLogEnd end =
        input::read_system_log(file, [&](const input::SystemLine& line) {
          if (const std::optional<Told> told = tell(line)) {
            use(*told, line,
                line.time   ? line.time
                : line.wall ? clock_->wall.time_of(*line.wall, years)
                            : std::nullopt,
                file);
          }
        });
    unread.overlong += end.overlong;
    if (!end.fault.empty()) {
      unread.faults.emplace_back(file.name, end.fault);
    }
  }
}

Answers SystemLogs::ask(const Asked& asked) const {
  Answers answers;
  std::set<std::uint32_t> pids = asked.pids;
  std::set<std::uint32_t> numbers;
  for (const Asked::Session& session : asked.sessions) {
    pids.insert(session.pid);
    numbers.insert(session.ses);
  }
  std::set<std::string> hosts;  // that lines are of, where it is not known whose they should be
  const auto is_own = [&](std::string_view host) {
    if (asked.hosts.empty()) {
      constexpr std::size_t kEnough = 2;
      if (hosts.size() < kEnough) {
        hosts.emplace(host);
      }
      return true;
    }
    return host.empty() ||
           std::any_of(asked.hosts.begin(), asked.hosts.end(),
                       [&](const std::string& one) { return same_host(one, host); });
  };
  each(
      asked.first, asked.last,
      [&](const Told& told, const input::SystemLine& line, std::optional<audit::TimeMs> time,
          const input::LogFile& file) {
        const bool is_session = told.kind == Told::Kind::new_session;
        const std::uint32_t number = is_session ? told.session : line.pid.value_or(0);
        const bool is_near = !time || (*time >= asked.first - kDay && *time <= asked.last + kDay);
        if (told.kind == Told::Kind::began || !is_own(line.host) || number == 0 || !is_near ||
            !(is_session ? numbers : pids).contains(number)) {
          return;
        }
        if (answers.lines_.size() >= kMostLines) {
          ++answers.bounds_["login_lines"];
          return;
        }
        Answers::Line kept_line = line_of(told, line, file.name);
        kept_line.time = time;
        kept_line.login.time = time.value_or(0);
        answers.lines_.emplace(number, std::move(kept_line));
      },
      answers.unread_);
  if (hosts.size() > 1) {
    answers.lines_.clear();  // whose they are is anybody's guess
  }
  return answers;
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
