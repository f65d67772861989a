#include "auexfil/facts/mask.hpp"

#include <algorithm>
#include <cstddef>

#include "auexfil/input/find_byte.hpp"
#include "mask_rules.hpp"
#include "mask_words.hpp"
#include "ranges.hpp"
#include "secrets.hpp"

namespace auexfil::facts {
namespace {

// ssh host "sh -c 'lftp -e \"…\"'" is three deep; deeper ones are masked by their outer layers
// only.
constexpr int kMaxDepth = 4;
// A mask can change what a word around it means; each round only ever adds masks. A text
// of little but quotes and options can be made to need more than eight.
constexpr int kMaxRounds = 64;

constexpr std::string_view kBlanks = " \t\r\n";
std::size_t find_blank(std::string_view text, std::size_t from = 0) {
  return input::find_first<' ', '\t', '\r', '\n'>(text, from);
}

struct Item {
  std::string_view value;
  bool starts_command{};
  bool after_newline{};
};

Ranges find_in_line(std::string_view line, const Tool* script_of, int depth);

/// Walks over the words of one command line and finds the credentials in each.
class Finder {
 public:
  Finder(const std::vector<Item>& items, const Tool* script_of, int depth)
      : items_(items),
        found_(items.size()),
        tool_(script_of),
        in_script_(script_of != nullptr),
        depth_(depth) {}

  std::vector<Ranges> find() {
    for (at_ = 0; at_ < items_.size(); ++at_) {
      follow_tool();
      if (!taken(at_)) {
        find_statement();
        if (!find_by_tool()) {
          find_anywhere();
        }
      }
    }
    return std::move(found_);
  }

 private:
  std::string_view word(std::size_t i) const { return items_[i].value; }
  bool taken(std::size_t i) const { return !found_[i].empty(); }
  bool has_argument(std::size_t i) const {
    return i < items_.size() && !items_[i].starts_command && !word(i).empty();
  }

  /// Whose options these are: the program at the start of the command, or the first one behind it
  /// that the table knows (sudo -u x curl …, ssh host mysql …).
  void follow_tool() {
    if (in_script_ || taken(at_)) {
      return;
    }
    const std::string_view value = word(at_);
    const bool operand = !value.starts_with('-');
    if (items_[at_].starts_command) {
      tool_ = find_tool(value);
      command_ = base_name(value);
    } else if (tool_ == nullptr || (tool_->runs_another && operand)) {
      tool_ = find_tool(value);
    }
  }

  void hide(std::size_t i, std::size_t from, Hide what) {
    const std::string_view value = word(i);
    std::size_t begin = from;
    if (what != Hide::value) {
      const char mark = what == Hide::after_colon ? ':' : what == Hide::after_comma ? ',' : '%';
      const std::size_t at = value.find(mark, from);
      begin = at == std::string_view::npos ? value.size() : at + 1;
    }
    if (begin < value.size()) {
      found_[i].push_back({begin, value.size(), {}});
    } else {
      found_[i].push_back({value.size(), value.size(), {}});  // looked at, nothing to hide
    }
  }

  bool hide_next(Hide what) {
    if (has_argument(at_ + 1)) {
      hide(at_ + 1, 0, what);
    }
    return true;
  }

  bool find_by_tool() {
    if (tool_ == nullptr) {
      return false;
    }
    const auto rules = option_rules(*tool_);
    return std::any_of(rules.begin(), rules.end(), [this](const OptionRule& rule) {
      return rule.option.size() == 2 ? find_short(rule) : find_long(rule);
    });
  }

  bool find_long(const OptionRule& rule) {
    const std::string_view value = word(at_);
    if (value == rule.option && rule.form != Form::attached) {
      return hide_next(rule.hide);
    }
    if (rule.form != Form::next && value.size() > rule.option.size() &&
        value.starts_with(rule.option) && value[rule.option.size()] == '=') {
      hide(at_, rule.option.size() + 1, rule.hide);
      return true;
    }
    return false;
  }

  /// -pX and -p X, also behind other short options: -sSu me:secret.
  bool find_short(const OptionRule& rule) {
    const std::string_view value = word(at_);
    if (value.size() < 2 || value[0] != '-' || value[1] == '-') {
      return false;
    }
    std::size_t i = 1;
    while (i < value.size() && value[i] != rule.option[1] &&
           tool_->flags.find(value[i]) != std::string_view::npos) {
      ++i;
    }
    if (i == value.size() || value[i] != rule.option[1]) {
      return false;
    }
    if (i + 1 == value.size()) {
      return rule.form != Form::attached && hide_next(rule.hide);
    }
    if (rule.form == Form::next) {
      return false;
    }
    hide(at_, i + 1, rule.hide);
    return true;
  }

  /// Lines that are typed to ftp, kept in .netrc or sent by expect: in here-documents, echo, -e.
  void find_statement() {
    if (depth_ == 0 && !items_[at_].after_newline && !in_script_) {
      return;
    }
    const std::string_view value = word(at_);
    const std::string_view before = at_ > 0 ? word(at_ - 1) : std::string_view{};
    const bool begins = items_[at_].starts_command || before == "echo" || before == "-e";
    if (begins && (value == "user" || value == "login") && has_argument(at_ + 1) &&
        has_argument(at_ + 2)) {
      hide(at_ + 2, 0, Hide::value);
    } else if (value == "PASS" || (value == "password" && at_ >= 2 && word(at_ - 2) == "login")) {
      hide_next(Hide::value);
    }
    find_expect_answer(value);
  }

  void find_expect_answer(std::string_view value) {
    if (tool_ == nullptr || tool_->family != "expect") {
      return;
    }
    if (value.find("assword") != std::string_view::npos ||
        value.find("assphrase") != std::string_view::npos) {
      password_asked_ = true;
    } else if (base_name(value) == "send" && password_asked_) {
      const std::size_t answer = at_ + (has_argument(at_ + 1) && word(at_ + 1) == "--" ? 2 : 1);
      if (has_argument(answer)) {
        hide(answer, 0, Hide::value);
      }
      password_asked_ = false;
    }
  }

  /// What shows by itself, whatever the program.
  void find_anywhere() {
    const std::string_view value = word(at_);
    find_named_option(value);
    if (find_header(value)) {
      return;
    }
    Ranges& found = found_[at_];
    const bool option = value.starts_with('-');
    if (find_blank(value) != std::string_view::npos) {
      if (option || takes_assignments(command_)) {
        find_assignments(value.substr(0, first_value_end(value)), true, found);
      }
      if (found.empty() && depth_ < kMaxDepth) {
        const bool script = tool_ != nullptr && tool_->takes_script;
        found = find_in_line(value, script ? tool_ : nullptr, depth_ + 1);
      }
      return;
    }
    find_url_passwords(value, found);
    find_assignments(value, false, found);
    find_json_members(value, found);
    if (tool_ != nullptr && tool_->bare_userinfo && found.empty()) {
      find_bare_userinfo(value, found);
    }
  }

  /// A word with blanks is an assignment as a whole only if its first = stands before any blank.
  static std::size_t first_value_end(std::string_view value) {
    return value.find('=') < find_blank(value) ? value.size() : 0;
  }

  /// --password X, -password X.
  void find_named_option(std::string_view value) {
    const bool named = value.size() >= 5 && value[0] == '-' &&
                       value.find('=') == std::string_view::npos && is_secret_name(value);
    const bool takes_next = tool_ == nullptr || !tool_->long_attached;
    if (named && takes_next && has_argument(at_ + 1) && !word(at_ + 1).starts_with('-') &&
        !is_plain_answer(word(at_ + 1))) {
      hide(at_ + 1, 0, Hide::value);
    }
  }

  /// "Authorization: Bearer X" in one word, or in three where a line lost its quotes. The scheme
  /// stays.
  bool find_header(std::string_view value) {
    const auto colon = find_secret_header(value);
    if (!colon) {
      return false;
    }
    const std::size_t blank = find_blank(value);
    if (blank < *colon) {
      return false;  // a command line with a header somewhere in it
    }
    const std::size_t begin = std::min(value.find_first_not_of(kBlanks, *colon), value.size());
    const std::size_t gap = std::min(find_blank(value, begin), value.size());
    const bool scheme = is_auth_scheme(value.substr(begin, gap - begin));
    const std::size_t secret =
        scheme ? std::min(value.find_first_not_of(kBlanks, gap), value.size()) : begin;
    hide(at_, secret, Hide::value);
    if (secret == value.size()) {
      const bool next_is_scheme = !scheme && has_argument(at_ + 1) && is_auth_scheme(word(at_ + 1));
      const std::size_t next = at_ + (next_is_scheme ? 2 : 1);
      if (has_argument(next)) {
        hide(next, 0, Hide::value);
      }
    }
    return true;
  }

  const std::vector<Item>& items_;
  std::vector<Ranges> found_;
  const Tool* tool_;
  bool in_script_;  ///< The words are a script of tool_, which stays what it is.
  int depth_;
  std::size_t at_ = 0;
  std::string_view command_;
  bool password_asked_ = false;
};

Ranges find_in_line(std::string_view line, const Tool* script_of, int depth) {
  const std::vector<Word> words = split_words(line);
  std::vector<Item> items;
  items.reserve(words.size());
  for (const Word& word : words) {
    items.push_back({word.value, word.starts_command, word.after_newline});
  }
  const std::vector<Ranges> by_word = Finder(items, script_of, depth).find();
  Ranges found;
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (const Range& range : by_word[i]) {
      if (range.begin < range.end) {
        found.push_back(words[i].in_line(range));
      }
    }
  }
  find_json_members(line, found);
  return found;
}

/// Hides what is found in `argv`. \return was there anything?
bool mask_once(std::vector<std::string>& argv) {
  std::vector<Item> items;
  items.reserve(argv.size());
  for (const std::string& argument : argv) {
    items.push_back({argument, items.empty(), false});
  }
  std::vector<Ranges> found = Finder(items, nullptr, 0).find();
  bool changed = false;
  for (std::size_t i = 0; i < argv.size(); ++i) {
    if (!found[i].empty()) {
      std::string masked = replace_ranges(argv[i], std::move(found[i]));
      changed = changed || masked != argv[i];
      argv[i] = std::move(masked);
    }
  }
  return changed;
}

bool mask_once(std::string& text) {
  Ranges found = find_in_line(text, nullptr, 0);
  if (found.empty()) {
    return false;
  }
  std::string masked = replace_ranges(text, std::move(found));
  masked.swap(text);
  return masked != text;
}

/// Until nothing changes.
template <typename T>
T mask_fully(T text) {
  for (int round = 0; round < kMaxRounds && mask_once(text); ++round) {
  }
  return text;
}

}  // namespace

std::vector<std::string> mask_argv(const std::vector<std::string>& argv) {
  return mask_fully(argv);
}

std::string mask_text(std::string_view text) {
  return mask_fully(std::string(text));
}

}  // namespace auexfil::facts
