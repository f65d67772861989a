#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "commands.hpp"

namespace auexfil::artefacts {

namespace {

constexpr std::size_t kMostCommands = 64;
constexpr std::size_t kMostWords = 512;

/// The parts of a unit's name that specifiers stand for.
struct UnitName {
  std::string_view whole;     // %n
  std::string_view plain;     // %N
  std::string_view prefix;    // %p
  std::string_view instance;  // %i
  bool is_template{};

  explicit UnitName(std::string_view name) : whole(name) {
    plain = name.substr(0, name.rfind('.'));
    const std::size_t at = plain.find('@');
    prefix = plain.substr(0, at);
    instance = at == std::string_view::npos ? std::string_view() : plain.substr(at + 1);
    is_template = at != std::string_view::npos && instance.empty();
  }
};

/// "a/b c" of "a-b\\x20c" (systemd.unit(5), "String Escaping for Inclusion in Unit Names").
std::string unescaped(std::string_view name) {
  std::string made;
  for (std::size_t i = 0; i < name.size(); ++i) {
    constexpr std::string_view kMark = "\\x";
    constexpr std::size_t kDigits = 2;
    constexpr int kBase = 16;
    unsigned code = 0;
    const std::string_view digits =
        name.substr(i).starts_with(kMark) ? name.substr(i + kMark.size(), kDigits) : "";
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, kBase);
    if (error == std::errc() && digits.size() == kDigits && end == digits.data() + kDigits) {
      made += static_cast<char>(code);
      i += kMark.size() + kDigits - 1;
    } else {
      made += name[i] == '-' ? '/' : name[i];
    }
  }
  return made;
}

class Splitter {
 public:
  Splitter(std::string_view text, std::string_view unit) : text_(text), unit_(unit) {}

  std::vector<Words> run() {
    prefixes();
    while (at_ < text_.size()) {
      step();
    }
    end_command();
    return std::move(commands_);
  }

 private:
  [[nodiscard]] char next(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  /// What stands before the path: @ lets the next word be argv[0].
  void prefixes() {
    while (next() == ' ' || next() == '\t') {
      ++at_;
    }
    named_ = false;
    expands_ = true;
    for (; std::string_view("@-:+!|").find(next()) != std::string_view::npos && next() != '\0';
         ++at_) {
      named_ = named_ || next() == '@';
      expands_ = expands_ && next() != ':';
    }
  }

  void step() {
    const char c = text_[at_];
    if (c == ' ' || c == '\t') {
      end_word();
      ++at_;
    } else if (c == '\'' || c == '"') {
      quoted(c);
    } else if (c == ';' && !word_.has_begun() && (next(1) == ' ' || next(1) == '\0')) {
      end_command();
      ++at_;
      prefixes();
    } else {
      part();
    }
  }

  void quoted(char quote) {
    word_.begin();
    for (++at_; at_ < text_.size() && text_[at_] != quote;) {
      part();
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  void part() {
    const char c = text_[at_];
    if (c == '\\') {
      escape();
    } else if (c == '%') {
      specifier();
    } else if (c == '$' && expands_) {
      variable();
    } else {
      word_.put(c);
      ++at_;
    }
  }

  void escape() {
    const char c = next(1);
    const auto code = [&](std::size_t from, std::size_t digits, int base) {
      unsigned value = 0;
      const std::string_view text = text_.substr(std::min(at_ + from, text_.size()), digits);
      const auto [end, error] =
          std::from_chars(text.data(), text.data() + text.size(), value, base);
      const bool is_whole = error == std::errc() && end == text.data() + digits && value < 256;
      word_.put(is_whole ? static_cast<char>(value) : c);
      at_ = std::min(at_ + (is_whole ? from + digits : 2), text_.size());
    };
    constexpr std::string_view kNames = "abfnrtvs";
    constexpr std::string_view kStand = "\a\b\f\n\r\t\v ";
    if (c == 'x') {
      code(2, 2, 16);
    } else if (c >= '0' && c <= '7') {
      code(1, 3, 8);
    } else {
      const std::size_t at = c == '\0' ? std::string_view::npos : kNames.find(c);
      if (c != '\0') {
        word_.put(at == std::string_view::npos ? c : kStand[at]);
      }
      at_ = std::min(at_ + 2, text_.size());
    }
  }

  void specifier() {
    const char c = next(1);
    at_ = std::min(at_ + 2, text_.size());
    const bool of_instance = c == 'i' || c == 'I' || c == 'n' || c == 'N' || c == 'j';
    if (c == '%' || c == '\0') {
      word_.put('%');
    } else if (of_instance && unit_.is_template) {
      word_.unknown(false);
    } else if (c == 'i') {
      word_.put(unit_.instance);
    } else if (c == 'I') {
      word_.put(unescaped(unit_.instance));
    } else if (c == 'n') {
      word_.put(unit_.whole);
    } else if (c == 'N') {
      word_.put(unit_.plain);
    } else if (c == 'p') {
      word_.put(unit_.prefix);
    } else if (c == 'h') {
      word_.unknown(false, "%h");
    } else {
      word_.unknown(false);  // %u, %t …: of the machine
    }
  }

  void variable() {
    if (next(1) == '$') {
      word_.put('$');
      at_ = std::min(at_ + 2, text_.size());
      return;
    }
    const bool braces = next(1) == '{';
    std::size_t end = at_ + 1;
    if (braces) {
      end = std::min(text_.find('}', at_), text_.size() - 1) + 1;
    } else {
      while (end < text_.size() &&
             (std::isalnum(static_cast<unsigned char>(text_[end])) != 0 || text_[end] == '_')) {
        ++end;
      }
    }
    if (end == at_ + 1) {
      word_.put('$');
    } else {
      const std::string_view name =
          text_.substr(at_ + (braces ? 2U : 1U), end - at_ - (braces ? 3U : 1U));
      word_.unknown(!braces && !word_.has_begun(), name);
    }
    at_ = std::min(end, text_.size());
  }

  void end_word() {
    if (!word_.has_begun()) {
      return;
    }
    Word word = word_.take();
    word.any_count = word.any_count && word.pieces.size() == 2 && word.pieces[0].empty() &&
                     word.pieces[1].empty();
    if (words_.size() < kMostWords) {
      words_.push_back(std::move(word));
    }
  }

  void end_command() {
    end_word();
    if (named_ && words_.size() > 1) {
      words_.erase(words_.begin());
    }
    if (!words_.empty() && commands_.size() < kMostCommands) {
      commands_.push_back(words_);
    }
    words_.clear();
  }

  std::string_view text_;
  UnitName unit_;
  std::size_t at_ = 0;
  bool named_ = false;
  bool expands_ = true;
  WordBuilder word_;
  Words words_;
  std::vector<Words> commands_;
};

}  // namespace

std::vector<Words> split_exec(std::string_view text, std::string_view unit) {
  std::vector<Words> commands = Splitter(text, unit).run();
  add_given_commands(commands);
  return commands;
}

}  // namespace auexfil::artefacts
