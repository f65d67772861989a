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
  /// Is it the first time, or nearly, that it runs with these arguments in this folder?
  [[nodiscard]] bool is_new_in_folder(host::ProgramIndex image);

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
    std::optional<host::Symbol> asked_in;  ///< the folder in which its paths were asked for
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
  std::deque<Answers> answers_;  // by number of the program
};

}  // namespace auexfil::transfer
