#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "auexfil/input/text_hash.hpp"

namespace auexfil::input {

/// A text of which many patterns are asked: which pairs of neighbouring bytes it has is noted once,
/// so that a pattern that needs another pair is not searched for.
class AskedText {
 public:
  /// \param text  outlives it; what stands behind the first 4 KiB is not asked about.
  explicit AskedText(std::string_view text) noexcept;

  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  /// False: this is not in the text. True: it may be.
  [[nodiscard]] bool may_hold(std::string_view part) const noexcept;

 private:
  static constexpr std::size_t kPlaces = 1024;  ///< pairs share them
  static std::size_t place_of(unsigned char a, unsigned char b) noexcept {
    return (a * 67U + b) % kPlaces;
  }
  std::string_view text_;
  std::array<bool, kPlaces> has_pair_{};
};

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
  [[nodiscard]] bool matches(const AskedText& subject) const;

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
  [[nodiscard]] bool match(const AskedText& subject) const;

 private:
  [[nodiscard]] bool holds_word(std::string_view subject) const;

  std::vector<Pattern> patterns_;  ///< as they were added
  std::unordered_set<std::string, TextHash, std::equal_to<>> words_;
  std::size_t longest_word_ = 0;
  std::vector<Pattern> others_;
};

}  // namespace auexfil::input
