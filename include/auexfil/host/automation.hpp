#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/host/reason_texts.hpp"
#include "auexfil/host/tracker.hpp"
#include "auexfil/input/pattern.hpp"
#include "auexfil/input/rule_file.hpp"

namespace auexfil::host {

/// The signs of rules/automation.conf.
struct Signs {
  struct Sign {
    std::string name;
    input::Patterns program;
    input::Patterns argv;
    input::Patterns opener;
    input::Patterns terminal;
    std::string job;
    std::string text;
  };
  /// How the work that a daemon does is tied to the command that asked for it.
  enum class Tie : std::uint8_t {
    argv,      ///< the command line ends with what was started
    unit,      ///< one of its words is the name of what was started
    user,      ///< both are of one user
    attached,  ///< whoever typed it sits at the daemon's terminals
  };
  struct Broker {
    std::string name;
    input::Patterns program;
    input::Patterns argv;
    input::Patterns below;
    Tie tie = Tie::argv;
    bool terminal{};
    bool later{};
    bool perhaps{};  ///< the command may return before its work is done
  };
  std::vector<Broker> brokers;
  std::vector<Sign> signs;  ///< In the order of the file: the first that holds is named.
  ReasonTexts reasons;
  input::Patterns shells;
  input::Patterns terminals;  ///< whose terminals a person sits at
  input::Patterns installed;  ///< paths that only root can write to
  input::Patterns interpreters;
  input::Patterns logins;              ///< what hands a person a shell
  input::Patterns openers;             ///< what may open a session of a person's
  input::Patterns scripted_terminals;  ///< what makes terminals that nobody sits at
  input::Patterns wrappers;            ///< what only runs another program
  input::Patterns seats;               ///< that a person uses without a terminal of theirs
  input::Patterns displays;            ///< what logs people in on a display
  input::Patterns ssh_openers;         ///< what opens a session of ssh
  input::Patterns ssh_terminals;       ///< what such a session without a terminal names as one
};

/// Reads [sign …], [reason …], [broker …] and [words …] sections; mistakes are added to `mistakes`.
/// Other kinds of sections are left to their rooms.
[[nodiscard]] Signs load_signs(const std::vector<input::Section>& sections,
                               std::vector<input::Mistake>& mistakes);

/// Gives sections the names that they have now: those of earlier versions stay good.
void rename_old_sections(std::vector<input::Section>& sections);

struct Automation {
  enum class Verdict : std::uint8_t { unattended, attended, unknown };
  struct Reason {
    std::string sign;
    std::string text;
    std::optional<audit::Stamp> event;
  };
  struct Job {
    std::string kind;
    std::string what;  ///< command line of what the starter started
  };
  /// Until when whoever asked a daemon for it waits for it.
  struct Wait {
    audit::TimeMs until = std::numeric_limits<audit::TimeMs>::max();
    bool is_sure = true;  ///< else nothing tells whether they wait longer
  };
  Verdict verdict = Verdict::unknown;
  bool scripted{};
  std::uint32_t ses = kUnset;  ///< attended: session of whoever sits there
  Wait wait{};
  std::vector<Reason> reasons;
  std::optional<Job> job;
  std::vector<ProgramIndex> lineage;  ///< images above the tool, nearest first
};

class ProgramClassifier;

/// Was anybody sitting at this program? Walks its ancestors; see DESIGN, "Automation".
[[nodiscard]] Automation decide_automation(const Tracker& tracker, ProgramClassifier& programs,
                                           ProgramIndex image);

/// The arguments of an image.
[[nodiscard]] std::vector<std::string> argv_of(const Tracker& tracker,
                                               const ExecutedProgram& image);

/// The arguments with blanks between them.
[[nodiscard]] std::string joined(const std::vector<std::string>& argv);

/// Part behind the last '/'.
[[nodiscard]] std::string_view base_name(std::string_view path);

/// Does a shell with these arguments read commands from its terminal? Not with -c, nor with a
/// script's name; a leading '-' in argv[0] alone does not make it so (su - USER -c COMMAND).
[[nodiscard]] bool reads_terminal(const std::vector<std::string>& argv);

}  // namespace auexfil::host
