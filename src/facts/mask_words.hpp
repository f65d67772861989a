#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ranges.hpp"

namespace auexfil::facts {

/// One word of a command line, and where each of its characters stands there.
struct Word {
  struct Place {
    std::size_t begin{};
    std::size_t end{};
    char quote{};  ///< ' or " when inside quotes, else 0
  };

  std::string value;          ///< Quotes and escapes resolved; a trailing ; | or & left out.
  std::vector<Place> places;  ///< One a character of `value`.
  bool starts_command{};      ///< First of the line, or behind ; | & or a newline.
  bool after_newline{};

  /// A range of `value` as one of the line.
  [[nodiscard]] Range in_line(const Range& range) const;
};

/// Splits a line as a shell would, but forgivingly: the line may be an argv joined with blanks, or
/// a sentence. A quote that nothing closes, or that stands as an apostrophe inside a plain word, is
/// a character like any other. Linear in the line's length.
[[nodiscard]] std::vector<Word> split_words(std::string_view line);

}  // namespace auexfil::facts
