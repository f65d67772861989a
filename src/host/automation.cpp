#include "auexfil/host/automation.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "auexfil/host/program_classifier.hpp"

namespace auexfil::host {
namespace {

/// A job's lineage has a dozen programs, one inside containers and agents some more; without an end
/// are only loops that exec and fork.
constexpr std::size_t kMaxLineage = 64;

/// What a session is: of a person at a terminal, surely not, or out of sight; or a terminal in it
/// is one that a person perhaps sits at.
enum class Owner : std::uint8_t { person, machine, unseen, perhaps };

bool may_open(const Signs& signs, const Tracker& tracker, Symbol exe) {
  const std::string_view path = tracker.text(exe);
  return signs.openers.match(path) || signs.openers.match(base_name(path));
}

/// A scheduler or another machine opened the session, by what is known of its opener.
bool is_of_machine(const Session& session, const Signs& signs, const Tracker& tracker) {
  const std::string_view opener = base_name(tracker.text(session.opener));
  const std::string_view terminal = tracker.text(session.terminal);
  return std::any_of(signs.signs.begin(), signs.signs.end(), [&](const Signs::Sign& sign) {
    return sign.opener.match(opener) || sign.terminal.match(terminal);
  });
}

bool claims_terminal(const Session& session, const Tracker& tracker) {
  const std::string_view terminal = tracker.text(session.terminal);
  return session.login_terminal != 0 || terminal.starts_with("/dev/tty") ||
         terminal.starts_with("tty") || terminal.starts_with("/dev/pts") ||
         terminal.starts_with("pts/") || terminal.starts_with(":");
}

/// The record by which the session claims to be a person's.
const Sent& claim_of(const Session& session) {
  return session.login_terminal != 0 ? session.logged_in : session.opened;
}

/// Does the record claim to be another program than the one that sent it, or was its session
/// opened by a scheduler?
bool is_forged(const Session& session, const Signs& signs, const Tracker& tracker) {
  if (!claims_terminal(session, tracker)) {
    return false;
  }
  const Sent& sent = claim_of(session);
  const std::string_view claimed = base_name(tracker.text(sent.claimed));
  const auto differs = [&](Symbol exe) {
    return exe != 0 && !claimed.empty() && base_name(tracker.text(exe)) != claimed &&
           !may_open(signs, tracker, exe);
  };
  return differs(sent.writer) || differs(session.login_exe) ||
         (session.login_terminal != 0 && is_of_machine(session, signs, tracker));
}

/// A login record is believed when what its pid runs may open sessions, and what set the loginuid
/// as well. Where neither is in the log, its pid has to be that of LOGIN, which is the kernel's.
Owner owner_of(const Session* session, const Signs& signs, const Tracker& tracker) {
  if (session == nullptr) {
    return Owner::unseen;
  }
  const bool claims = claims_terminal(*session, tracker);
  if (claims && is_forged(*session, signs, tracker)) {
    return Owner::machine;
  }
  if (claims) {
    const Sent& sent = claim_of(*session);
    if ((sent.writer != 0 && !may_open(signs, tracker, sent.writer)) ||
        (session->login_exe != 0 && !may_open(signs, tracker, session->login_exe))) {
      return Owner::machine;
    }
    const bool is_known = sent.writer != 0 || !session->has_login || sent.pid == session->pid;
    return is_known ? Owner::person : Owner::unseen;
  }
  return is_of_machine(*session, signs, tracker) || session->opener != 0 ? Owner::machine
                                                                         : Owner::unseen;
}

/// "/dev/pts/0", "pts/0" and "pts0" are one terminal.
bool is_same_terminal(std::string_view login, std::string_view tty) {
  constexpr std::string_view kFolder = "/dev/";
  login.remove_prefix(login.starts_with(kFolder) ? kFolder.size() : 0);
  for (const char c : login) {
    if (c == '/') {
      continue;
    }
    if (tty.empty() || tty.front() != c) {
      return false;
    }
    tty.remove_prefix(1);
  }
  return tty.empty() && !login.empty();
}

/// Somebody logged in on a display.
bool is_graphical(const Session& session, const Signs& signs, const Tracker& tracker) {
  return signs.displays.match(base_name(tracker.text(session.opener))) &&
         owner_of(&session, signs, tracker) == Owner::person;
}

std::string session_sentence(const Tracker& tracker, const Session* session, std::uint32_t ses) {
  if (ses == kUnset) {
    return "no login session is known";
  }
  if (session == nullptr) {
    return fmt::format("session {} (its beginning is not in the log)", ses);
  }
  const std::string_view address = tracker.text(session->address);
  return address.empty() ? fmt::format("session {}", ses)
                         : fmt::format("session {} from {}", ses, address);
}

}  // namespace

std::string joined(const std::vector<std::string>& argv) {
  std::string text;
  std::size_t size = 0;
  for (const std::string& arg : argv) {
    size += arg.size() + 1;
  }
  text.reserve(size);
  for (const std::string& arg : argv) {
    if (!text.empty()) {
      text.push_back(' ');
    }
    text += arg;
  }
  return text;
}

std::string_view base_name(std::string_view path) {
  // Not rfind(), which goes byte by byte.
  const void* const slash = path.empty() ? nullptr : memrchr(path.data(), '/', path.size());
  return slash == nullptr
             ? path
             : path.substr(static_cast<std::size_t>(static_cast<const char*>(slash) - path.data()) +
                           1);
}

std::vector<std::string> argv_of(const Tracker& tracker, const ExecutedProgram& image) {
  std::vector<std::string> argv;
  if (image.argv == 0) {
    // One empty argument and no argument look the same joined; neither tells anything.
    return argv;
  }
  std::string_view rest = tracker.text(image.argv);
  argv.reserve(static_cast<std::size_t>(std::count(rest.begin(), rest.end(), '\0')) + 1);
  for (;;) {
    const std::size_t nul = rest.find('\0');
    argv.emplace_back(rest.substr(0, nul));
    if (nul == std::string_view::npos) {
      return argv;
    }
    rest.remove_prefix(nul + 1);
  }
}

bool reads_terminal(const std::vector<std::string>& argv) {
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::string_view arg = argv[i];
    if (arg.empty() || (arg.front() != '-' && arg.front() != '+')) {
      return false;  // a script
    }
    if (arg == "--") {
      return i + 1 >= argv.size();
    }
    if (arg == "--command" || arg.starts_with("--command=")) {
      return false;  // fish
    }
    if (arg.starts_with("--")) {
      if (arg == "--rcfile" || arg == "--init-file") {
        ++i;
      }
      continue;
    }
    if (arg == "-") {
      continue;
    }
    if (arg.find('c') != std::string_view::npos) {
      return false;
    }
    if (arg == "-O" || arg == "+O" || arg == "-o" || arg == "+o") {
      ++i;
    }
    if (arg.find('s') != std::string_view::npos && arg.front() == '-') {
      return true;  // operands are arguments, commands come from standard input
    }
  }
  return true;
}

namespace {

/// The walk from a tool to its ancestors.
struct Walk {
  const Tracker& tracker;
  ProgramClassifier& programs;
  std::vector<ProgramIndex> chain;    ///< images, the tool first
  std::vector<const Program*> known;  ///< of each

  [[nodiscard]] const ExecutedProgram& at(std::size_t i) const { return tracker.image(chain[i]); }
  /// What is known of it as a program.
  [[nodiscard]] const Program& program(std::size_t i) const { return *known[i]; }
  [[nodiscard]] const ProgramKind& kind(std::size_t i) const { return known[i]->kind; }
  /// Its command line.
  [[nodiscard]] const std::string& command(std::size_t i) const { return known[i]->text; }
  [[nodiscard]] bool any_above(std::size_t i, bool ProgramKind::*is_one) const {
    for (std::size_t above = i + 1; above < chain.size(); ++above) {
      if (kind(above).*is_one) {
        return true;
      }
    }
    return false;
  }
  [[nodiscard]] const Session* session(std::size_t i) const {
    return at(i).ses == kUnset ? nullptr : tracker.find_session(at(i).boot, at(i).ses);
  }

  [[nodiscard]] bool is_opened_by_login(const Session& session) const {
    return programs.signs().logins.match(base_name(tracker.text(claim_of(session).claimed)));
  }

  [[nodiscard]] const ReasonTexts& texts() const { return programs.signs().reasons; }
  [[nodiscard]] Automation::Reason reason(ReasonKind kind, ReasonTexts::Values values,
                                          const audit::Stamp& event) const {
    return {texts().sign(kind), texts().sentence(kind, values), event};
  }

  /// Is the shell at `i` what a login program has handed out, or one below that on its terminal?
  [[nodiscard]] bool is_handed_out(std::size_t i) const {
    for (std::size_t above = i + 1; above < chain.size(); ++above) {
      if (kind(above).login) {
        return true;
      }
      if (!(kind(above).shell && kind(above).reads_terminal) && !kind(above).wrapper) {
        return false;
      }
    }
    return false;
  }
  /// The nearest above the tool that goes on when nobody sits there (tmux, screen), or the end.
  [[nodiscard]] std::size_t multiplexer() const {
    std::size_t at = 1;
    while (at < chain.size() && !kind(at).multiplexer) {
      ++at;
    }
    return at;
  }
  /// Who sits at it; null: nobody whom the log knows.
  [[nodiscard]] const Brokers::Typed* attached(std::size_t server) const {
    return programs.brokers().attached(tracker, programs.signs(), at(server),
                                       at(0).began.event.time);
  }
  /// Was it begun without anybody at it?
  [[nodiscard]] bool begins_detached(std::size_t server) const {
    const std::uint32_t broker = kind(server).broker;
    return broker != kNone && programs.signs().brokers[broker].later;
  }
  /// Below `end`, a program that a person may use without a terminal of theirs, or `end`.
  [[nodiscard]] std::size_t seat(std::size_t end) const {
    std::size_t i = 0;
    while (i < end && !kind(i).seat && !kind(i).terminal && !kind(i).own_terminal) {
      ++i;
    }
    return i;
  }
  /// Did a person log in on a terminal in the session of the ancestor at `i`?
  [[nodiscard]] bool is_login(std::size_t i) const {
    const Session* const own = session(i);
    return own != nullptr && own->login_terminal != 0 &&
           owner_of(own, programs.signs(), tracker) != Owner::machine;
  }
  [[nodiscard]] bool is_on_login_terminal(std::size_t i) const {
    const Session* const own = session(0);
    return own != nullptr && own->login_terminal != 0 && at(i).tty != 0 &&
           is_same_terminal(tracker.text(own->login_terminal), tracker.text(at(i).tty)) &&
           owner_of(own, programs.signs(), tracker) == Owner::person;
  }

  /// Who sits at the terminal of the shell at `i`?
  [[nodiscard]] Owner owner(std::size_t i) const {
    Owner owner =
        at(i).ses == kUnset ? Owner::machine : owner_of(session(i), programs.signs(), tracker);
    if (at(i).ses == kUnset && any_above(i, &ProgramKind::login)) {
      owner = Owner::unseen;  // a host without login sessions (no pam_loginuid)
    }
    // Where no login with a terminal is in the log, such records may be left out (-F msgtype).
    if (owner == Owner::machine && !tracker.tally().logins && session(i) != nullptr &&
        !claims_terminal(*session(i), tracker) &&
        !is_of_machine(*session(i), programs.signs(), tracker) && is_handed_out(i)) {
      owner = Owner::unseen;
    }
    if (owner == Owner::person && !session(i)->has_login && !is_opened_by_login(*session(i))) {
      owner = Owner::unseen;  // sudo and su tell of a terminal, not of who opened the session
    }
    if (owner == Owner::unseen && any_above(i, &ProgramKind::scripted_terminal)) {
      owner = Owner::machine;
    }
    if (owner == Owner::machine && any_above(i, &ProgramKind::terminal)) {
      owner = Owner::person;
    }
    if (owner == Owner::machine && any_above(i, &ProgramKind::own_terminal)) {
      owner = Owner::perhaps;
    }
    return owner;
  }
};

/// Of unknown automation: somebody may have asked for it.
Automation perhaps(Automation::Reason reason) {
  Automation result;
  result.verdict = Automation::Verdict::unknown;
  result.reasons.push_back(std::move(reason));
  return result;
}

Automation perhaps_by(const Walk& walk, const Brokers::Typed& typed) {
  return perhaps(walk.reason(ReasonKind::perhaps_asked_for, {{"command", Brokers::sentence(typed)}},
                             typed.event));
}

/// On a terminal that went on when its session had ended, or that nobody sat at from the first:
/// who has taken it up since?
/// \param over  the session of the shell has ended.
std::optional<Automation> left_alone(const Walk& walk, std::size_t shell, bool over,
                                     bool scripted) {
  const ExecutedProgram& tool = walk.at(0);
  const std::size_t server = walk.multiplexer();
  const bool has_server = server < walk.chain.size();
  const bool is_detached = has_server && walk.begins_detached(server);
  if (!over && !is_detached) {
    return std::nullopt;
  }
  if (const Brokers::Typed* const typed = has_server ? walk.attached(server) : nullptr) {
    if (!scripted) {
      return std::nullopt;
    }
    Automation result = perhaps_by(walk, *typed);
    result.scripted = true;
    return result;
  }
  const std::string_view terminal = walk.tracker.text(tool.tty);
  Automation result;
  result.verdict = Automation::Verdict::unattended;
  const ReasonKind kind = over ? ReasonKind::left_alone : ReasonKind::detached_alone;
  result.reasons.push_back(
      over
          ? walk.reason(kind, {{"ses", std::to_string(walk.at(shell).ses)}, {"terminal", terminal}},
                        tool.began.event)
          : walk.reason(kind,
                        {{"terminal", terminal},
                         {"command", walk.command(server)},
                         {"pid", std::to_string(walk.at(server).pid)}},
                        walk.at(server).began.event));
  result.job = Automation::Job{walk.texts().job(kind), walk.command(0)};
  return result;
}

/// The tool comes from a shell that a person types at.
/// \param owner  of the shell.
Automation typed_at(const Walk& walk, std::size_t i, Owner owner, bool scripted) {
  const Tracker& tracker = walk.tracker;
  const ExecutedProgram& tool = walk.at(0);
  const ExecutedProgram& shell = walk.at(i);
  const Session* const session = walk.session(i);
  Automation result;
  result.scripted = scripted;
  // A terminal of mosh's or a desktop's outlives the session below which it was opened.
  const bool outlives = walk.any_above(i, &ProgramKind::terminal);
  const bool over =
      session != nullptr && session->ended != 0 && session->ended < tool.began.event.time;
  if (tool.tty == 0) {
    const ReasonKind kind = over ? ReasonKind::left_behind : ReasonKind::detached;
    result.verdict = Automation::Verdict::unattended;
    result.scripted = false;
    result.reasons.push_back(walk.reason(
        kind, {{"ses", std::to_string(shell.ses)}, {"terminal", tracker.text(shell.tty)}},
        tool.began.event));
    result.job = Automation::Job{walk.texts().job(kind), walk.command(0)};
    return result;
  }
  if (std::optional<Automation> alone = left_alone(walk, i, over && !outlives, scripted)) {
    return std::move(*alone);
  }
  if (owner == Owner::perhaps) {
    std::size_t maker = i + 1;
    while (!walk.kind(maker).own_terminal) {
      ++maker;
    }
    result.verdict = Automation::Verdict::unknown;
    result.reasons.push_back(walk.reason(ReasonKind::own_terminal,
                                         {{"shell", base_name(tracker.text(shell.exe))},
                                          {"pid", std::to_string(shell.pid)},
                                          {"terminal", tracker.text(shell.tty)},
                                          {"program", tracker.text(walk.at(maker).exe)}},
                                         shell.began.event));
    return result;
  }
  result.verdict = Automation::Verdict::attended;
  result.ses = outlives ? kUnset : shell.ses;
  result.reasons.push_back(walk.reason(ReasonKind::interactive_shell,
                                       {{"shell", base_name(tracker.text(shell.exe))},
                                        {"pid", std::to_string(shell.pid)},
                                        {"terminal", tracker.text(shell.tty)},
                                        {"session", session_sentence(tracker, session, shell.ses)}},
                                       shell.began.event));
  return result;
}

/// Asked for by a person, though a daemon started it?
std::optional<Automation> brokered(const Walk& walk, std::size_t i) {
  const Tracker& tracker = walk.tracker;
  const ExecutedProgram& tool = walk.at(0);
  const auto below = std::span(walk.chain).first(i);
  const Brokers::Answer answer =
      walk.programs.brokers().ask(tracker, walk.programs.signs(), walk.program(i).daemon_of, below);
  Automation result;
  using Kind = Brokers::Answer::Kind;
  if (answer.kind == Kind::waits || answer.kind == Kind::near) {
    const bool is_it = answer.kind == Kind::waits;
    const bool left = is_it && answer.terminal && tool.tty == 0;
    result.ses = answer.typed->ses;
    result.wait = answer.wait;
    result.verdict = left    ? Automation::Verdict::unattended
                     : is_it ? Automation::Verdict::attended
                             : Automation::Verdict::unknown;
    result.reasons.push_back(
        walk.reason(is_it ? ReasonKind::asked_for : ReasonKind::perhaps_asked_for,
                    {{"command", Brokers::sentence(*answer.typed)}}, answer.typed->event));
    if (left) {
      result.reasons.push_back(walk.reason(ReasonKind::left_behind_asked, {}, tool.began.event));
      result.job =
          Automation::Job{walk.texts().job(ReasonKind::left_behind_asked), walk.command(0)};
    }
    return result;
  }
  // A shell that reads a terminal, right below a daemon that hands those out.
  const std::size_t lowest = i > 0 ? i - 1 : 0;
  const ExecutedProgram& started = walk.at(lowest);
  const ProgramKind& kind = walk.kind(lowest);
  const bool any_scripted =
      std::any_of(walk.known.begin(), walk.known.begin() + static_cast<std::ptrdiff_t>(i),
                  [](const Program* program) { return program->kind.scripted_terminal; });
  if (answer.may_be_asked && tool.tty != 0 && started.tty != 0 && kind.shell &&
      kind.reads_terminal && kind.has_argv && !any_scripted) {
    result.verdict = Automation::Verdict::unknown;
    result.reasons.push_back(walk.reason(ReasonKind::terminal_asked_for,
                                         {{"terminal", tracker.text(started.tty)},
                                          {"daemon", base_name(tracker.text(walk.at(i).exe))},
                                          {"pid", std::to_string(walk.at(i).pid)}},
                                         started.began.event));
    return result;
  }
  return std::nullopt;
}

/// Below `end` stands a program that a person uses without a terminal of theirs.
std::optional<Automation> at_a_seat(const Walk& walk, std::size_t end) {
  const std::size_t seat = walk.seat(end);
  if (seat >= end) {
    return std::nullopt;
  }
  return perhaps(walk.reason(ReasonKind::seat,
                             {{"program", walk.tracker.text(walk.at(seat).exe)},
                              {"pid", std::to_string(walk.at(seat).pid)}},
                             walk.at(seat).began.event));
}

/// On the terminal of the login below which it stands, without a shell that reads it: `ssh -t HOST
/// COMMAND`, a menu in place of a shell.
std::optional<Automation> at_a_login(const Walk& walk, std::size_t i) {
  std::size_t login = 1;
  while (login <= i && !walk.kind(login).login) {
    ++login;
  }
  for (std::size_t below = 0; login <= i && below < login; ++below) {
    if (walk.is_on_login_terminal(below)) {
      const ExecutedProgram& at = walk.at(below);
      return perhaps(walk.reason(
          ReasonKind::login_terminal,
          {{"terminal", walk.tracker.text(at.tty)},
           {"session", session_sentence(walk.tracker, walk.session(0), walk.at(0).ses)}},
          at.began.event));
    }
  }
  return std::nullopt;
}

/// The ancestor at `i` serves a user (their service manager, their session), who is logged in on a
/// display.
std::optional<Automation> at_a_display(const Walk& walk, std::size_t i) {
  const Tracker& tracker = walk.tracker;
  const ExecutedProgram& tool = walk.at(0);
  const audit::TimeMs now = tool.began.event.time;
  const auto is_theirs = [&](const Session& session) {
    return session.auid == tool.auid && session.start.event.time <= now &&
           (session.ended == 0 || session.ended >= now) &&
           is_graphical(session, walk.programs.signs(), tracker);
  };
  const Session* found = walk.session(0);
  found = found != nullptr && tool.auid != kUnset && is_theirs(*found) ? found : nullptr;
  const auto& sessions = tracker.sessions().all();
  const bool is_served = tool.auid != kUnset && walk.at(i).auid == tool.auid;
  for (auto at = sessions.lower_bound({tool.boot, 0});
       found == nullptr && is_served && at != sessions.end() && at->first.first == tool.boot;
       ++at) {
    found = is_theirs(at->second) ? &at->second : nullptr;
  }
  if (found == nullptr) {
    return std::nullopt;
  }
  const Symbol terminal = found->login_terminal != 0 ? found->login_terminal : found->terminal;
  return perhaps(walk.reason(ReasonKind::graphical_login,
                             {{"terminal", tracker.text(terminal)},
                              {"session", session_sentence(tracker, found, found->ses)}},
                             found->start.event));
}

/// What the sign of the ancestor at `i` tells is not all: a person may sit between it and the tool,
/// or be served by it.
std::optional<Automation> perhaps_a_person(const Walk& walk, std::size_t i) {
  std::optional<Automation> result = at_a_seat(walk, i);
  if (!result) {
    result = at_a_login(walk, i);
  }
  return result ? std::move(result) : at_a_display(walk, i);
}

/// What the ancestor at `i` started: the image just below, or the tool itself.
Automation::Job job_of(const Walk& walk, std::size_t i, const Signs::Sign& sign) {
  return {sign.job, walk.command(i > 0 ? i - 1 : 0)};
}

/// The sign of the ancestor at `i`.
Automation started_by(const Walk& walk, std::size_t i, const Signs::Sign& sign) {
  const Tracker& tracker = walk.tracker;
  const ExecutedProgram& tool = walk.at(0);
  Automation result;
  result.verdict = Automation::Verdict::unattended;
  result.reasons.push_back(
      {sign.name, fmt::format("{} (pid {})", sign.text, walk.at(i).pid), walk.at(i).began.event});
  result.job = job_of(walk, i, sign);
  if (tool.tty == 0) {
    result.reasons.push_back(walk.reason(ReasonKind::no_terminal, {}, tool.began.event));
  } else if (!walk.is_on_login_terminal(0)) {
    result.reasons.push_back(walk.reason(ReasonKind::made_up_terminal,
                                         {{"terminal", tracker.text(tool.tty)}}, tool.began.event));
  }
  const auto below = std::span(walk.chain).first(i);
  const Brokers::Answer answer =
      walk.programs.brokers().ask(tracker, walk.programs.signs(), walk.program(i).daemon_of, below);
  if (answer.kind == Brokers::Answer::Kind::left) {
    result.reasons.push_back(walk.reason(ReasonKind::left_behind_queued,
                                         {{"command", Brokers::sentence(*answer.typed)}},
                                         answer.typed->event));
  }
  return result;
}

}  // namespace

namespace {

/// A forged record is a sign of its own, whatever else tells who started the program.
void add_forged(const Tracker& tracker, const Signs& signs, ProgramIndex image,
                Automation& automation) {
  const ExecutedProgram& tool = tracker.image(image);
  const Session* const session =
      tool.ses == kUnset ? nullptr : tracker.find_session(tool.boot, tool.ses);
  if (session == nullptr || !is_forged(*session, signs, tracker)) {
    return;
  }
  const Sent& sent = claim_of(*session);
  const Symbol writer = sent.writer != 0 ? sent.writer : session->login_exe;
  automation.reasons.push_back(
      {signs.reasons.sign(ReasonKind::forged_login),
       signs.reasons.sentence(ReasonKind::forged_login,
                              {{"claimed", base_name(tracker.text(sent.claimed))},
                               {"ses", std::to_string(session->ses)},
                               {"pid", std::to_string(sent.pid)},
                               {"writer", base_name(tracker.text(writer))},
                               {"opener", base_name(tracker.text(session->opener))}}),
       sent.place.event});
}

/// The nearest ancestor that tells, if any does.
/// \param scripted  set when a shell or an interpreter stands between.
std::optional<Automation> by_ancestors(const Walk& walk, bool& scripted) {
  const Signs& signs = walk.programs.signs();
  const ExecutedProgram& tool = walk.at(0);
  bool shell_in_sight = false;
  for (std::size_t i = 0; i < walk.chain.size(); ++i) {
    const ExecutedProgram& at = walk.at(i);
    const ProgramKind& kind = walk.kind(i);
    shell_in_sight = shell_in_sight || (kind.shell && kind.has_argv);
    if (kind.shell && at.tty != 0 && kind.has_argv && at.script == 0 && kind.reads_terminal) {
      const Owner owner = walk.owner(i);
      // The beginning of its session is not in the log: a shell below tmux or one of which nothing
      // is known may be cron's. Below sshd it is a person's. Nobody sits at what has no terminal.
      if (owner == Owner::unseen && tool.tty != 0 && !walk.any_above(i, &ProgramKind::login) &&
          !walk.any_above(i, &ProgramKind::terminal)) {
        return std::nullopt;
      }
      if (owner != Owner::machine) {
        return typed_at(walk, i, owner, scripted);
      }
      const std::size_t server = walk.multiplexer();
      if (const Brokers::Typed* const typed =
              server < walk.chain.size() ? walk.attached(server) : nullptr) {
        return perhaps_by(walk, *typed);
      }
    }
    if (i > 0 && (kind.shell || kind.interpreter)) {
      scripted = true;
    }
    // sshd runs whatever it is asked to by the user's shell. On the terminal of a login, without
    // one in sight: its exec is not in the log, and whether it was given a command is not known.
    if (!shell_in_sight && i > 0 && tool.tty != 0 && kind.login &&
        (walk.is_login(i) || walk.is_on_login_terminal(0))) {
      return std::nullopt;
    }
    // "./init", typed. A daemon that people and machines log in by is not itself what it runs.
    const bool is_sign = kind.sign != kNone && !(kind.own_sign && at.tty != 0) &&
                         !(i == 0 && kind.login && at.ses == kUnset && at.ppid <= 1);
    if (is_sign) {
      const Signs::Sign& sign = signs.signs[kind.sign];
      std::optional<Automation> asked = brokered(walk, i);
      if (!asked) {
        asked = perhaps_a_person(walk, i);
        if (asked) {
          asked->job = job_of(walk, i, sign);
        }
      }
      if (asked) {
        asked->scripted = scripted;
        return asked;
      }
      return started_by(walk, i, sign);
    }
  }
  return std::nullopt;
}

/// sudo's own record is all that is known of it: run on the terminal of a person?
std::optional<Automation> typed_with_sudo(const Walk& walk) {
  const Tracker& tracker = walk.tracker;
  const ExecutedProgram& tool = walk.at(0);
  const Session* const session = walk.session(0);
  if (!tool.commanded || tool.tty == 0 || session == nullptr ||
      owner_of(session, walk.programs.signs(), tracker) != Owner::person) {
    return std::nullopt;
  }
  Automation result;
  result.verdict = Automation::Verdict::attended;
  result.ses = tool.ses;
  result.reasons.push_back(walk.reason(ReasonKind::typed_with_sudo,
                                       {{"terminal", tracker.text(tool.tty)},
                                        {"session", session_sentence(tracker, session, tool.ses)}},
                                       tool.began.event));
  return result;
}

/// No ancestor tells. The session may.
Automation by_session(const Walk& walk) {
  const Tracker& tracker = walk.tracker;
  const ExecutedProgram& tool = walk.at(0);
  Automation result;
  const auto unattended = [&](Automation::Reason reason, std::string job) {
    const std::size_t last = walk.chain.size() - 1;
    const bool has_top = walk.at(last).has_exec || last == 0;
    result.verdict = Automation::Verdict::unattended;
    result.reasons.push_back(std::move(reason));
    result.job = Automation::Job{std::move(job), walk.command(has_top ? last : last - 1)};
    return result;
  };
  if (std::optional<Automation> asked = at_a_seat(walk, walk.chain.size())) {
    return std::move(*asked);
  }
  if (tool.ses == kUnset && tool.tty == 0) {
    return unattended(walk.reason(ReasonKind::no_session, {}, tool.began.event),
                      walk.texts().job(ReasonKind::no_session));
  }
  const Session* const session = tracker.find_session(tool.boot, tool.ses);
  if (session != nullptr) {
    const Signs& signs = walk.programs.signs();
    const std::string_view opener = base_name(tracker.text(session->opener));
    const std::string_view terminal = tracker.text(session->terminal);
    for (const Signs::Sign& sign : signs.signs) {
      if (sign.opener.match(opener) || sign.terminal.match(terminal)) {
        return unattended({sign.name, sign.text, session->start.event}, sign.job);
      }
    }
    if (session->login_terminal == 0 &&
        (signs.ssh_openers.match(opener) || signs.ssh_terminals.match(terminal))) {
      return unattended(walk.reason(ReasonKind::ssh_session,
                                    {{"session", session_sentence(tracker, session, tool.ses)}},
                                    session->start.event),
                        walk.texts().job(ReasonKind::ssh_session));
    }
  }
  result.verdict = Automation::Verdict::unknown;
  result.reasons.push_back(walk.reason(ReasonKind::out_of_sight,
                                       {{"session", session_sentence(tracker, session, tool.ses)}},
                                       tool.began.event));
  return result;
}

Automation decide(const Walk& walk) {
  bool scripted = false;
  if (std::optional<Automation> started = by_ancestors(walk, scripted)) {
    return std::move(*started);
  }
  std::optional<Automation> typed = typed_with_sudo(walk);
  Automation result = typed ? std::move(*typed) : by_session(walk);
  result.scripted = scripted;
  return result;
}

}  // namespace

Automation decide_automation(const Tracker& tracker, ProgramClassifier& programs,
                             ProgramIndex image) {
  Walk walk{tracker, programs, {}, {}};
  for (ProgramIndex at = image; at != kNone && walk.chain.size() < kMaxLineage;
       at = tracker.image(at).parent) {
    if (tracker.image(at).exe != 0 || tracker.image(at).argv != 0) {
      walk.chain.push_back(at);
      walk.known.push_back(&programs.of(tracker, at));
    }
  }
  Automation automation;
  if (!walk.chain.empty()) {
    automation = decide(walk);
    automation.lineage.assign(walk.chain.begin() + 1, walk.chain.end());
  }
  add_forged(tracker, programs.signs(), image, automation);
  return automation;
}

}  // namespace auexfil::host
