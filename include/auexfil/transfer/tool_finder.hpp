#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auexfil/host/program_classifier.hpp"
#include "auexfil/host/tracker.hpp"
#include "auexfil/transfer/tools.hpp"

namespace auexfil::transfer {

/// Files that a program names, absolute, as it runs in one folder.
struct NamedPaths {
  const Tool* tool{};  ///< by whose grammar
  std::optional<host::Symbol> folder;
  std::vector<std::string> paths;
  bool are_asked_for{};  ///< see PathHistory
};

/// Which tool a program is, what its command line says, and of which invocation it is a part. Asked
/// once for each distinct program with its arguments; answers hold until the next make_room() or
/// clear().
class ToolFinder {
 public:
  /// \param tools, \param signs outlive it.
  ToolFinder(const Tools& tools, const host::Signs& signs) : tools_(tools), programs_(signs) {}

  /// Before any question.
  void attach(const host::Tracker& tracker) { tracker_ = &tracker; }

  /// The tool that a program is, as far as its connections go, or null.
  [[nodiscard]] const Tool* tool_of(host::ProgramIndex image);
  /// The same, with those tools that only stand in where there are no connections.
  [[nodiscard]] const Tool* tool_by_argv(host::ProgramIndex image);
  /// The arguments that a program is believed to have: those of its execve; of a title only where
  /// it is the program's own, and then without a last word that may be cut.
  [[nodiscard]] const std::vector<std::string>& words_of(host::ProgramIndex image);
  /// They, with blanks between.
  [[nodiscard]] const std::string& command_of(host::ProgramIndex image);
  /// Is what its title shows its own command line?
  [[nodiscard]] bool has_own_title(host::ProgramIndex image);
  /// What these arguments say, read by a tool's grammar. \param cut  words of them are missing.
  [[nodiscard]] const ArgReading& reading_of(const Tool& tool, host::ProgramIndex image, bool cut);
  /// The topmost program of the invocation that `image` works in: scp above its ssh, ssh above its
  /// ProxyCommand, with shells between them (`sh -c "exec ssh -W …"`) passed over.
  /// \param tool  set to the tool that it is, or null.
  [[nodiscard]] host::ProgramIndex top_of(host::ProgramIndex image, const Tool*& tool);

  /// How a program makes files ready, or null.
  [[nodiscard]] const Staging* staging_of(host::ProgramIndex image);
  /// Do its arguments name what it removes?
  [[nodiscard]] bool removes(host::ProgramIndex image);
  /// The files that its command line names: by a tool's grammar, or any word that is no option.
  /// \param tool  null: the latter. \return valid until the next call.
  [[nodiscard]] NamedPaths& named_paths(host::ProgramIndex image, const Tool* tool);

  [[nodiscard]] host::ProgramClassifier& programs() { return programs_; }
  /// See host::ProgramClassifier.
  bool make_room();
  void clear();

 private:
  struct Reading {
    const Tool* tool{};
    bool cut{};
    ArgReading reading;
  };
  /// What was asked of a program so far.
  struct Answers {
    std::optional<std::vector<std::string>> words;  ///< where they are not all of its arguments
    std::optional<std::string> command;
    std::optional<const Tool*> tool;
    std::optional<const Tool*> parent;
    std::vector<std::unique_ptr<const Reading>> readings;
    std::optional<const Staging*> staging;
    std::optional<bool> removes;
    NamedPaths named;
    NamedPaths plain;
    bool has_words{};
    bool own_title{};
  };
  Answers& answers(host::ProgramIndex image);
  [[nodiscard]] bool is_own_title(const host::ExecutedProgram& image,
                                  const std::vector<std::string>& argv) const;
  [[nodiscard]] bool runs_others(host::ProgramIndex image, const std::vector<std::string>& argv);
  [[nodiscard]] const Tool* parent_by_argv(host::ProgramIndex image);
  [[nodiscard]] host::ProgramIndex user_of_helper(host::ProgramIndex image, const Tool*& user);

  const Tools& tools_;
  host::ProgramClassifier programs_;
  const host::Tracker* tracker_ = nullptr;
  NamedPaths not_kept_;
  std::deque<Answers> answers_;  // by number of the program
};

}  // namespace auexfil::transfer
