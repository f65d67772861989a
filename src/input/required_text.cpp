#include "required_text.hpp"

#include <cctype>
#include <utility>

namespace auexfil::input {
namespace {

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxTexts = 16;

/// Alternatives one of which is in every match; none: not known.
using Texts = std::vector<std::string>;

/// How well they sort out what cannot match: by the shortest, since any may be the one.
std::size_t worth(const Texts& texts) {
  std::size_t shortest = texts.empty() ? 0 : std::string::npos;
  for (const std::string& text : texts) {
    shortest = std::min(shortest, text.size());
  }
  return shortest;
}

void keep_better(Texts& best, Texts&& other) {
  if (worth(other) > worth(best)) {
    best = std::move(other);
  }
}

class Parser {
 public:
  explicit Parser(std::string_view expression) : text_(expression) {}

  Texts parse() {
    Texts found = alternatives(0);
    return is_sure_ && at_ == text_.size() ? found : Texts{};
  }

 private:
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return text_[at_]; }

  Texts alternatives(int depth) {
    if (depth > kMaxDepth) {
      is_sure_ = false;
      return {};
    }
    Texts all;
    bool known = true;
    for (;;) {
      Texts one = branch(depth);
      known = known && !one.empty() && all.size() + one.size() <= kMaxTexts;
      all.insert(all.end(), one.begin(), one.end());
      if (!is_sure_ || at_end() || peek() != '|') {
        break;
      }
      ++at_;
    }
    return known ? all : Texts{};
  }

  /// What stands one behind the other, up to '|', ')' or the end.
  Texts branch(int depth) {
    Texts best;
    std::string run;
    const auto end_run = [&] {
      if (!run.empty()) {
        keep_better(best, {std::exchange(run, {})});
      }
    };
    while (is_sure_ && !at_end() && peek() != '|' && peek() != ')') {
      if (peek() == '(') {
        end_run();
        Texts inside = group(depth);
        if (is_sure_ && at_least_once()) {
          keep_better(best, std::move(inside));
        }
        continue;
      }
      const int literal = element();
      if (!is_sure_) {
        break;
      }
      const bool repeats = !at_end() && std::string_view("*+?{").find(peek()) != std::string::npos;
      if (literal < 0) {
        end_run();
        static_cast<void>(at_least_once());
      } else if (!repeats) {
        run.push_back(static_cast<char>(literal));
      } else {
        const std::string with = run + static_cast<char>(literal);
        if (at_least_once()) {
          run = with;
        }
        end_run();
      }
    }
    end_run();
    return is_sure_ ? best : Texts{};
  }

  /// From '(' to behind its ')'.
  Texts group(int depth) {
    ++at_;
    bool looks_around = false;
    if (!at_end() && peek() == '?') {
      const std::string_view kind = text_.substr(at_ + 1, 2);
      if (kind.starts_with(':')) {
        at_ += 2;
      } else if (kind.starts_with('=') || kind.starts_with('!') || kind == "<=" || kind == "<!") {
        looks_around = true;
        at_ += kind.starts_with('<') ? 3U : 2U;
      } else if (kind.starts_with('<')) {
        const std::size_t close = text_.find('>', at_);
        is_sure_ = close != std::string_view::npos;
        at_ = is_sure_ ? close + 1 : text_.size();
      } else {
        is_sure_ = false;  // (?i) changes what letters mean
        return {};
      }
    }
    Texts inside = alternatives(depth + 1);
    if (!is_sure_ || at_end() || peek() != ')') {
      is_sure_ = false;
      return {};
    }
    ++at_;
    return looks_around ? Texts{} : inside;
  }

  /// One character, class or anchor. \return the character that it stands for, or -1.
  int element() {
    const char c = text_[at_++];
    if (c == '[') {
      skip_class();
      return -1;
    }
    if (c == '\\') {
      return escape();
    }
    if (c == '.' || c == '^' || c == '$') {
      return -1;
    }
    if (c == '*' || c == '+' || c == '?' || c == '{') {
      is_sure_ = false;
      return -1;
    }
    return static_cast<unsigned char>(c);
  }

  /// Behind a backslash: punctuation stands for itself, letters and digits for something else.
  int escape() {
    if (at_end()) {
      is_sure_ = false;
      return -1;
    }
    const auto c = static_cast<unsigned char>(text_[at_++]);
    if (std::string_view("sSdDwWbB").find(static_cast<char>(c)) != std::string_view::npos) {
      return -1;
    }
    is_sure_ = is_sure_ && std::ispunct(c) != 0 && c != '<' && c != '>' && c != '`' && c != '\'';
    return is_sure_ ? c : -1;
  }

  void skip_class() {
    if (!at_end() && peek() == '^') {
      ++at_;
    }
    if (!at_end() && peek() == ']') {
      ++at_;
    }
    while (!at_end() && peek() != ']') {
      const bool named = text_.substr(at_, 2) == "[:";
      const std::size_t close = named ? text_.find(":]", at_ + 2) : std::string_view::npos;
      at_ = close != std::string_view::npos ? close + 2 : at_ + (peek() == '\\' ? 2U : 1U);
    }
    is_sure_ = is_sure_ && !at_end();
    ++at_;
  }

  /// Takes what says how often the element before may come. \return must it come at all?
  bool at_least_once() {
    bool must = true;
    if (at_end()) {
      return must;
    }
    const char c = peek();
    if (c == '{') {
      const std::size_t close = text_.find('}', at_);
      is_sure_ = is_sure_ && close != std::string_view::npos;
      at_ = close == std::string_view::npos ? text_.size() : close + 1;
      must = false;
    } else if (c == '*' || c == '?') {
      ++at_;
      must = false;
    } else if (c == '+') {
      ++at_;
    } else {
      return must;
    }
    if (!at_end() && (peek() == '?' || peek() == '+')) {
      ++at_;  // lazy or possessive
    }
    return must;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool is_sure_ = true;
};

}  // namespace

std::vector<std::string> required_text(std::string_view expression) {
  return Parser(expression).parse();
}

}  // namespace auexfil::input
