#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/input/pattern.hpp"
#include "auexfil/input/rule_file.hpp"
#include "auexfil/transfer/fact.hpp"

namespace auexfil::transfer {

enum class Grammar : std::uint8_t { none, copy, host, first, url, hostport, tagged };

/// One [tool …] section; see rules/tools.conf for the meaning of each key.
struct Tool {
  std::string name;
  std::vector<input::Pattern> program;
  std::vector<input::Pattern> shape;
  std::vector<input::Pattern> child;
  std::vector<std::string> works_for;
  Grammar grammar = Grammar::none;
  std::string values;
  std::vector<std::string> long_values;
  std::vector<input::Pattern> out;
  std::vector<input::Pattern> in;
  Direction nature = Direction::unknown;
  bool server{};
  bool udp{};
  std::uint64_t floor = 0;
  std::vector<std::uint16_t> control;
};

struct Lookup {
  std::vector<std::uint16_t> ports;
  bool tcp{};
  bool udp{};
};

/// A remote side as the command line names it.
struct ArgPeer {
  std::string host;  ///< without user, brackets, path or port
  Direction direction = Direction::unknown;
};

/// What a command line says.
struct ArgReading {
  Direction direction = Direction::unknown;
  std::vector<ArgPeer> peers;
};

class Tools {
 public:
  /// Reads [tool …], [multicall …] and [lookup …]; mistakes are added.
  [[nodiscard]] static Tools load(const std::vector<input::Section>& sections,
                                  std::vector<input::Mistake>& mistakes);

  /// The tool that a program is by its name, or null. \param exe whole path.
  [[nodiscard]] const Tool* find_by_name(std::string_view exe,
                                         const std::vector<std::string>& argv) const;
  /// The tool whose arguments these are, whatever the program is called, or null.
  [[nodiscard]] const Tool* find_by_shape(const std::vector<std::string>& argv) const;
  /// The tool that starts helpers with these arguments, or null.
  [[nodiscard]] const Tool* find_by_child(const std::vector<std::string>& child_argv) const;
  [[nodiscard]] const Tool* find(std::string_view name) const;
  /// A number for each tool, 0 for none; and the way back.
  [[nodiscard]] std::uint64_t number_of(const Tool* tool) const {
    return tool == nullptr ? 0 : static_cast<std::uint64_t>(tool - tools_.data()) + 1;
  }
  [[nodiscard]] const Tool* by_number(std::uint64_t number) const {
    return number == 0 ? nullptr : &tools_[number - 1];
  }

  [[nodiscard]] bool is_lookup(std::uint16_t port, bool udp) const;

 private:
  std::vector<Tool> tools_;
  std::vector<input::Pattern> multicall_;
  std::vector<Lookup> lookups_;
};

/// Reads a command line by a tool's grammar.
[[nodiscard]] ArgReading read_argv(const Tool& tool, const std::vector<std::string>& argv);

/// Arguments joined by blanks, at most 4 KiB.
[[nodiscard]] std::string join_argv(const std::vector<std::string>& argv);

}  // namespace auexfil::transfer
