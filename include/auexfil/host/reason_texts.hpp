#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auexfil/input/rule_file.hpp"

namespace auexfil::host {

/// What tells of a program's start beside the [sign …] of an ancestor or a session, and of what it
/// sends. Each has its [reason …] in rules/automation.conf, which names it and says it.
enum class ReasonKind : std::uint8_t {
  interactive_shell,    ///< typed at a shell that a person sits at
  own_terminal,         ///< the same, on a terminal that a program of the user's own has made
  typed_with_sudo,      ///< sudo's own record, on the terminal of a person
  asked_for,            ///< by a command that a person typed and waits for
  perhaps_asked_for,    ///< such a command was typed just before
  terminal_asked_for,   ///< on a terminal of a daemon that hands those out
  login_terminal,       ///< on the terminal of a login, without a shell that reads it
  seat,                 ///< below a program that a person perhaps sits at
  graphical_login,      ///< below what serves somebody who is logged in on a display
  detached,             ///< from the terminal that it was started on
  left_behind,          ///< the same, after the session had ended
  left_alone,           ///< on a terminal of tmux or screen, after the session had ended
  detached_alone,       ///< on one that nobody sat at from the first
  left_behind_asked,    ///< from the terminal that was asked for
  left_behind_queued,   ///< put off, or left to run, by a command that a person typed
  left_behind_running,  ///< still sending when the session had ended
  left_behind_waiting,  ///< connected when nobody waited for what they had asked for any more
  detached_running,     ///< sent when it had left the terminal that it was started on
  no_terminal,
  made_up_terminal,  ///< one that no login of a person has
  forged_login,      ///< a record claims to be another program than the one that sent it
  no_session,
  ssh_session,   ///< without a terminal
  out_of_sight,  ///< nothing tells
  staged,        ///< what is sent was made ready before
  staged_piped,  ///< while it was sent
  removed,       ///< what was sent was removed after
};

/// How the reasons are called and said.
class ReasonTexts {
 public:
  using Values = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// Reads a [reason …]; mistakes are added.
  void load(const input::Section& section, std::vector<input::Mistake>& mistakes);

  /// The sign's name, as users see it.
  [[nodiscard]] const std::string& sign(ReasonKind kind) const { return of(kind).sign; }
  /// The kind of the job that it makes.
  [[nodiscard]] const std::string& job(ReasonKind kind) const { return of(kind).job; }
  /// The sentence, with what the log says in its {places}.
  [[nodiscard]] std::string sentence(ReasonKind kind, Values values = {}) const;

 private:
  struct Text {
    std::string sign;
    std::string job;
    std::string text;
  };
  [[nodiscard]] const Text& of(ReasonKind kind) const {
    return texts_[static_cast<std::size_t>(kind)];
  }

  std::array<Text, static_cast<std::size_t>(ReasonKind::removed) + 1> texts_;
};

}  // namespace auexfil::host
