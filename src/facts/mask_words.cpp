#include "mask_words.hpp"

#include <cctype>
#include <utility>

namespace auexfil::facts {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_alnum(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

bool is_separator(char c) {
  return c == ';' || c == '|' || c == '&';
}

class Splitter {
 public:
  explicit Splitter(std::string_view line) : line_(line) {}

  std::vector<Word> split() {
    while (at_ < line_.size()) {
      const char c = line_[at_];
      if (is_blank(c)) {
        end_word();
        after_newline_ = after_newline_ || c == '\n';
        starts_command_ = starts_command_ || c == '\n';
        ++at_;
      } else if ((c == '\'' || c == '"') && opens_quote(c)) {
        take_quoted(c);
      } else if (c == '\\' && at_ + 1 < line_.size()) {
        take(2, 0);
      } else {
        take(1, 0);
      }
    }
    end_word();
    return std::move(words_);
  }

 private:
  /// Takes one character that is `length` bytes long in the line: an escaped one is two.
  void take(std::size_t length, char quote) {
    const char c = line_[at_ + length - 1];
    marked_ = marked_ || std::string_view("-=:,/@").find(c) != std::string_view::npos;
    word_.value.push_back(c);
    word_.places.push_back({at_, at_ + length, quote});
    at_ += length;
  }

  std::size_t find_closing(char quote, std::size_t from) const {
    for (std::size_t i = from; i < line_.size(); ++i) {
      if (line_[i] == '\\' && quote == '"') {
        ++i;
      } else if (line_[i] == quote) {
        return i;
      }
    }
    return std::string_view::npos;
  }

  bool opens_quote(char quote) {
    bool& unclosed = quote == '"' ? no_closing_double_ : no_closing_single_;
    const bool between =
        at_ > 0 && at_ + 1 < line_.size() && is_alnum(line_[at_ - 1]) && is_alnum(line_[at_ + 1]);
    if (unclosed || (quote == '\'' && between && !marked_)) {
      return false;
    }
    closing_ = find_closing(quote, at_ + 1);
    unclosed = closing_ == std::string_view::npos;
    return !unclosed;
  }

  void take_quoted(char quote) {
    const std::size_t end = closing_;
    quoted_ = true;
    ++at_;
    while (at_ < end) {
      const bool escape = quote == '"' && line_[at_] == '\\' && at_ + 1 < end &&
                          std::string_view("\"\\$`").find(line_[at_ + 1]) != std::string_view::npos;
      take(escape ? 2 : 1, quote);
    }
    ++at_;
  }

  void end_word() {
    bool ends_command = false;
    while (!word_.value.empty() && is_separator(word_.value.back()) &&
           word_.places.back().quote == 0 &&
           word_.places.back().end - word_.places.back().begin == 1) {
      word_.value.pop_back();
      word_.places.pop_back();
      ends_command = true;
    }
    if (!word_.value.empty() || quoted_) {
      word_.starts_command = std::exchange(starts_command_, false);
      word_.after_newline = std::exchange(after_newline_, false);
      words_.push_back(std::move(word_));
    }
    starts_command_ = starts_command_ || ends_command;
    word_ = {};
    quoted_ = false;
    marked_ = false;
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::size_t closing_ = 0;
  Word word_;
  bool quoted_ = false;  ///< The word has quotes, so that it is one even when empty.
  bool marked_ = false;  ///< It holds what no plain word of a sentence does: an option, a URL.
  bool starts_command_ = true;
  bool after_newline_ = false;
  bool no_closing_single_ = false;
  bool no_closing_double_ = false;
  std::vector<Word> words_;
};

/// Closes the quote that a range begins in and opens the one that it ends in, whose closing half
/// still stands in the line behind the range.
std::string_view quotes_behind(char first, char last) {
  if (first == last) {
    return {};
  }
  if (first == 0) {
    return last == '"' ? "\"" : "'";
  }
  if (last == 0) {
    return first == '"' ? "\"" : "'";
  }
  return first == '"' ? "\"'" : "'\"";
}

}  // namespace

Range Word::in_line(const Range& range) const {
  const Place& first = places[range.begin];
  const Place& last = places[range.end - 1];
  return {first.begin, last.end, quotes_behind(first.quote, last.quote)};
}

std::vector<Word> split_words(std::string_view line) {
  return Splitter(line).split();
}

}  // namespace auexfil::facts
