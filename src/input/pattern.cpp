#include "auexfil/input/pattern.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <utility>

#include <boost/regex.hpp>
#include <fmt/format.h>

#include "required_text.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kMaxSubject = 4096;
constexpr std::size_t kMaxPattern = 4096;

/// "/…/". A path such as /usr/bin/scp is a glob: it does not end with '/'.
bool is_regex(std::string_view text) {
  return text.size() >= 2 && text.front() == '/' && text.back() == '/';
}

/// The place behind the ']' of the bracket expression whose '[' is at `open`, or npos. As in
/// POSIX, a ']' right after '[' or '[!' stands for itself.
std::size_t bracket_end(std::string_view glob, std::size_t open) {
  std::size_t i = open + 1;
  if (i < glob.size() && (glob[i] == '!' || glob[i] == '^')) {
    ++i;
  }
  const auto close = glob.find(']', i + 1);
  return close == std::string_view::npos ? close : close + 1;
}

bool bracket_holds(std::string_view glob, std::size_t open, std::size_t end, char c) {
  std::size_t i = open + 1;
  const bool negated = glob[i] == '!' || glob[i] == '^';
  if (negated) {
    ++i;
  }
  const auto byte = [](char x) { return static_cast<unsigned char>(x); };
  bool held = false;
  while (i < end - 1) {
    if (i + 2 < end - 1 && glob[i + 1] == '-') {
      held = held || (byte(glob[i]) <= byte(c) && byte(c) <= byte(glob[i + 2]));
      i += 3;
    } else {
      held = held || glob[i] == c;
      ++i;
    }
  }
  return held != negated;
}

/// Matches the one-byte element of the glob at `at`; \return the place behind it, or npos.
std::size_t match_one(std::string_view glob, std::size_t at, char c) {
  if (glob[at] == '?') {
    return at + 1;
  }
  if (glob[at] == '[') {
    const std::size_t end = bracket_end(glob, at);
    return bracket_holds(glob, at, end, c) ? end : std::string_view::npos;
  }
  if (glob[at] == '\\') {
    ++at;
  }
  return glob[at] == c ? at + 1 : std::string_view::npos;
}

/// A star only ever has to be taken back to the last one, so this is O(glob · subject) at worst.
bool glob_matches(std::string_view glob, std::string_view subject) {
  std::size_t g = 0;
  std::size_t s = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_subject = 0;
  while (s < subject.size()) {
    std::size_t next = std::string_view::npos;
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_subject = s;
      continue;
    }
    if (g < glob.size()) {
      next = match_one(glob, g, subject[s]);
    }
    if (next != std::string_view::npos) {
      g = next;
      ++s;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      s = ++star_subject;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') {
    ++g;
  }
  return g == glob.size();
}

std::string glob_error(std::string_view glob) {
  for (std::size_t i = 0; i < glob.size(); ++i) {
    if (glob[i] == '\\' && ++i == glob.size()) {
      return "a '\\' at the end escapes nothing";
    }
    if (glob[i] == '[') {
      const std::size_t end = bracket_end(glob, i);
      if (end == std::string_view::npos) {
        return "'[' lacks its ']'; write \\[ for the character itself";
      }
      i = end - 1;
    }
  }
  return {};
}

}  // namespace

AskedText::AskedText(std::string_view text) noexcept : text_(text.substr(0, kMaxSubject)) {
  unsigned char before = 0;
  for (const char c : text_) {
    const auto byte = static_cast<unsigned char>(c);
    has_pair_[place_of(before, byte)] = true;  // the first with none before it, which harms nothing
    before = byte;
  }
}

bool AskedText::may_hold(std::string_view part) const noexcept {
  for (std::size_t i = 1; i < part.size(); ++i) {
    if (!has_pair_[place_of(static_cast<unsigned char>(part[i - 1]),
                            static_cast<unsigned char>(part[i]))]) {
      return false;
    }
  }
  return true;
}

struct Pattern::Regex {
  boost::regex expression;
  std::vector<std::string> required;  ///< see required_text()
};

Pattern Pattern::compile(std::string_view text, std::string* error) {
  const auto fail = [&](std::string_view why) {
    if (error != nullptr) {
      *error = fmt::format("pattern '{}': {}", text.substr(0, 80), why);
    }
    return Pattern();
  };
  if (text.empty()) {
    return fail("is empty");
  }
  if (text.size() > kMaxPattern) {
    return fail("is longer than 4 KiB");
  }
  Pattern pattern;
  if (is_regex(text)) {
    const std::string_view inner = text.substr(1, text.size() - 2);
    if (inner.empty()) {
      return fail("the regular expression is empty");
    }
    try {
      auto regex = std::make_shared<Regex>();
      regex->expression.assign(inner.data(), inner.data() + inner.size(), boost::regex::perl);
      regex->required = required_text(inner);
      pattern.regex_ = std::move(regex);
    } catch (const std::exception& problem) {
      return fail(problem.what());
    }
  } else if (const std::string why = glob_error(text); !why.empty()) {
    return fail(why);
  }
  pattern.text_ = text;
  return pattern;
}

bool Pattern::matches(std::string_view subject, bool* too_costly) const {
  subject = subject.substr(0, kMaxSubject);
  if (text_.empty()) {
    return false;  // did not compile
  }
  if (!regex_) {
    return glob_matches(text_, subject);
  }
  if (lacks_required(subject, regex_->required)) {
    return false;
  }
  try {
    return boost::regex_search(subject.data(), subject.data() + subject.size(), regex_->expression);
  } catch (const std::exception&) {
    // Boost throws while matching when the states it visits grow out of hand.
    if (too_costly != nullptr) {
      *too_costly = true;
    }
    return false;
  }
}

bool Pattern::matches(const AskedText& subject) const {
  if (regex_ && !regex_->required.empty() &&
      std::none_of(regex_->required.begin(), regex_->required.end(),
                   [&](const std::string& text) { return subject.may_hold(text); })) {
    return false;
  }
  return matches(subject.text());
}

bool Pattern::is_literal() const noexcept {
  return !text_.empty() && !regex_ && text_.find_first_of("*?[\\") == std::string::npos;
}

void Patterns::push_back(Pattern pattern) {
  if (pattern.is_literal()) {
    words_.insert(pattern.text());
    longest_word_ = std::max(longest_word_, pattern.text().size());
  } else {
    others_.push_back(pattern);
  }
  patterns_.push_back(std::move(pattern));
}

bool Patterns::holds_word(std::string_view subject) const {
  return subject.size() <= longest_word_ && words_.contains(subject);
}

bool Patterns::match(std::string_view subject) const {
  return !subject.empty() &&
         (holds_word(subject.substr(0, kMaxSubject)) ||
          std::any_of(others_.begin(), others_.end(),
                      [&](const Pattern& pattern) { return pattern.matches(subject); }));
}

bool Patterns::match(const AskedText& subject) const {
  return !subject.text().empty() &&
         (holds_word(subject.text()) ||
          std::any_of(others_.begin(), others_.end(),
                      [&](const Pattern& pattern) { return pattern.matches(subject); }));
}

std::vector<Pattern::Groups> Pattern::find_groups(std::string_view subject) const {
  constexpr std::size_t kMost = 64;
  std::vector<Groups> found;
  subject = subject.substr(0, kMaxSubject);
  if (!regex_ || lacks_required(subject, regex_->required)) {
    return found;
  }
  try {
    const char* const end = subject.data() + subject.size();
    boost::cregex_iterator at(subject.data(), end, regex_->expression);
    for (; at != boost::cregex_iterator() && found.size() < kMost; ++at) {
      const auto group = [&](const char* name) {
        const auto& part = (*at)[name];
        return part.matched ? std::string_view(part.first, static_cast<std::size_t>(part.length()))
                            : std::string_view{};
      };
      found.push_back({group("host"), group("port"), group("scheme")});
    }
  } catch (const std::exception&) {
    // Too much backtracking: what was found until then stands.
  }
  return found;
}

}  // namespace auexfil::input
