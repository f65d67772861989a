#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

#include "commands.hpp"
#include "fit.hpp"
#include "foreign_script.hpp"
#include "lines.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::size_t kMostCommands = 256;
constexpr std::size_t kMostWords = 512;
constexpr int kDeepest = 4;

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// NAME=… before a command.
bool is_assignment(const Word& word) {
  const std::string& text = word.pieces.front();
  const std::size_t equals = text.find('=');
  return equals != std::string::npos && equals > 0 &&
         std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(equals), is_name);
}

bool is_grammar(const Word& word) {
  constexpr std::array<std::string_view, 14> kWords = {"if", "then", "else", "elif",  "fi",
                                                       "do", "done", "!",    "while", "until",
                                                       "{",  "}",    "time", "exec"};
  return word.is_plain() &&
         std::find(kWords.begin(), kWords.end(), word.pieces.front()) != kWords.end();
}

/// What a text assigns. What stands behind && and ||, in a loop, a condition, a function or a
/// subshell may not come to pass.
class Assignments {
 public:
  explicit Assignments(std::vector<Assignment>& found) : found_(found) {}

  /// A sign of the grammar, or a word at a command's place.
  void on_sign(char c) {
    brackets_ += c == '(' ? 1 : c == ')' && brackets_ > 0 ? -1 : 0;  // `a)` of a case has one alone
    is_sometimes_ = c == '&' || c == '|' || (is_sometimes_ && c != ';' && c != '\n');
  }
  void on_first_word(const std::string& word) {
    constexpr std::array<std::string_view, 7> kOpen = {"if",   "while", "until", "for",
                                                       "case", "{",     "select"};
    constexpr std::array<std::string_view, 4> kClose = {"fi", "done", "esac", "}"};
    const auto is_one_of = [&word](const auto& words) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    depth_ += is_one_of(kOpen) ? 1 : is_one_of(kClose) && depth_ > 0 ? -1 : 0;
  }

  /// NAME=… before a command, or alone.
  void on_assignment(const Word& word) { before_.push_back(word); }

  /// \param place  how many commands stand before.
  void on_command(const Words& words, std::size_t place) {
    const std::vector<Word> before = std::exchange(before_, {});
    if (words.empty()) {
      for (const Word& word : before) {
        assign(word, place, Reach::shell);
      }
      return;
    }
    for (const Word& word : before) {
      assign(word, place, Reach::command);
    }
    const std::string& first = words.front().pieces.front();
    constexpr std::array<std::string_view, 5> kDeclare = {"export", "readonly", "local", "declare",
                                                          "typeset"};
    const bool declares = std::find(kDeclare.begin(), kDeclare.end(), first) != kDeclare.end();
    if (first == "eval" || first == "." || first == "source") {
      const bool is_file = first != "eval" && words.size() > 1 && is_sure();
      add({{}, is_file ? std::optional(words[1]) : std::nullopt, place + 1});
    } else if (declares || first == "read" || first == "for" || first == "select" ||
               first == "unset" || first == "getopts") {
      const bool exports =
          first == "export" || (declares && words.size() > 1 && words[1].matches("-x"));
      for (std::size_t i = 1; i < words.size(); ++i) {
        if (declares && is_assignment(words[i])) {
          assign(words[i], place, exports ? Reach::exported : Reach::shell);
        } else if (!declares || exports) {
          add({words[i].pieces.front(), std::nullopt, place, exports ? Reach::mark : Reach::shell});
        }
      }
    } else if (const std::size_t plus = first.find("+="); plus != std::string::npos) {
      add({first.substr(0, plus), std::nullopt, place});
    }
  }

 private:
  using Reach = Assignment::Reach;

  void add(Assignment one) {
    constexpr std::size_t kMost = 256;
    if (found_.size() < kMost) {
      found_.push_back(std::move(one));
    } else {
      found_.back() = {};  // anything, from here on
      found_.back().place = one.place;
    }
  }

  void assign(Word word, std::size_t place, Reach reach) {
    const std::size_t equals = word.pieces.front().find('=');
    const std::string name = word.pieces.front().substr(0, equals);
    word.pieces.front().erase(0, equals + 1);
    word.any_count = false;  // values are not split
    add({name, is_sure() || reach == Reach::command ? std::optional(std::move(word)) : std::nullopt,
         place, reach});
  }

  /// Does it come to pass, whatever the run is given?
  [[nodiscard]] bool is_sure() const { return depth_ == 0 && brackets_ == 0 && !is_sometimes_; }

  std::vector<Assignment>& found_;
  std::vector<Word> before_;
  int depth_ = 0;  // of blocks
  int brackets_ = 0;
  bool is_sometimes_ = false;
};

constexpr std::array<std::string_view, 5> kRunTexts = {"tmux", "screen", "watch", "script",
                                                       "parallel"};

/// "scp" of $(which scp), or empty.
std::string_view looked_for(std::string_view text) {
  const std::string_view first = take_word(text);
  const std::string_view option = first == "which" ? std::string_view() : take_word(text);
  const std::string_view name = take_word(text);
  const bool is_search = first == "which" || (first == "command" && option == "-v") ||
                         (first == "type" && option == "-p");
  const bool is_name_alone = take_word(text).empty() && !name.empty() &&
                             std::all_of(name.begin(), name.end(),
                                         [](char c) { return is_name(c) || c == '-' || c == '.'; });
  return is_search && is_name_alone && !name.starts_with('-') ? name : std::string_view();
}

/// Does it run what it is given as input, on this machine?
bool runs_input(const Words& words) {
  constexpr std::array<std::string_view, 4> kOthers = {"su", "runuser", "at", "batch"};
  for (std::size_t i = 0; i < std::min(words.size(), kMostWrappers); ++i) {
    const std::string_view name = base_name(words[i].pieces.front());
    if (name == "ssh") {
      return false;
    }
    if (words[i].is_plain() &&
        (is_shell(name) || std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end())) {
      return true;
    }
  }
  return false;
}

/// Reads one text. What is open at its end is closed there.
class Splitter {
 public:
  /// \param assignments  null: they are not asked for.
  Splitter(std::string_view text, std::vector<PipedCommand>& commands, int depth,
           Assignments* assignments = nullptr)
      : text_(text), commands_(commands), depth_(depth), assignments_(assignments) {}

  void run() {
    while (at_ < text_.size()) {
      step();
    }
    end_command();
  }

 private:
  [[nodiscard]] char next(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void step() {
    const char c = text_[at_];
    switch (c) {
      case ' ':
      case '\t':
      case '\r':
        end_word();
        ++at_;
        return;
      case '\n':
      case ';':
      case '&':
      case '(':
      case ')':
        end_command();
        note_sign(c);
        piped_from_ = c == '\n' ? piped_from_ : 0;  // a pipe goes on in the next line
        ++at_;
        if (c == '\n') {
          pass_documents();
        }
        return;
      case '|':
        piped_from_ = end_command();
        note_sign(c);
        piped_from_ = next(1) == '|' ? 0 : piped_from_;
        ++at_;
        return;
      case '<':
      case '>':
        redirection();
        return;
      case '#':
        if (!word_.has_begun()) {
          at_ = std::min(text_.find('\n', at_), text_.size());
          return;
        }
        break;
      default:
        break;
    }
    word_part(c);
  }

  void note_sign(char c) {
    if (assignments_ != nullptr) {
      assignments_->on_sign(c);
    }
  }

  void word_part(char c) {
    switch (c) {
      case '\'':
        single_quoted();
        return;
      case '"':
        double_quoted();
        return;
      case '\\':
        escaped();
        return;
      case '$':
      case '`':
        expansion(true);
        return;
      case '*':
      case '?':
        word_.unknown(true);
        break;
      case '[':
        if (const std::size_t end = address_end(); end > at_) {
          word_.put(text_.substr(at_, end - at_));  // no file is called so: it stays as it is
          at_ = end - 1;
        } else if (word_.has_begun()) {
          word_.unknown(true);
          const std::size_t close = std::min(text_.find_first_of("] \t\n", at_ + 1), text_.size());
          at_ = close < text_.size() && text_[close] == ']' ? close : close - 1;
        } else {
          word_.put(c);
        }
        break;
      case '~':
        if (word_.has_begun()) {
          word_.put(c);
        } else {
          const std::size_t from = at_;
          while (is_name(next(1))) {
            ++at_;  // ~user
          }
          word_.unknown(false, text_.substr(from, at_ + 1 - from));
        }
        break;
      default:
        word_.put(c);
    }
    ++at_;
  }

  /// Behind the bracket that closes an IPv6 address, of [2001:db8::1]; none begins here: 0.
  [[nodiscard]] std::size_t address_end() const {
    constexpr std::string_view kDigits = "0123456789abcdefABCDEF:.";
    const std::size_t end = std::min(text_.find_first_not_of(kDigits, at_ + 1), text_.size());
    const std::string_view inner = text_.substr(at_ + 1, end - at_ - 1);
    return end < text_.size() && text_[end] == ']' &&
                   std::count(inner.begin(), inner.end(), ':') > 1
               ? end + 1
               : 0;
  }

  void single_quoted() {
    const std::size_t end = std::min(text_.find('\'', at_ + 1), text_.size());
    word_.put(text_.substr(at_ + 1, end - at_ - 1));
    at_ = std::min(end + 1, text_.size());
  }

  void double_quoted() {
    word_.begin();
    for (++at_; at_ < text_.size() && text_[at_] != '"';) {
      const char c = text_[at_];
      if (c == '\\' && std::string_view("$`\"\\\n").find(next(1)) != std::string_view::npos &&
          at_ + 1 < text_.size()) {
        escaped();
      } else if (c == '$' || c == '`') {
        expansion(false);
      } else {
        word_.put(c);
        ++at_;
      }
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  void escaped() {
    if (next(1) != '\n' && at_ + 1 < text_.size()) {
      word_.put(next(1));
    }
    at_ = std::min(at_ + 2, text_.size());
  }

  /// Where the bracket that opens at `from` is closed.
  [[nodiscard]] std::size_t closing(std::size_t from, char open, char close) const {
    int depth = 0;
    for (std::size_t i = from; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == open && open != close) {
        ++depth;
      } else if (text_[i] == close && (open == close ? i > from : --depth == 0)) {
        return i;
      }
    }
    return text_.size();
  }

  void inner(std::size_t from, std::size_t end) {
    if (depth_ < kDeepest && from < end) {
      Splitter(text_.substr(from, end - from), commands_, depth_ + 1).run();
    }
  }

  void expansion(bool splits) {
    std::size_t end = at_;
    if (text_[at_] == '`') {
      end = closing(at_, '`', '`');
      inner(at_ + 1, end);
    } else if (next(1) == '(') {
      end = closing(at_ + 1, '(', ')');
      if (const std::string_view name = looked_for(text_.substr(at_ + 2, end - at_ - 2));
          !name.empty()) {
        word_.put(name);
        at_ = std::min(end + 1, text_.size());
        return;
      }
      inner(at_ + 2, end);
    } else if (next(1) == '{') {
      end = closing(at_ + 1, '{', '}');
    } else if (is_name(next(1))) {
      while (end + 1 < text_.size() && is_name(text_[end + 1])) {
        ++end;
      }
    } else if (next(1) != '\0' &&
               std::string_view("@*#?$!-").find(next(1)) != std::string_view::npos) {
      ++end;
    } else {
      word_.put('$');
      ++at_;
      return;
    }
    const bool braces = next(1) == '{';
    const std::string_view name =
        text_.substr(at_ + (braces ? 2U : 1U), end - at_ - (braces ? 2U : 0U));
    const bool is_variable = !name.empty() && std::all_of(name.begin(), name.end(), is_name);
    word_.unknown(splits, text_[at_] == '$' && is_variable ? name : std::string_view());
    at_ = std::min(end + 1, text_.size());
  }

  /// Its operator goes, the file that it names as well, and the number of the descriptor before.
  void redirection() {
    const Word& before = word_.word();
    std::string number;
    if (before.is_plain() && !before.pieces.front().empty() &&
        before.pieces.front().find_first_not_of("0123456789") == std::string::npos) {
      number = word_.take().pieces.front();
    }
    const bool is_input = number.empty() || number == "0";
    end_word();
    const std::size_t from = at_;
    while (next() == '<' || next() == '>' || next() == '&' || next() == '|' || next() == '-') {
      ++at_;
    }
    const std::string_view sign = text_.substr(from, at_ - from);
    target_ = !is_input                       ? Target::other
              : sign == "<"                   ? Target::input
              : sign == "<<" || sign == "<<-" ? Target::here
                                              : Target::other;
    drops_next_ = true;
  }

  /// Takes up what is redirected to.
  void redirect(const Word& word) {
    if (target_ == Target::input) {
      input_ = word;
    } else if (target_ == Target::here && word.is_plain()) {
      here_ = here_document(word.pieces.front());
    }
  }

  /// Here-documents of the line before: commands where a shell of this machine is given them, else
  /// no more than text.
  void pass_documents() {
    if (documents_end_ > at_ && !line_runs_) {
      at_ = std::min(documents_end_, text_.size());
    }
    documents_end_ = 0;
    line_runs_ = false;
  }

  /// The lines below this one, or below the document before, up to the one that ends them.
  [[nodiscard]] std::string here_document(std::string_view end) {
    std::string text;
    std::size_t at = documents_end_ > at_ ? documents_end_ - 1 : text_.find('\n', at_);
    at = std::min(at, text_.size());
    while (at < text_.size()) {
      const std::size_t begin = at + 1;
      at = std::min(text_.find('\n', begin), text_.size());
      std::string_view line = text_.substr(begin, at - begin);
      line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
      if (line == end) {
        break;
      }
      text.append(line).push_back('\n');
    }
    documents_end_ = at + 1;
    return text;
  }

  void end_word() {
    if (!word_.has_begun()) {
      return;
    }
    Word word = word_.take();
    if (std::exchange(drops_next_, false)) {
      redirect(word);
      return;
    }
    if (words_.empty() && assignments_ != nullptr && word.is_plain()) {
      assignments_->on_first_word(word.pieces.front());
    }
    if (words_.empty() && is_assignment(word)) {
      if (assignments_ != nullptr) {
        assignments_->on_assignment(word);
      }
      return;
    }
    if (words_.empty() && is_grammar(word)) {
      return;
    }
    if (words_.size() < kMostWords) {
      words_.push_back(std::move(word));
    }
  }

  /// \return the place of the command that ends here, from 1 on; 0: none does.
  std::size_t end_command() {
    end_word();
    drops_next_ = false;
    std::size_t place = 0;
    if (assignments_ != nullptr) {
      assignments_->on_command(words_, commands_.size());
    }
    if (!words_.empty() && commands_.size() < kMostCommands) {
      place = commands_.size() + 1;
      line_runs_ = line_runs_ || runs_input(words_);
      commands_.push_back({words_, std::move(input_), std::move(here_), piped_from_});
      piped_from_ = 0;
      if (depth_ < kDeepest) {
        add_given(words_, commands_, depth_);
      }
    }
    words_.clear();
    input_.reset();
    here_.reset();
    return place;
  }

 public:
  /// Of commands whose words are texts for a shell, or for an interpreter of another language.
  /// \return is it one?
  static bool add_texts(const Words& words, std::vector<PipedCommand>& commands, int depth) {
    const std::string_view name = base_name(words.front().pieces.front());
    if (name == "eval") {
      std::string text;
      for (std::size_t i = 1; i < words.size() && words[i].is_plain(); ++i) {
        text.append(words[i].pieces.front()).push_back(' ');
      }
      Splitter(text, commands, depth + 1).run();
      return true;
    }
    if (name == "trap") {
      if (words.size() > 2 && words[1].is_plain()) {
        Splitter(words[1].pieces.front(), commands, depth + 1).run();
      }
      return true;
    }
    const bool is_other = is_foreign(name);
    if (!is_other && std::find(kRunTexts.begin(), kRunTexts.end(), name) == kRunTexts.end()) {
      return false;
    }
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::string& text = words[i].pieces.front();
      if (!words[i].is_plain() || text.find(' ') == std::string::npos) {
        continue;
      }
      if (!is_other) {
        Splitter(text, commands, depth + 1).run();
        continue;
      }
      for (Words& started : commands_of_foreign(text, name)) {
        if (commands.size() < kMostCommands) {
          commands.push_back({std::move(started), {}, {}, 0});
        }
      }
    }
    return true;
  }

  /// What a shell, su or the like is given by -c, and what find is told to start.
  static void add_given(const Words& words, std::vector<PipedCommand>& commands, int depth) {
    const std::vector<Words> started = commands_of_find(words);
    for (const Words& inner : started) {
      if (commands.size() < kMostCommands && depth < kDeepest) {
        commands.push_back({inner, {}, {}, 0});
        add_given(inner, commands, depth + 1);
      }
    }
    if (!started.empty() || add_texts(words, commands, depth)) {
      return;
    }
    for (std::size_t i = 1; i + 1 < words.size(); ++i) {
      const Word& option = words[i];
      const Word& given = words[i + 1];
      if (option.is_plain() && given.is_plain() && option.pieces.front().starts_with('-') &&
          option.pieces.front().ends_with('c') &&
          given.pieces.front().find_first_of(" ;|&") != std::string::npos) {
        Splitter(given.pieces.front(), commands, depth + 1).run();
        return;
      }
    }
  }

 private:
  std::string_view text_;
  enum class Target : std::uint8_t { other, input, here };

  std::vector<PipedCommand>& commands_;
  int depth_;
  Assignments* assignments_;
  std::size_t at_ = 0;
  WordBuilder word_;
  Words words_;
  bool drops_next_ = false;
  Target target_ = Target::other;  ///< of the redirection at hand
  std::optional<Word> input_;      ///< of the command at hand, as `here_`
  std::optional<std::string> here_;
  std::size_t documents_end_ = 0;  ///< behind the here-documents of the line at hand; 0: none
  bool line_runs_ = false;         ///< see pass_documents()
  std::size_t piped_from_ = 0;     ///< see PipedCommand::from
};

}  // namespace

bool takes_commands(std::string_view name) {
  return name == "eval" || name == "trap" || is_shell(name) || is_foreign(name) ||
         std::find(kRunTexts.begin(), kRunTexts.end(), name) != kRunTexts.end();
}

std::vector<PipedCommand> split_pipes(std::string_view text) {
  std::vector<PipedCommand> commands;
  Splitter(text, commands, 0).run();
  return commands;
}

ShellText read_shell(std::string_view text) {
  ShellText read;
  std::vector<PipedCommand> commands;
  Assignments assignments(read.assignments);
  Splitter(text, commands, 0, &assignments).run();
  for (PipedCommand& command : commands) {
    read.commands.push_back(std::move(command.words));
    read.inputs.push_back({std::move(command.input), std::move(command.here), command.from != 0});
  }
  return read;
}

std::vector<Words> split_shell(std::string_view text) {
  std::vector<Words> commands;
  for (PipedCommand& command : split_pipes(text)) {
    commands.push_back(std::move(command.words));
  }
  return commands;
}

void add_given_commands(std::vector<Words>& commands) {
  const std::size_t count = commands.size();
  std::vector<PipedCommand> given(count);  // as many as are there count for the bound
  for (std::size_t i = 0; i < count; ++i) {
    const Words words = commands[i];
    Splitter::add_given(words, given, 0);
  }
  for (std::size_t i = count; i < given.size(); ++i) {
    commands.push_back(std::move(given[i].words));
  }
}

}  // namespace auexfil::artefacts
