#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "auexfil/input/text_hash.hpp"

namespace auexfil::input {

/// One pattern of a rule file: a glob (`*`, `?`, `[a-z]`, matched against the whole subject), or
/// `/regex/` (Boost.Regex, Perl syntax, searched, anchored by the writer). Copies share the
/// compiled expression; matching is const and thread-safe.
class Pattern {
 public:
  /// \param error set to a sentence when the pattern is not valid; the Pattern then matches
  /// nothing.
  [[nodiscard]] static Pattern compile(std::string_view text, std::string* error);

  /// \param too_costly if given, set to true when a regular expression was given up because it
  ///        backtracks too much; the answer is then false. Subjects are cut at 4 KiB.
  [[nodiscard]] bool matches(std::string_view subject, bool* too_costly = nullptr) const;

  /// The named groups of one match; empty views where a group did not take part.
  struct Groups {
    std::string_view host;
    std::string_view port;
    std::string_view scheme;
  };
  /// Every match of a regular expression with groups of those names, first to last, at most 64.
  /// A glob has none. Views into `subject`.
  [[nodiscard]] std::vector<Groups> find_groups(std::string_view subject) const;

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// A glob that only the text itself matches.
  [[nodiscard]] bool is_literal() const noexcept;

 private:
  struct Regex;  // keeps <boost/regex.hpp> out of every includer
  std::string text_;
  std::shared_ptr<const Regex> regex_;
};

/// Patterns that are asked together: those that are plain words, which most are, by one look.
class Patterns {
 public:
  void push_back(Pattern pattern);
  [[nodiscard]] bool empty() const noexcept { return patterns_.empty(); }
  [[nodiscard]] auto begin() const noexcept { return patterns_.begin(); }
  [[nodiscard]] auto end() const noexcept { return patterns_.end(); }

  /// Does one of them match? An empty subject matches nothing.
  [[nodiscard]] bool match(std::string_view subject) const;

 private:
  std::vector<Pattern> patterns_;  ///< as they were added
  std::unordered_set<std::string, TextHash, std::equal_to<>> words_;
  std::size_t longest_word_ = 0;
  std::vector<Pattern> others_;
};

}  // namespace auexfil::input
