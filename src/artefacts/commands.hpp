#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auexfil/artefacts/artefact.hpp"

namespace auexfil::artefacts {

/// The simple commands of a text that a shell is given, those in subshells, substitutions and
/// behind `sh -c` as well: without redirections, assignments and the words of the grammar (if, do).
/// At most 256 commands of 512 words.
[[nodiscard]] std::vector<Words> split_shell(std::string_view text);

/// A simple command, and what its standard input is.
struct PipedCommand {
  Words words;
  std::optional<Word> input;        ///< the file behind `<`
  std::optional<std::string> here;  ///< a here-document as it stands in the text
  /// Place of the command whose output it is, from 1 on; 0: of none, or of more than that one.
  std::size_t from = 0;
};
/// As split_shell(), with that.
[[nodiscard]] std::vector<PipedCommand> split_pipes(std::string_view text);

/// Does a program take a text of commands among its words (sh -c, eval, trap, tmux)? These are told
/// apart. \param name  without a folder.
[[nodiscard]] bool takes_commands(std::string_view name);

/// Words before the one that tells what runs, of sudo, nice and the like: that is not looked for
/// any further.
inline constexpr std::size_t kMostWrappers = 16;

// Of the variables that one table or unit sets.
inline constexpr std::size_t kMostVariables = 64;
inline constexpr std::size_t kMostValue = 4096;  ///< bytes

/// What a text does to a variable.
struct Assignment {
  enum class Reach : std::uint8_t {
    shell,
    exported,  ///< programs that are started behind it have it too
    mark,      ///< export NAME: its value is as before
    command,   ///< A=1 PROGRAM: that one alone has it
  };
  std::string name;  ///< empty: it may be any (eval), or whatever the file that is `value` assigns
  std::optional<Word> value;  ///< nothing: what only the run knows, or it is given sometimes only
  std::size_t place = 0;      ///< how many commands stand before it
  Reach reach = Reach::shell;
};
/// What a command reads at its standard input, as far as the text tells.
struct StandardInput {
  std::optional<Word> file;         ///< behind `<`
  std::optional<std::string> here;  ///< a here-document as it stands in the text
  bool is_pipe{};                   ///< another command writes it
};
struct ShellText {
  std::vector<Words> commands;
  std::vector<StandardInput> inputs;    ///< of each command; empty: not known
  std::vector<Assignment> assignments;  ///< not those of substitutions and other shells
};
/// As split_shell(), with what is assigned; at most 256 assignments.
[[nodiscard]] ShellText read_shell(std::string_view text);

/// The commands of an ExecStart= and its kin (systemd.service(5), "Command lines"), and those
/// behind `sh -c` in them.
/// \param unit  its name, for %n, %p, %i and the like; of a template without an instance these are
///              known to the run alone.
[[nodiscard]] std::vector<Words> split_exec(std::string_view text, std::string_view unit);

/// What find starts (-exec, -execdir, -ok, -okdir), each up to its `;` or `{} +`; where its words
/// have {} only the run knows which file. Empty for other programs.
[[nodiscard]] std::vector<Words> commands_of_find(const Words& words);

/// Is it find itself, if behind sudo, nice and their kin?
[[nodiscard]] bool is_find(const Word& word);

/// Adds what the shells among `commands` are given by -c, and what find starts.
void add_given_commands(std::vector<Words>& commands);

/// Builds a word from what stands in the file.
class WordBuilder {
 public:
  void put(char c) {
    begin();
    word_.pieces.back().push_back(c);
  }
  void put(std::string_view text) {
    begin();
    word_.pieces.back().append(text);
  }
  /// What only the run knows stands here.
  /// \param splits  it may be several words, or none
  /// \param name  see Word::names
  void unknown(bool splits, std::string_view name = {}) {
    begin();
    word_.names.resize(word_.pieces.size() - 1);
    word_.names.emplace_back(name);
    word_.pieces.emplace_back();
    splits_ = splits_ || splits;
  }
  /// There is a word, if an empty one.
  void begin() {
    if (word_.pieces.empty()) {
      word_.pieces.emplace_back();
    }
  }
  [[nodiscard]] bool has_begun() const { return !word_.pieces.empty(); }
  [[nodiscard]] const Word& word() const { return word_; }
  [[nodiscard]] Word take() {
    word_.any_count = splits_;
    splits_ = false;
    return std::exchange(word_, Word{});
  }

 private:
  Word word_;
  bool splits_ = false;
};

}  // namespace auexfil::artefacts
