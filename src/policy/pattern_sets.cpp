#include "pattern_sets.hpp"

#include <algorithm>
#include <bitset>
#include <optional>
#include <string_view>

namespace auexfil::policy {
namespace {

using Bytes = std::bitset<256>;

/// One element of a glob.
struct Element {
  bool is_star = false;
  Bytes bytes;  ///< Of one that is no star.
};
using Elements = std::vector<Element>;

bool is_regex(std::string_view text) {
  return text.size() >= 2 && text.front() == '/' && text.back() == '/';
}

/// The bytes that a bracket expression holds, asked one by one: its grammar is Pattern's.
Bytes bytes_of(std::string_view element) {
  Bytes bytes;
  const input::Pattern one = input::Pattern::compile(element, nullptr);
  for (unsigned byte = 0; byte < bytes.size(); ++byte) {
    const char c = static_cast<char>(byte);
    bytes[byte] = one.matches({&c, 1});
  }
  return bytes;
}

std::size_t element_end(std::string_view glob, std::size_t at) {
  if (glob[at] == '\\') {
    return std::min(at + 2, glob.size());
  }
  if (glob[at] != '[') {
    return at + 1;
  }
  std::size_t i = at + 1;
  if (i < glob.size() && (glob[i] == '!' || glob[i] == '^')) {
    ++i;
  }
  const auto close = glob.find(']', i + 1);
  return close == std::string_view::npos ? glob.size() : close + 1;
}

/// Empty for a regular expression.
std::optional<Elements> elements_of(const input::Pattern& pattern) {
  const std::string_view glob = pattern.text();
  if (glob.empty() || is_regex(glob)) {
    return std::nullopt;
  }
  Elements elements;
  for (std::size_t at = 0; at < glob.size();) {
    const std::size_t end = element_end(glob, at);
    Element& element = elements.emplace_back();
    if (glob[at] == '*') {
      element.is_star = true;
    } else if (end == at + 1 && glob[at] != '?') {
      element.bytes.set(static_cast<unsigned char>(glob[at]));
    } else {
      element.bytes = bytes_of(glob.substr(at, end - at));
    }
    at = end;
  }
  return elements;
}

/// The text of a glob that matches nothing else.
std::optional<std::string> only_text(const Elements& elements) {
  std::string text;
  for (const Element& element : elements) {
    if (element.is_star || element.bytes.count() != 1) {
      return std::nullopt;
    }
    for (unsigned byte = 0; byte < element.bytes.size(); ++byte) {
      if (element.bytes[byte]) {
        text += static_cast<char>(byte);
      }
    }
  }
  return text;
}

/// A table over the ends of both, filled from behind.
class Table {
 public:
  Table(std::size_t rows, std::size_t columns)
      : columns_(columns + 1), cells_((rows + 1) * columns_, false) {}
  std::vector<bool>::reference at(std::size_t row, std::size_t column) {
    return cells_[row * columns_ + column];
  }

 private:
  std::size_t columns_;
  std::vector<bool> cells_;
};

/// `inner` is read as a text whose letters are its elements: sound, and exact but for globs in
/// which several stars of `outer` would have to share out one of `inner`.
bool glob_covers(const Elements& outer, const Elements& inner) {
  Table table(outer.size(), inner.size());
  for (std::size_t o = outer.size() + 1; o-- > 0;) {
    for (std::size_t i = inner.size() + 1; i-- > 0;) {
      if (o == outer.size()) {
        table.at(o, i) = i == inner.size();
      } else if (outer[o].is_star) {
        table.at(o, i) = table.at(o + 1, i) || (i < inner.size() && table.at(o, i + 1));
      } else {
        table.at(o, i) = i < inner.size() && !inner[i].is_star &&
                         (inner[i].bytes & ~outer[o].bytes).none() && table.at(o + 1, i + 1);
      }
    }
  }
  return table.at(0, 0);
}

bool globs_meet(const Elements& one, const Elements& other) {
  Table table(one.size(), other.size());
  for (std::size_t a = one.size() + 1; a-- > 0;) {
    for (std::size_t b = other.size() + 1; b-- > 0;) {
      const bool has_a = a < one.size();
      const bool has_b = b < other.size();
      bool meets = !has_a && !has_b;
      if (has_a && one[a].is_star) {
        meets = meets || table.at(a + 1, b) || (has_b && table.at(a, b + 1));
      }
      if (has_b && other[b].is_star) {
        meets = meets || table.at(a, b + 1) || (has_a && table.at(a + 1, b));
      }
      if (has_a && has_b && !one[a].is_star && !other[b].is_star) {
        meets = meets || ((one[a].bytes & other[b].bytes).any() && table.at(a + 1, b + 1));
      }
      table.at(a, b) = meets;
    }
  }
  return table.at(0, 0);
}

/// Both as globs, or one of them as a text that the other can be asked about.
template <typename OfGlobs>
bool compare(const input::Pattern& asked, const input::Pattern& subject, bool both_ways,
             Budget& budget, const OfGlobs& of_globs) {
  if (asked.text() == subject.text()) {
    return !asked.text().empty();
  }
  if (!budget.take((asked.text().size() + 1) * (subject.text().size() + 1))) {
    return false;
  }
  const auto a = elements_of(asked);
  const auto b = elements_of(subject);
  if (a && b) {
    return of_globs(*a, *b);
  }
  if (const auto text = b ? only_text(*b) : std::nullopt) {
    return asked.matches(*text);
  }
  const auto text = a && both_ways ? only_text(*a) : std::nullopt;
  return text ? subject.matches(*text) : a && a->size() == 1 && a->front().is_star;
}

}  // namespace

bool covers(const input::Pattern& outer, const input::Pattern& inner, Budget& budget) {
  return compare(outer, inner, false, budget, glob_covers);
}

bool covers(const std::vector<input::Pattern>& outer, const std::vector<input::Pattern>& inner,
            Budget& budget) {
  const auto has_all = [&](const input::Pattern& one) {
    return std::any_of(outer.begin(), outer.end(),
                       [&](const input::Pattern& pattern) { return covers(pattern, one, budget); });
  };
  static const std::vector<input::Pattern> kAll = {input::Pattern::compile("*", nullptr)};
  const std::vector<input::Pattern>& asked = inner.empty() ? kAll : inner;
  return outer.empty() || std::all_of(asked.begin(), asked.end(), has_all);
}

bool meet(const input::Pattern& one, const input::Pattern& other, Budget& budget) {
  return compare(one, other, true, budget, globs_meet);
}

bool meet(const std::vector<input::Pattern>& one, const std::vector<input::Pattern>& other,
          Budget& budget) {
  return one.empty() || other.empty() ||
         std::any_of(one.begin(), one.end(), [&](const input::Pattern& a) {
           return std::any_of(other.begin(), other.end(),
                              [&](const input::Pattern& b) { return meet(a, b, budget); });
         });
}

bool match_any(const std::vector<input::Pattern>& patterns, const std::vector<std::string>& words) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const input::Pattern& pattern) {
    return std::any_of(words.begin(), words.end(),
                       [&](const std::string& word) { return pattern.matches(word); });
  });
}

}  // namespace auexfil::policy
