#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace auexfil::input {

/// Every kind of rule file (policy, tools, automation) has one grammar, that of
/// Boost.ProgramOptions' configuration files: `[kind name]`, `key = value`, `#` to the line's end.

struct Entry {
  std::string key;
  std::string value;  ///< Trimmed; empty is legal.
  int line{};
};

struct Section {
  std::string kind;  ///< "role" of "[role backup]"
  std::string name;  ///< "backup"; empty for "[kind]"
  std::string file;  ///< As shown in messages.
  int line{};
  std::vector<Entry> entries;  ///< In the order of the file; a key may repeat.

  /// The last value of a key, or null.
  [[nodiscard]] const Entry* find(std::string_view key) const;
};

/// A mistake in a rule file. Prints as `file:line: what`.
struct Mistake {
  std::string file;
  int line{};
  std::string what;  ///< What is wrong, and what would be right.
};

struct RuleFile {
  std::vector<Section> sections;
  std::vector<Mistake> mistakes;
};

/// Reads the text of one rule file. All mistakes are collected, the rest is kept.
[[nodiscard]] RuleFile parse_rule_file(std::string_view text, std::string_view file);

/// Lays layers over each other: a section of the same kind and name in a later layer replaces the
/// earlier one whole, at the earlier one's place; new sections come first in the order of their
/// layer, so that a layer on top is also asked first ("first match in file order"). Within one
/// layer a second section of the same kind and name is a mistake.
[[nodiscard]] RuleFile overlay(std::vector<RuleFile> layers_bottom_first);

/// The nearest of `known` to a misspelt word, or empty when none is near (edit distance <= 2, or
/// <= 1 for words up to 4 letters).
[[nodiscard]] std::string nearest_word(std::string_view word,
                                       const std::vector<std::string_view>& known);

/// Splits "a, b,c" into trimmed, non-empty items. A comma inside /…/ of a regular expression does
/// not split.
[[nodiscard]] std::vector<std::string> split_list(std::string_view value);

}  // namespace auexfil::input
