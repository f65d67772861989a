#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auexfil/host/automation.hpp"
#include "auexfil/host/brokers.hpp"
#include "auexfil/input/text_hash.hpp"

namespace auexfil::host {

/// What a program is by the rules, whatever process runs it.
struct ProgramKind {
  bool has_argv{};
  bool shell{};
  bool terminal{};
  bool own_terminal{};  ///< one that lies where its user can write: anybody may call a program so
  bool interpreter{};
  bool login{};
  bool scripted_terminal{};
  bool seat{};         ///< a desktop, or what has terminals in a browser
  bool multiplexer{};  ///< tmux, screen
  bool wrapper{};
  bool reads_terminal{};         ///< see reads_terminal()
  bool own_sign{};               ///< by the name alone of a script that anybody may have written
  std::uint32_t sign = kNone;    ///< index of the first sign that it is
  std::uint32_t broker = kNone;  ///< index of the first broker that it is a command of
};

/// A program file with its arguments.
struct Program {
  ProgramKind kind;
  std::vector<std::string> argv;
  std::string text;  ///< argv with blanks between
  /// Brokers below whose daemon their work stands; one may be named twice.
  std::vector<std::uint32_t> daemon_of{};
};

/// Asks the patterns of the rules once for each distinct program: jobs come again and again, and
/// their ancestors are the same few daemons.
class ProgramClassifier {
 public:
  /// \param signs outlives it.
  explicit ProgramClassifier(const Signs& signs) : signs_(signs) {}

  /// A number for the program that an image runs, the same for all that run it, small. Numbers and
  /// references hold until the next make_room() or clear().
  [[nodiscard]] std::uint32_t number_of(const Tracker& tracker, ProgramIndex index);
  [[nodiscard]] const Program& at(std::uint32_t number) const { return programs_[number]; }
  [[nodiscard]] const Program& of(const Tracker& tracker, ProgramIndex image) {
    return programs_[number_of(tracker, image)];
  }
  /// To be called when nobody holds a number: forgets all of them if they are too many.
  /// \return has it?
  bool make_room();
  /// Symbols are given out anew.
  void clear();

  /// A program began: is it a broker's command that a person typed?
  void on_exec(const Tracker& tracker, ProgramIndex image);
  [[nodiscard]] const Brokers& brokers() const { return brokers_; }
  [[nodiscard]] Brokers& brokers() { return brokers_; }
  [[nodiscard]] const Signs& signs() const { return signs_; }

 private:
  struct Key {
    Symbol exe{};
    Symbol comm{};
    Symbol argv{};
    Symbol script{};
    bool is_title{};
    bool is_cut{};
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept;
  };
  /// The answer for an image, if it is still the one of that number.
  struct OfImage {
    std::uint32_t image_number{};
    std::uint32_t program{};
  };
  /// What the rules say of one name, as which it may stand for a program.
  struct NameKind {
    ProgramKind kind;                      ///< its flags and the first sign
    std::vector<std::uint32_t> brokers;    ///< that have such a command
    std::vector<std::uint32_t> daemon_of;  ///< brokers below whose daemon their work stands
  };
  [[nodiscard]] const NameKind& kind_of_name(std::string_view name);
  [[nodiscard]] bool is_terminal(std::string_view path);
  [[nodiscard]] Program look(const Tracker& tracker, const ExecutedProgram& image);

  const Signs& signs_;
  Brokers brokers_;
  std::deque<Program> programs_;  // bounded, by number and by bytes
  std::size_t bytes_ = 0;         // of their arguments
  std::unordered_map<Key, std::uint32_t, Hash> known_;
  std::vector<OfImage> by_image_;
  std::unordered_map<std::string, NameKind, input::TextHash, std::equal_to<>> names_;  // bounded
};

}  // namespace auexfil::host
