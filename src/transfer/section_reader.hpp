#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auexfil/input/pattern.hpp"
#include "auexfil/input/rule_file.hpp"

namespace auexfil::transfer {

/// Reads the entries of one section of a rule file; what is wrong is added to `mistakes`, and what
/// is right is kept.
struct SectionReader {
  const input::Section& section;
  std::vector<input::Mistake>& mistakes;

  void mistake(const input::Entry& entry, std::string what) const;
  /// Of the section as a whole.
  void mistake(std::string what) const;
  void unknown_key(const input::Entry& entry, const std::vector<std::string_view>& known) const;

  void patterns(const input::Entry& entry, input::Patterns& to) const;
  /// Names of options: words that begin with '-'.
  void options(const input::Entry& entry, std::vector<std::string>& to) const;
  /// 1 or more. \param what  is counted: "words".
  void number(const input::Entry& entry, std::string_view what, std::size_t& to) const;
};

/// The words of a text, with blanks between.
[[nodiscard]] std::vector<std::string> split_words(std::string_view text);

}  // namespace auexfil::transfer
