#include "foreign_script.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "fit.hpp"
#include "lines.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::size_t kMostCommands = 256;
constexpr std::size_t kMostWords = 512;
constexpr std::size_t kMostNames = 256;  // of variables
constexpr std::size_t kDeepest = 64;     // brackets in brackets
constexpr char kUnknown = '\x01';        // stands in a text for what only the run knows

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_quote(char c) {
  return c == '"' || c == '\'' || c == '`';
}

/// Of os, subprocess, Open3, child_process, proc_open and their kin, without the module.
bool starts_programs(std::string_view name) {
  constexpr std::array<std::string_view, 29> kNames = {"system",
                                                       "popen",
                                                       "Popen",
                                                       "popen2",
                                                       "popen3",
                                                       "popen4",
                                                       "run",
                                                       "call",
                                                       "check_call",
                                                       "check_output",
                                                       "getoutput",
                                                       "getstatusoutput",
                                                       "exec",
                                                       "execSync",
                                                       "execFile",
                                                       "execFileSync",
                                                       "execute",
                                                       "spawn",
                                                       "spawnSync",
                                                       "shell_exec",
                                                       "passthru",
                                                       "proc_open",
                                                       "create_subprocess_exec",
                                                       "create_subprocess_shell",
                                                       "capture2",
                                                       "capture2e",
                                                       "capture3",
                                                       "split",  // shlex's: of a command line
                                                       "open"};  // perl's, to or from a program
  constexpr std::array<std::string_view, 2> kFamilies = {"exec", "spawn"};  // execvp, spawnlp
  const bool is_of_family =
      std::any_of(kFamilies.begin(), kFamilies.end(), [&](std::string_view family) {
        return name.starts_with(family) && name.size() > family.size() &&
               name.find_first_not_of("lvpe", family.size()) == std::string_view::npos;
      });
  return is_of_family || std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

/// Behind the arguments of a call without brackets: exec 'scp', 'a', 'h:' if $it_is_time;
bool ends_call(std::string_view name) {
  constexpr std::array<std::string_view, 7> kNames = {"if", "unless", "or",   "and",
                                                      "do", "while",  "until"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

/// Methods of a literal: what stands behind them is not of its text.
bool is_method(std::string_view text) {
  constexpr std::array<std::string_view, 7> kNames = {"format", "join",  "encode", "strip",
                                                      "trim",   "split", "replace"};
  std::size_t end = 0;
  while (end < text.size() && is_name_char(text[end])) {
    ++end;
  }
  const std::string_view name = text.substr(0, end);
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

/// What stands between two commas.
struct Element {
  std::string text;                     ///< of its literals; kUnknown for what is none
  std::vector<std::string_view> names;  ///< of each kUnknown: the variable that it is, or empty
  bool has_literal{};
  bool is_closed{};   ///< what follows belongs to the literal: % (…), .format(…)
  bool is_keyword{};  ///< shell=True

  [[nodiscard]] bool is_empty() const { return text.empty() && !has_literal; }
  void add_unknown(std::string_view name) {
    text += kUnknown;
    names.push_back(name);
  }
};

Word word_of(const std::string& text) {
  WordBuilder word;
  word.begin();
  for (const char c : text) {
    c == kUnknown ? word.unknown(false) : word.put(c);
  }
  return word.take();
}

bool has_blank(std::string_view text) {
  return text.find_first_of(" \t\n") != std::string_view::npos;
}

/// A command line, as a shell would be given it.
std::string as_shell_text(const std::string& text) {
  std::string shell;
  for (const char c : text) {
    c == kUnknown ? shell += "\"$_\"" : shell += c;
  }
  const std::size_t bar = shell.find_first_not_of(" \t|");  // perl's open(P, "| sftp h")
  return bar == std::string::npos ? std::string() : shell.substr(bar);
}

class Script {
 public:
  Script(std::string_view text, std::string_view interpreter)
      : text_(text),
        has_slashes_(interpreter.starts_with("node") || interpreter.starts_with("php")),
        has_hashes_(!interpreter.starts_with("node")),
        has_templates_(interpreter.starts_with("node")) {
    frames_.push_back({Frame::Kind::block});
  }

  std::vector<Words> read() {
    while (at_ < text_.size() && commands_.size() < kMostCommands) {
      step();
    }
    while (frames_.size() > 1 && commands_.size() < kMostCommands) {
      close();
    }
    end_statement();
    return std::move(commands_);
  }

 private:
  /// A bracket that is open, or the text itself.
  struct Frame {
    enum class Kind : unsigned char {
      block,    ///< statements
      starter,  ///< the arguments of a call that starts a program
      other,    ///< of another one
      list,
      bare,  ///< arguments without brackets: system "scp", …
    };
    Kind kind = Kind::block;
    std::vector<Element> elements{};
    Element now{};
  };

  Frame& frame() { return frames_.back(); }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void step() {
    const char c = text_[at_];
    if (is_quote(c)) {
      read_literal(c);
    } else if (is_name_char(c)) {
      read_name();
    } else if ((has_hashes_ && c == '#') ||
               (has_slashes_ && c == '/' && (peek(1) == '/' || peek(1) == '*'))) {
      skip_comment(c == '/' && peek(1) == '*');
    } else {
      ++at_;
      take_mark(c);
    }
  }

  void take_mark(char c) {
    switch (c) {
      case '(':
        open(std::exchange(starter_, false) ? Frame::Kind::starter
             : frame().kind == Frame::Kind::starter && frame().elements.empty() &&
                     frame().now.is_empty()
                 ? Frame::Kind::list  // a tuple
                 : Frame::Kind::other);
        break;
      case '[':
        open(Frame::Kind::list);
        break;
      case '{':
        open(Frame::Kind::block);
        break;
      case ')':
      case ']':
      case '}':
        end_bare();
        close();
        break;
      case ',':
        end_element();
        break;
      case ';':
      case '\n':
        if (c == ';' || frame().kind != Frame::Kind::bare || !is_open_ended()) {
          end_statement();
        }
        break;
      case '=':
        note_assignment();
        break;
      case '%':
        frame().now.is_closed = frame().now.is_closed || frame().now.has_literal;
        break;
      case '.':
        // "…".format(x) against "…" . $x
        frame().now.is_closed =
            frame().now.is_closed || (frame().now.has_literal && is_method(text_.substr(at_)));
        break;
      default:
        break;  // blanks, + and the like
    }
  }

  /// Nothing stands behind the last comma yet.
  [[nodiscard]] bool is_open_ended() { return frame().now.is_empty(); }

  void open(Frame::Kind kind) {
    if (frames_.size() < kDeepest) {
      frames_.push_back({kind});
    } else {
      ++lost_;
    }
  }

  void close() {
    if (lost_ > 0) {
      --lost_;
      return;
    }
    if (frames_.size() == 1) {
      return;
    }
    end_element();
    Frame done = std::move(frames_.back());
    frames_.pop_back();
    if (done.kind == Frame::Kind::starter || done.kind == Frame::Kind::bare) {
      add_started(done.elements);
      return;
    }
    if (done.kind != Frame::Kind::list || done.elements.empty()) {
      return;
    }
    Frame& outer = frame();
    if (outer.kind == Frame::Kind::starter && outer.now.is_empty()) {
      std::move(done.elements.begin(), done.elements.end(), std::back_inserter(outer.elements));
    } else if (done.elements.front().has_literal && !has_blank(done.elements.front().text)) {
      add_words(done.elements);
    }
  }

  void end_element() {
    Frame& of = frame();
    Element now = std::exchange(of.now, Element{});
    const bool is_wanted = of.kind != Frame::Kind::block && of.kind != Frame::Kind::other;
    if (is_wanted && !now.is_empty() && !now.is_keyword && of.elements.size() < kMostWords) {
      of.elements.push_back(std::move(now));
    }
  }

  void end_bare() {
    if (frame().kind == Frame::Kind::bare) {
      close();
    }
  }

  void end_statement() {
    end_bare();
    Frame& of = frame();
    if (of.kind != Frame::Kind::block) {
      return;
    }
    if (!assigned_.empty() && values_.size() < kMostNames) {
      const auto [known, is_new] = values_.try_emplace(assigned_);
      if (is_new && of.now.has_literal) {
        known->second = resolved(of.now);
      } else {
        known->second.reset();  // one value of several
      }
    }
    assigned_ = {};
    of.now = Element{};
    starter_ = false;
  }

  /// `name = …` of a statement, or a keyword of a call.
  void note_assignment() {
    Frame& of = frame();
    if (peek() == '=' || peek() == '>' || of.now.has_literal) {
      return;
    }
    if (of.kind == Frame::Kind::block) {
      assigned_ = last_name_;  // of my $x, const x, self.x
      of.now = Element{};
    } else {
      of.now.is_keyword = true;
    }
  }

  void read_name() {
    const std::size_t begin = at_;
    while (is_name_char(peek())) {
      ++at_;
    }
    const std::string_view name = text_.substr(begin, at_ - begin);
    if (is_quote(peek()) && name.size() <= 2) {
      return;  // r"…", f'…'
    }
    if (name == "qw" || name == "qx" || name == "w" || name == "x") {
      if (read_quoted_by_name(name, begin)) {
        return;
      }
    }
    last_name_ = name;
    if (frame().kind == Frame::Kind::bare && ends_call(name)) {
      close();
      return;
    }
    Element& now = frame().now;
    if (starts_programs(name)) {
      std::size_t ahead = 0;
      while (peek(ahead) == ' ') {
        ++ahead;
      }
      starter_ = peek(ahead) == '(';
      if (!starter_ && ahead > 0 && is_quote(peek(ahead)) && frame().kind == Frame::Kind::block) {
        open(Frame::Kind::bare);
        return;
      }
    } else {
      starter_ = false;
    }
    if (now.is_closed) {
      return;
    }
    if (now.text.empty() || now.text.back() != kUnknown) {
      now.add_unknown(name);
    } else {
      now.names.back() = {};  // self.host, len(x)
    }
  }

  /// Perl's qw(…) and qx(…), Ruby's %w[…] and %x(…).
  bool read_quoted_by_name(std::string_view name, std::size_t begin) {
    const bool is_of_ruby = name.size() == 1;
    if (is_of_ruby && (begin == 0 || text_[begin - 1] != '%')) {
      return false;
    }
    constexpr std::string_view kOpen = "([{</|!";
    constexpr std::string_view kClose = ")]}>/|!";
    const std::size_t kind = kOpen.find(peek());
    const std::size_t end =
        kind == std::string_view::npos ? kind : text_.find(kClose[kind], at_ + 1);
    if (end == std::string_view::npos) {
      return false;
    }
    std::string inner(text_.substr(at_ + 1, end - at_ - 1));
    std::replace(inner.begin(), inner.end(), kUnknown, ' ');
    at_ = end + 1;
    if (name.back() == 'x') {
      add_shell(inner);
      return true;
    }
    std::replace(inner.begin(), inner.end(), '\n', ' ');
    std::string_view rest = inner;
    std::vector<Element> words;
    for (std::string_view word = take_word(rest); !word.empty() && words.size() < kMostWords;
         word = take_word(rest)) {
      words.push_back({std::string(word), {}, true, false, false});
    }
    if (frame().kind == Frame::Kind::starter || frame().kind == Frame::Kind::bare) {
      std::move(words.begin(), words.end(), std::back_inserter(frame().elements));
    } else if (!words.empty()) {
      add_words(words);
    }
    return true;
  }

  void skip_comment(bool to_mark) {
    const std::size_t end = to_mark ? text_.find("*/", at_ + 2) : text_.find('\n', at_);
    at_ = end == std::string_view::npos ? text_.size() : end + (to_mark ? 2 : 0);
  }

  void read_literal(char quote) {
    const bool is_triple = peek(1) == quote && peek(2) == quote;
    at_ += is_triple ? 3 : 1;
    const std::size_t begin = at_;
    Element literal;
    literal.has_literal = true;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == quote && (!is_triple || (peek(1) == quote && peek(2) == quote))) {
        break;
      }
      if (c == '\n' && !is_triple && quote != '`') {
        at_ = begin;  // an apostrophe of some text, a quote in a regex: no literal
        return;
      }
      if (c == '\\') {
        take_escape(literal.text);
      } else if (!take_unknown(literal, quote)) {
        literal.text += c == kUnknown ? ' ' : c;
        ++at_;
      }
    }
    at_ = std::min(at_ + (is_triple ? 3 : 1), text_.size());
    Element& now = frame().now;
    if (quote == '`' && !has_templates_) {
      add_shell(resolved(literal));
    } else if (!now.is_closed) {
      now.text += literal.text;
      now.names.insert(now.names.end(), literal.names.begin(), literal.names.end());
      now.has_literal = true;
    }
  }

  void take_escape(std::string& literal) {
    const char c = peek(1);
    at_ += 2;
    if (c == 'n' || c == 't' || c == 'r') {
      literal += ' ';
    } else if (c != '\n' && c != '\0' && c != kUnknown) {
      literal += c;
    }
  }

  /// {x}, #{x}, ${x}, $x, %s, %(x)s: what is put in when it runs.
  bool take_unknown(Element& literal, char quote) {
    constexpr std::size_t kLongest = 256;
    const char c = peek();
    std::size_t end = std::string_view::npos;
    if (c == '{' || ((c == '#' || c == '$') && peek(1) == '{')) {
      const std::size_t close = text_.substr(at_, kLongest).find_first_of("}\n");
      end = close != std::string_view::npos && text_[at_ + close] == '}' ? at_ + close + 1 : end;
    } else if (c == '$' && quote != '\'' && is_name_char(peek(1))) {
      end = at_ + 1;
      while (end < text_.size() && is_name_char(text_[end])) {
        ++end;
      }
    } else if (c == '%' && (peek(1) == 's' || peek(1) == 'd')) {
      end = at_ + 2;
    } else if (c == '%' && peek(1) == '(') {
      const std::size_t close = text_.substr(at_, kLongest).find_first_of(")\n");
      end = close != std::string_view::npos && text_[at_ + close] == ')' ? at_ + close + 2 : end;
    }
    if (end == std::string_view::npos) {
      return false;
    }
    end = std::min(end, text_.size());
    std::string_view name = text_.substr(at_, end - at_);
    while (!name.empty() && !is_name_char(name.front())) {
      name.remove_prefix(1);
    }
    while (!name.empty() && !is_name_char(name.back())) {
      name.remove_suffix(1);
    }
    const bool is_name =
        c != '%' && std::all_of(name.begin(), name.end(), is_name_char);  // else an expression
    literal.add_unknown(is_name ? name : std::string_view());
    at_ = end;
    return true;
  }

  /// With the values that are known in their places.
  [[nodiscard]] std::string resolved(const Element& element) const {
    std::string text;
    std::size_t next = 0;
    for (const char c : element.text) {
      const auto value = c == kUnknown && next < element.names.size()
                             ? values_.find(element.names[next])
                             : values_.end();
      next += c == kUnknown ? 1 : 0;
      if (value != values_.end() && value->second && text.size() < kMostValue) {
        text += *value->second;
      } else {
        text += c;
      }
    }
    return text;
  }

  void add_shell(const std::string& text) {
    for (Words& words : split_shell(as_shell_text(text))) {
      if (commands_.size() < kMostCommands) {
        commands_.push_back(std::move(words));
      }
    }
  }

  void add_words(const std::vector<Element>& elements) {
    std::vector<Words> made(1);
    for (const Element& one : elements) {
      made.front().push_back(word_of(resolved(one)));
    }
    // execlp("scp", "scp", …): the file, and what it is called.
    if (made.front().size() > 1 && made.front()[0] == made.front()[1]) {
      made.front().erase(made.front().begin());
    }
    add_given_commands(made);  // ["sh", "-c", "scp …"]
    for (Words& words : made) {
      if (commands_.size() < kMostCommands) {
        commands_.push_back(std::move(words));
      }
    }
  }

  /// \param elements  arguments of a call that starts a program.
  void add_started(const std::vector<Element>& elements) {
    // spawnlp(os.P_WAIT, "scp", …), open(my $p, "|-", "scp", …)
    const auto is_told = [&](const Element& one) {
      const std::string text = resolved(one);
      return one.text != "|-" && one.text != "-|" && !text.empty() && text.front() != kUnknown;
    };
    const auto first = std::find_if(elements.begin(), elements.end(), is_told);
    if (first == elements.end()) {
      return;
    }
    if (const std::string text = resolved(*first); has_blank(text)) {
      add_shell(text);
    } else {
      add_words({first, elements.end()});
    }
  }

  std::string_view text_;
  bool has_slashes_;    // comments begin with //
  bool has_hashes_;     // or with #
  bool has_templates_;  // `…` is a literal, and no command
  std::size_t at_ = 0;
  std::vector<Frame> frames_;
  std::size_t lost_ = 0;  // brackets that are open below the deepest
  bool starter_ = false;  // the name before the next bracket starts programs
  std::string_view last_name_;
  std::string_view assigned_;  // by the statement that is read
  /// Of variables; nothing: of several.
  std::map<std::string_view, std::optional<std::string>> values_;
  std::vector<Words> commands_;
};

}  // namespace

bool is_foreign(std::string_view interpreter) {
  constexpr std::array<std::string_view, 7> kNames = {"python", "perl",   "ruby", "php",
                                                      "node",   "nodejs", "lua"};
  return std::any_of(kNames.begin(), kNames.end(), [interpreter](std::string_view one) {
    return interpreter.starts_with(one) &&
           interpreter.find_first_not_of("0123456789.", one.size()) == std::string_view::npos;
  });
}

std::string_view interpreter_of(std::string_view script) {
  if (!script.starts_with("#!")) {
    return {};
  }
  std::string_view line = script.substr(0, script.find('\n')).substr(2);
  std::string_view name = base_name(take_word(line));
  while (name == "env" || (name.starts_with('-') && !line.empty())) {
    name = base_name(take_word(line));
  }
  return name;
}

std::vector<Words> commands_of_foreign(std::string_view text, std::string_view interpreter) {
  return Script(text, interpreter).read();
}

}  // namespace auexfil::artefacts
