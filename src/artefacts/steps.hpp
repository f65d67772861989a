#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/artefacts/artefact.hpp"
#include "auexfil/artefacts/registered.hpp"
#include "commands.hpp"
#include "reader.hpp"

namespace auexfil::artefacts {

/// The words with the values that are known in their places; one that is not quoted is split where
/// it is a word of its own.
[[nodiscard]] Words resolved(const Words& words, const Values& values);

/// A command that a job comes to.
struct Step {
  Words words;         ///< what the files tell is in its place
  std::string script;  ///< that it stands in; empty: in the artefact itself
  std::string cwd;     ///< that it runs in; empty: not known
  std::string user;    ///< that it runs as; empty: not known
  /// Value of a variable of its environment, while it is told; empty: it has none, or only the run
  /// knows it.
  std::function<std::string(std::string_view)> variable;
  StandardInput input;  ///< what the files tell is in its place
};

/// "/a/b" of "./b" in "/a"; empty where the folder is not known.
[[nodiscard]] std::string in_folder(const std::string& folder, std::string_view path);

/// Follows what an artefact starts into the scripts that it runs, and those that these run: scripts
/// that run each other, many times each, are followed for 262144 commands in all.
class Steps {
 public:
  Steps(const input::Tree& image, const Inventory& inventory);

  /// Is told each command. \return false: it may run a script, to be looked for.
  using Use = std::function<bool(const Step&)>;
  void follow(const Artefact& artefact, const Use& use);

  /// Adds what was not followed so far.
  void tell_unfollowed(Unfollowed& to) const;

  /// The text of a file that a command names. \param cwd  that it runs in.
  [[nodiscard]] std::optional<std::string> text(const std::string& path, const std::string& cwd);

 private:
  /// Where a run of commands stands.
  struct As {
    std::string cwd;
    std::string user;
  };
  struct Place {
    Values variables;  ///< of its environment
    As as;
    std::string script;
    int depth = 0;
  };

  [[nodiscard]] std::string home_of(std::string_view user) const;
  /// Those that words name: ~bob.
  void add_homes(const Words& words, Values& values) const;
  [[nodiscard]] Place begin(const Artefact& artefact) const;
  void run(const ShellText& text, const Place& place, const Use& use);
  /// \param given_to  the shell, or the interpreter of another language, that is given it: it needs
  ///                  no `#!`. Empty: it is run itself.
  const ShellText* script(const std::string& path, std::string_view given_to);

  Values homes_;  ///< by user
  Bounds bounds_;
  Inventory scratch_;
  Reader reader_;
  std::map<std::string, ShellText> scripts_;
  std::size_t steps_ = 0;  ///< of all artefacts
  bool has_more_steps_ = false;
  std::uint64_t deeper_ = 0;  ///< scripts that stand too deep to be followed
};

}  // namespace auexfil::artefacts
