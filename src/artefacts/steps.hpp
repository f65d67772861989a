#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "auexfil/artefacts/artefact.hpp"
#include "commands.hpp"
#include "reader.hpp"

namespace auexfil::artefacts {

/// Values by name, see Word::names.
using Values = std::map<std::string, std::string, std::less<>>;

/// The words with the values that are known in their places; one that is not quoted is split where
/// it is a word of its own.
[[nodiscard]] Words resolved(const Words& words, const Values& values);

/// A command that a job comes to.
struct Step {
  Words words;         ///< what the files tell is in its place
  std::string script;  ///< that it stands in; empty: in the artefact itself
  std::string cwd;     ///< that it runs in; empty: not known
  std::string user;    ///< that it runs as; empty: not known
};

/// Follows what an artefact starts into the scripts that it runs, and those that these run.
class Steps {
 public:
  Steps(const input::Tree& image, const Inventory& inventory)
      : inventory_(inventory), reader_(image, bounds_, scratch_) {}

  /// Is told each command. \return false: it may run a script, to be looked for.
  using Use = std::function<bool(const Step&)>;
  void follow(const Artefact& artefact, const Use& use);

  /// The text of a file that a command names. \param cwd  that it runs in.
  [[nodiscard]] std::optional<std::string> text(const std::string& path, const std::string& cwd);

 private:
  /// Where a run of commands stands.
  struct Place {
    Values variables;  ///< of its environment
    std::string cwd;
    std::string user;
    std::string script;
    int depth = 0;
  };
  class Run;

  [[nodiscard]] std::string home_of(std::string_view user) const;
  [[nodiscard]] Place begin(const Artefact& artefact) const;
  void run(const ShellText& text, Place place, const Use& use);
  /// \param any  a shell is given it: it needs no `#!`.
  const ShellText* script(const std::string& path, bool any);

  const Inventory& inventory_;
  Bounds bounds_;
  Inventory scratch_;
  Reader reader_;
  std::map<std::string, ShellText> scripts_;
};

}  // namespace auexfil::artefacts
