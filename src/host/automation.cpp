#include "auexfil/host/automation.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace auexfil::host {
namespace {

constexpr std::size_t kMaxLineage = 64;

bool any_matches(const std::vector<input::Pattern>& patterns, std::string_view subject) {
  return !subject.empty() &&
         std::any_of(patterns.begin(), patterns.end(),
                     [&](const input::Pattern& pattern) { return pattern.matches(subject); });
}

std::string joined(const std::vector<std::string>& argv) {
  std::string text;
  for (const std::string& arg : argv) {
    if (!text.empty()) {
      text.push_back(' ');
    }
    text += arg;
  }
  return text;
}

bool program_matches(const Tracker& tracker, const std::vector<input::Pattern>& patterns,
                     const Image& image, const std::vector<std::string>& argv) {
  const std::string_view exe = tracker.text(image.exe);
  return any_matches(patterns, base_name(exe)) || any_matches(patterns, exe) ||
         any_matches(patterns, base_name(tracker.text(image.script))) ||
         (!argv.empty() && any_matches(patterns, base_name(argv.front())));
}

/// What a session is: of a person at a terminal, surely not, or out of sight.
enum class Owner : std::uint8_t { person, machine, unseen };

Owner owner_of(const Session* session, const Signs& signs, const Tracker& tracker) {
  if (session == nullptr) {
    return Owner::unseen;
  }
  const std::string_view opener = base_name(tracker.text(session->opener));
  const std::string_view terminal = tracker.text(session->terminal);
  if (session->login_terminal != 0) {
    return Owner::person;
  }
  for (const Signs::Sign& sign : signs.signs) {
    if (any_matches(sign.opener, opener) || any_matches(sign.terminal, terminal)) {
      return Owner::machine;
    }
  }
  if (terminal.starts_with("/dev/tty") || terminal.starts_with("tty") ||
      terminal.starts_with("/dev/pts") || terminal.starts_with("pts/") ||
      terminal.starts_with(":")) {
    return Owner::person;
  }
  return session->opener == 0 ? Owner::unseen : Owner::machine;
}

std::string session_sentence(const Tracker& tracker, const Session* session, std::uint32_t ses) {
  if (session == nullptr) {
    return fmt::format("session {} (its beginning is not in the log)", ses);
  }
  const std::string_view address = tracker.text(session->address);
  return address.empty() ? fmt::format("session {}", ses)
                         : fmt::format("session {} from {}", ses, address);
}

}  // namespace

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::vector<std::string> argv_of(const Tracker& tracker, const Image& image) {
  std::vector<std::string> argv;
  if (image.argv == 0) {
    // One empty argument and no argument look the same joined; neither tells anything.
    return argv;
  }
  std::string_view rest = tracker.text(image.argv);
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

Automation decide_automation(const Tracker& tracker, const Signs& signs, std::uint32_t image) {
  Automation result;
  std::vector<std::uint32_t> chain;
  for (std::uint32_t at = image; at != kNone && chain.size() < kMaxLineage;
       at = tracker.image(at).parent) {
    if (tracker.image(at).exe != 0 || tracker.image(at).argv != 0) {
      chain.push_back(at);
    }
  }
  if (chain.empty()) {
    return result;
  }
  result.lineage.assign(chain.begin() + 1, chain.end());
  const Image& tool = tracker.image(chain.front());

  for (std::size_t i = 0; i < chain.size(); ++i) {
    const Image& at = tracker.image(chain[i]);
    const std::vector<std::string> argv = argv_of(tracker, at);
    const bool is_shell = program_matches(tracker, signs.shells, at, argv);
    const Session* const session =
        at.ses == kUnset ? nullptr : tracker.find_session(at.boot, at.ses);

    if (is_shell && at.tty != 0 && !argv.empty() && at.script == 0 && reads_terminal(argv)) {
      Owner owner = at.ses == kUnset ? Owner::machine : owner_of(session, signs, tracker);
      for (std::size_t above = i + 1; above < chain.size() && owner == Owner::machine; ++above) {
        const Image& emulator = tracker.image(chain[above]);
        if (program_matches(tracker, signs.terminals, emulator, argv_of(tracker, emulator))) {
          owner = Owner::person;
        }
      }
      if (owner != Owner::machine) {
        if (tool.tty == 0 && session != nullptr && session->ended != 0 &&
            session->ended < tool.began.event.time) {
          result.verdict = Automation::Verdict::unattended;
          result.reasons.push_back(
              {"left-behind",
               fmt::format("left running without a terminal after session {} had ended", at.ses),
               tool.began.event});
          result.job = Automation::Job{"left-behind", joined(argv_of(tracker, tool))};
          return result;
        }
        result.verdict = Automation::Verdict::attended;
        result.reasons.push_back(
            {"interactive-shell",
             fmt::format("typed at an interactive shell ({}, pid {}) on {}; {}",
                         base_name(tracker.text(at.exe)), at.pid, tracker.text(at.tty),
                         session_sentence(tracker, session, at.ses)),
             at.began.event});
        return result;
      }
    }
    if (i > 0 && (is_shell || program_matches(tracker, signs.interpreters, at, argv))) {
      result.scripted = true;
    }
    const std::string text = joined(argv);
    for (const Signs::Sign& sign : signs.signs) {
      if (!program_matches(tracker, sign.program, at, argv) && !any_matches(sign.argv, text)) {
        continue;
      }
      result.verdict = Automation::Verdict::unattended;
      result.scripted = false;
      result.reasons.push_back(
          {sign.name, fmt::format("{} (pid {})", sign.text, at.pid), at.began.event});
      // What it started: the image just below, or the tool itself.
      const Image& started = tracker.image(chain[i > 0 ? i - 1 : 0]);
      result.job = Automation::Job{sign.job, joined(argv_of(tracker, started))};
      if (tool.tty == 0) {
        result.reasons.push_back({"no-terminal", "no terminal", tool.began.event});
      } else {
        result.reasons.push_back(
            {"made-up-terminal",
             fmt::format("its terminal {} belongs to no login of a person", tracker.text(tool.tty)),
             tool.began.event});
      }
      return result;
    }
  }

  // No ancestor tells. The session may.
  const Image& top = tracker.image(chain.back());
  const Image& started = tracker.image(chain.size() > 1 ? chain[chain.size() - 2] : chain.back());
  const auto job_of = [&](std::string kind) {
    return Automation::Job{std::move(kind), joined(argv_of(tracker, top.has_exec ? top : started))};
  };
  if (tool.ses == kUnset) {
    result.verdict = Automation::Verdict::unattended;
    result.reasons.push_back(
        {"no-session", "belongs to no login session: a daemon or service", tool.began.event});
    result.job = job_of("service");
    return result;
  }
  const Session* const session = tracker.find_session(tool.boot, tool.ses);
  if (session != nullptr) {
    const std::string_view opener = base_name(tracker.text(session->opener));
    const std::string_view terminal = tracker.text(session->terminal);
    for (const Signs::Sign& sign : signs.signs) {
      if (any_matches(sign.opener, opener) || any_matches(sign.terminal, terminal)) {
        result.verdict = Automation::Verdict::unattended;
        result.reasons.push_back({sign.name, sign.text, session->start.event});
        result.job = job_of(sign.job);
        return result;
      }
    }
    if (session->login_terminal == 0 &&
        (opener == "sshd" || opener == "sshd-session" || terminal == "ssh" || terminal == "sshd")) {
      result.verdict = Automation::Verdict::unattended;
      result.reasons.push_back({"ssh-command",
                                fmt::format("in an ssh session without a terminal ({})",
                                            session_sentence(tracker, session, tool.ses)),
                                session->start.event});
      result.job = job_of("ssh");
      return result;
    }
  }
  result.verdict = Automation::Verdict::unknown;
  result.reasons.push_back({"out-of-sight",
                            fmt::format("what started it is not in the log; {}",
                                        session_sentence(tracker, session, tool.ses)),
                            tool.began.event});
  return result;
}

}  // namespace auexfil::host
