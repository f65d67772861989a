#include "login.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "auexfil/host/automation.hpp"

namespace auexfil::facts {
namespace {

constexpr std::size_t kMostPrograms = 64;
constexpr std::size_t kMostAsked = std::size_t{1} << 18;

/// What a shell was given with -c, of words with a NUL behind each.
std::string_view given_to_shell(std::string_view argv) {
  constexpr std::string_view kOption("\0-c\0", 4);
  const std::size_t first = argv.find('\0');
  if (first == std::string_view::npos || !argv.substr(first).starts_with(kOption)) {
    return {};
  }
  argv.remove_prefix(first + kOption.size());
  return argv.substr(0, argv.find('\0'));
}

bool changes_user(std::string_view exe) {
  constexpr std::array<std::string_view, 5> kNames = {"su", "sudo", "sudo-rs", "runuser", "doas"};
  return std::find(kNames.begin(), kNames.end(), host::base_name(exe)) != kNames.end();
}

/// What may have been logged of a program.
enum class Logged : std::uint8_t { nothing, start, change };

Logged logged_of(const transfer::Invocation::Program& program, bool is_cron,
                 const transfer::InvocationStore& store) {
  return changes_user(store.text(program.exe))                          ? Logged::change
         : is_cron && !given_to_shell(store.text(program.argv)).empty() ? Logged::start
                                                                        : Logged::nothing;
}

/// Calls `use` with the program and each above it.
template <typename Use>
void each_program(const transfer::Invocation& run, const transfer::InvocationStore& store,
                  Use use) {
  use(run.process);
  std::size_t count = 1;
  for (std::uint32_t at = run.lineage; at != 0 && count < kMostPrograms;
       at = store.ancestor(at).above, ++count) {
    use(store.ancestor(at).program);
  }
}

bool is_cron(const transfer::Invocation& run, const transfer::InvocationStore& store) {
  return run.job && store.text(run.job->kind) == "cron";
}

artefacts::Asked::Session session_of(const transfer::Invocation& run) {
  return {run.ses, run.login.pid, run.login.start, run.login.is_seen};
}

void add_note(Fact& fact, std::string text) {
  fact.notes.push_back(std::move(text));
}

}  // namespace

void LoginFinder::find_login(const transfer::Invocation& run, Fact& fact) const {
  // Of what cron opens nobody logged in.
  if (run.ses == host::kUnset || is_cron(run, store_)) {
    return;
  }
  auto found = answers_->login_of(session_of(run));
  const artefacts::Account* const account = found.what && starters_ != nullptr
                                                ? starters_->inventory().account(found.what->user)
                                                : nullptr;
  if (account != nullptr && account->uid && run.auid != host::kUnset && *account->uid != run.auid) {
    add_note(fact,
             fmt::format("{} tells a login of {}, who is user {}, for session {}, which is of "
                         "user {}: it is not named",
                         found.what->evidence, found.what->user, *account->uid, run.ses, run.auid));
  } else if (found.what) {
    fact.login = std::move(found.what);
  } else if (found.candidates > 1) {
    add_note(fact, fmt::format("{} logins of the system's log would do for session {}: none is "
                               "named",
                               found.candidates, run.ses));
  } else if (found.is_unplaced) {
    add_note(fact,
             "the system's log may tell its login, but not when that was: the zone of its clock, "
             "or the year, is not known");
  }
}

void LoginFinder::find(const transfer::Invocation& run, Fact& fact) const {
  fact.login.reset();
  if (answers_ == nullptr || answers_->empty()) {
    return;
  }
  find_login(run, fact);
  const bool by_cron = is_cron(run, store_);
  const audit::TimeMs time = run.began.event.time;
  each_program(run, store_, [&](const transfer::Invocation::Program& program) {
    const Logged logged = logged_of(program, by_cron, store_);
    if (logged == Logged::nothing) {
      return;
    }
    const auto found =
        logged == Logged::start
            ? answers_->start_of(program.pid, given_to_shell(store_.text(program.argv)), time)
            : answers_->change_of(program.pid, time);
    if (!found.what) {
      return;
    }
    const Login& told = found.what->login;
    const std::string by = found.what->by.empty() ? "somebody" : found.what->by;
    fact.reasons.push_back(
        {"logged",
         logged == Logged::start
             ? fmt::format("cron logged that it started this as {} ({})", told.user, told.evidence)
             : fmt::format("{} became {}, as {} logged ({})", by, told.user,
                           host::base_name(store_.text(program.exe)), told.evidence),
         std::nullopt});
  });
}

void add_asked(const transfer::Invocation& run, const transfer::InvocationStore& store,
               artefacts::Asked& asked) {
  const bool by_cron = is_cron(run, store);
  if (run.ses != host::kUnset && !by_cron && asked.sessions.size() < kMostAsked) {
    asked.sessions.insert(session_of(run));
  }
  each_program(run, store, [&](const transfer::Invocation::Program& program) {
    if (logged_of(program, by_cron, store) != Logged::nothing && asked.pids.size() < kMostAsked) {
      asked.pids.insert(program.pid);
    }
  });
}

std::string login_text(const Login& login) {
  std::string text = login.user;
  if (login.address) {
    text += " from " + login.address->to_string();
  }
  if (login.port) {
    text += fmt::format(" port {}", *login.port);
  }
  if (login.method) {
    text += " by " + *login.method;
  }
  if (login.key) {
    text += " " + *login.key;
  }
  return text + " (" + login.evidence + ")";
}

}  // namespace auexfil::facts
