#include "steps.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "fit.hpp"
#include "foreign_script.hpp"
#include "lines.hpp"

namespace auexfil::artefacts {
namespace {

constexpr int kDeepest = 2;         // scripts in scripts
constexpr int kDeepestSourced = 4;  // files that are read by files that are read
constexpr std::size_t kMostSteps = std::size_t{1} << 18U;

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string plain(const Word& word) {
  return word.is_plain() ? word.pieces.front() : std::string();
}

/// What starts what stands behind it.
bool is_wrapper(std::string_view name) {
  constexpr std::array<std::string_view, 20> kWrappers = {
      "sudo",    "doas",   "env",     "nice", "ionice",      "nohup",   "setsid",
      "timeout", "flock",  "chronic", "time", "systemd-cat", "runuser", "su",
      "xargs",   "stdbuf", "command", "chrt", "exec",        "taskset"};
  return is_one_of(name, kWrappers);
}

/// What takes its words for text or for names of files, and runs none.
bool is_looker(std::string_view name) {
  constexpr std::array<std::string_view, 36> kLookers = {
      "test", "[",     "[[",    "echo",  "printf", "true",  ":",     "false",   "logger",
      "cat",  "grep",  "egrep", "fgrep", "sed",    "ls",    "stat",  "wc",      "head",
      "tail", "sort",  "mail",  "mailx", "wall",   "write", "which", "type",    "man",
      "rm",   "touch", "mkdir", "chmod", "chown",  "pgrep", "pkill", "killall", "alias"};
  return is_one_of(name, kLookers);
}

/// Of nice -n 10, timeout 5m.
bool is_count(std::string_view word) {
  return !word.empty() && word.front() >= '0' && word.front() <= '9';
}

/// Of env A=1, sudo A=1.
bool is_setting(std::string_view word) {
  const std::size_t equals = word.find('=');
  return equals != std::string_view::npos && equals > 0 &&
         std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals), [](char c) {
           return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  (c >= '0' && c <= '9');
         });
}

std::vector<std::string> split_at(std::string_view text, std::string_view marks) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(marks, at), text.size());
    if (end > at) {
      parts.emplace_back(text.substr(at, end - at));
    }
    at = end + 1;
  }
  return parts;
}

/// \return nothing where a value would be several words, or names of files.
std::optional<Word> with_values(const Word& word, const Values& values) {
  Word made;
  made.any_count = word.any_count;
  made.pieces.push_back(word.pieces.front());
  for (std::size_t i = 1; i < word.pieces.size(); ++i) {
    const std::string name = i - 1 < word.names.size() ? word.names[i - 1] : std::string();
    const auto value = name.empty() ? values.end() : values.find(name);
    if (value == values.end()) {
      made.names.push_back(name);
      made.pieces.push_back(word.pieces[i]);
      continue;
    }
    if (word.any_count && value->second.find_first_of(" \t*?[") != std::string::npos) {
      return std::nullopt;
    }
    made.pieces.back().append(value->second).append(word.pieces[i]);
  }
  made.any_count = made.any_count && made.pieces.size() > 1;
  return made;
}

StandardInput with_values(StandardInput input, const Values& values) {
  if (input.file) {
    input.file = with_values(*input.file, values).value_or(*input.file);
  }
  return input;
}

/// `$OPTIONS` that stands alone is as many words as its value has.
std::optional<std::vector<std::string>> split_value(const Word& word, const Values& values) {
  const bool is_alone = word.any_count && word.pieces.size() == 2 && word.pieces[0].empty() &&
                        word.pieces[1].empty() && word.names.size() == 1;
  const auto value = is_alone ? values.find(word.names.front()) : values.end();
  if (value == values.end() || value->second.find_first_of("*?[\"'\\") != std::string::npos) {
    return std::nullopt;
  }
  return split_at(value->second, " \t");
}

/// Whom sudo, su and runuser have a command run as.
struct Other {
  std::string user;  ///< empty: only the run knows
  bool logs_in{};    ///< begins in that user's home
};

/// How many commands stand behind one that it is given by -c.
std::size_t count_given(const Words& words) {
  std::vector<Words> commands = {words};
  add_given_commands(commands);
  return commands.size() - 1;
}

/// The value of -u: "-u al", "--user=al", sudo's "-ual". `at` goes on to its last word. Nothing:
/// something else stands there.
std::optional<std::string> take_user(const Words& words, std::size_t& at, bool is_sudo) {
  const std::string& word = words[at].pieces.front();
  if ((word == "-u" || word == "--user") && words[at].is_plain() && at + 1 < words.size()) {
    return plain(words[++at]);
  }
  const bool is_joined =
      is_sudo && word.starts_with("-u") && (word.size() > 2 || !words[at].is_plain());
  const std::size_t head = word.starts_with("--user=") ? 7 : is_joined ? 2 : 0;
  return head == 0              ? std::nullopt
         : words[at].is_plain() ? std::optional(word.substr(head))
                                : std::optional(std::string());
}

/// Of sudo the own words end where the command begins; of su and runuser that is behind the user.
std::optional<Other> other_user(const Words& words, std::size_t at) {
  const std::string_view name = base_name(words[at].pieces.front());
  const bool is_sudo = name == "sudo" || name == "doas";
  if (!is_sudo && name != "su" && name != "runuser") {
    return std::nullopt;
  }
  bool logs_in = false;
  std::optional<std::string> user;
  for (std::size_t i = at + 1; i < words.size(); ++i) {
    const std::string word = plain(words[i]);
    if (const auto named = take_user(words, i, is_sudo)) {
      user = named;
    } else if (word == "-" || word == "-l" || word == "--login" || (is_sudo && word == "-i")) {
      logs_in = true;
    } else if (!is_sudo && (word == "-c" || word == "-lc" || word == "--command" || word == "-s" ||
                            word == "-g" || word == "-G" || word == "-w")) {
      logs_in = logs_in || word == "-lc";
      ++i;
    } else if (!word.starts_with('-') || word == "--") {
      if (is_sudo || user) {
        break;
      }
      user = word == "--" ? user : std::optional(word);
    }
  }
  return Other{user.value_or("root"), logs_in};
}

/// Behind other wrappers as well.
std::optional<Other> other_user(const Words& words) {
  for (std::size_t i = 0; i < std::min(words.size(), kMostWrappers); ++i) {
    const std::string word = plain(words[i]);
    if (word.empty()) {
      break;
    }
    if (auto other = other_user(words, i)) {
      return other;
    }
    if (!is_wrapper(base_name(word)) && !word.starts_with('-') && !is_count(word)) {
      break;
    }
  }
  return std::nullopt;
}

/// A script that a command may run.
struct Candidate {
  std::string path;
  std::string_view given_to{};  ///< what runs it; empty: itself
};

/// \param path  of the environment.
void add_by_name(const std::string& name, std::string_view path, std::vector<Candidate>& found) {
  for (const std::string& folder : split_at(path, ":")) {
    found.push_back({in_folder(folder, name), {}});
  }
}

/// The words that may be files of the image: the program itself, or what its interpreter runs.
std::vector<Candidate> candidates_of(const Words& words, const std::string& cwd,
                                     std::string_view path) {
  std::vector<Candidate> found;
  std::string_view runner;  // a shell or its kin that stands before, and options at most
  bool is_program = true;
  const std::size_t last = std::min(words.size(), kMostWrappers);
  for (std::size_t i = 0; i < last; ++i) {
    const std::string word = plain(words[i]);
    const std::string_view name = base_name(word);
    if (word.empty() || word.starts_with('-')) {
      const bool is_text = word.empty() || (!word.starts_with("--") &&
                                            word.find('c') != std::string::npos);  // -c TEXT
      runner = is_text ? std::string_view() : runner;
      continue;
    }
    if (is_count(word) || (i > 0 && is_program && is_setting(word))) {
      continue;
    }
    if (word.find('/') != std::string::npos || !runner.empty()) {
      found.push_back({in_folder(cwd, word), runner});
    } else if (is_program && !is_wrapper(name)) {
      add_by_name(word, path, found);
    }
    const bool is_sourced = i == 0 && (word == "." || word == "source");
    runner = is_sourced                           ? "sh"
             : is_shell(name) || is_foreign(name) ? base_name(words[i].pieces.front())
                                                  : std::string_view();
    is_program = is_program && is_wrapper(name);
  }
  return found;
}

/// What it is at one of a text's commands.
class Variables {
 public:
  /// The text of a file that is read in place; null: it is not known.
  using Sourced = std::function<const ShellText*(const std::string& path)>;

  /// \param outer  the environment of the shell that reads the text.
  Variables(const Values& outer, const std::vector<Assignment>& assignments, Sourced sourced)
      : values_(outer), exported_(outer), assignments_(assignments), sourced_(std::move(sourced)) {}

  Values& at(std::size_t command) {
    of_command_.clear();
    for (; next_ < assignments_.size() && assignments_[next_].place <= command; ++next_) {
      take(assignments_[next_], assignments_, command, 0);
    }
    return values_;
  }
  /// Of that command's environment; empty: it has none, or only the run knows it.
  [[nodiscard]] std::string exported(std::string_view name) const {
    for (const auto& [given, value] : of_command_) {
      if (given == name) {
        return value.value_or(std::string());
      }
    }
    const auto found = exported_.find(name);
    return found == exported_.end() ? std::string() : found->second;
  }
  /// What that command gets of them, if it is a program.
  [[nodiscard]] Values environment() const {
    Values given = exported_;
    for (const auto& [name, value] : of_command_) {
      set(given, name, value);
    }
    return given;
  }

 private:
  using Reach = Assignment::Reach;
  using MaybeText = std::optional<std::string>;

  /// \param all  of the text that it stands in.
  void take(const Assignment& one, const std::vector<Assignment>& all, std::size_t command,
            int depth) {
    if (one.name.empty()) {
      const MaybeText path = value_of(one);
      const ShellText* const text = path && depth < kDeepestSourced ? sourced_(*path) : nullptr;
      if (text == nullptr) {
        forget_all();
        return;
      }
      for (const Assignment& inner : text->assignments) {
        if (inner.reach != Reach::command) {
          take(inner, text->assignments, command, depth + 1);
        }
      }
      return;
    }
    const auto known = values_.find(one.name);
    if (one.reach == Reach::mark) {
      set(exported_, one.name, known == values_.end() ? MaybeText() : MaybeText(known->second));
      return;
    }
    if (one.reach == Reach::command) {
      if (one.place == command) {
        of_command_.emplace_back(one.name, value_of(one));
      }
      return;
    }
    const MaybeText value = is_sole(one, all) ? value_of(one) : MaybeText();
    if (one.reach == Reach::exported || exported_.contains(one.name)) {
      set(exported_, one.name, value);
    }
    set(values_, one.name, value);
  }

  /// Nothing: only the run knows it.
  [[nodiscard]] MaybeText value_of(const Assignment& one) const {
    const auto value = one.value ? with_values(*one.value, values_) : std::nullopt;
    return value && value->is_plain() ? MaybeText(value->pieces.front()) : MaybeText();
  }

  static bool is_sole(const Assignment& one, const std::vector<Assignment>& all) {
    return std::count_if(all.begin(), all.end(), [&one](const Assignment& other) {
             return other.name == one.name && other.reach != Reach::mark &&
                    other.reach != Reach::command;
           }) == 1;
  }

  static void set(Values& values, const std::string& name, const MaybeText& value) {
    if (value) {
      values.insert_or_assign(name, *value);
    } else {
      values.erase(name);
    }
  }

  /// Homes stay.
  void forget_all() {
    for (Values* const values : {&values_, &exported_}) {
      std::erase_if(*values, [](const auto& value) { return !value.first.starts_with('~'); });
    }
  }

  Values values_;
  Values exported_;
  std::vector<std::pair<std::string, MaybeText>> of_command_;
  const std::vector<Assignment>& assignments_;
  Sourced sourced_;
  std::size_t next_ = 0;
};

bool is_sourcing(const Words& words) {
  return words.front().matches(".") || words.front().matches("source");
}

}  // namespace

std::string in_folder(const std::string& folder, std::string_view path) {
  if (path.starts_with('/')) {
    return std::string(path);
  }
  while (path.starts_with("./")) {
    path.remove_prefix(2);
  }
  return !folder.starts_with('/') ? std::string()
         : folder.ends_with('/')  ? folder + std::string(path)
                                  : folder + "/" + std::string(path);
}

Words resolved(const Words& words, const Values& values) {
  Words made;
  for (const Word& word : words) {
    if (const auto parts = split_value(word, values)) {
      for (const std::string& part : *parts) {
        made.push_back({{part}, false});
      }
    } else {
      made.push_back(with_values(word, values).value_or(word));
    }
  }
  return made;
}

Steps::Steps(const input::Tree& image, const Inventory& inventory)
    : reader_(image, bounds_, scratch_) {
  for (const Account& account : inventory.accounts) {
    homes_.try_emplace(account.name, account.home);
  }
  for (const Account& account : inventory.homes) {
    homes_.try_emplace(account.name, account.home);
  }
}

std::string Steps::home_of(std::string_view user) const {
  const auto found = homes_.find(user);
  return found == homes_.end() ? std::string() : found->second;
}

void Steps::add_homes(const Words& words, Values& values) const {
  for (const Word& word : words) {
    for (const std::string& name : word.names) {
      if (name.size() > 1 && name.starts_with('~')) {
        const std::string home = home_of(std::string_view(name).substr(1));
        if (!home.empty()) {
          values.insert_or_assign(name, home);
        }
      }
    }
  }
}

Steps::Place Steps::begin(const Artefact& artefact) const {
  Place place;
  place.as.user = artefact.user;
  place.variables = artefact.variables;
  const bool is_cron = artefact.kind == Kind::cron;
  place.variables.try_emplace(
      "PATH",
      is_cron ? "/usr/bin:/bin" : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  const std::string home = artefact.user.empty() ? std::string() : home_of(artefact.user);
  const bool has_home = is_cron || artefact.kind == Kind::at ||
                        artefact.kind == Kind::user_service || artefact.kind == Kind::key_command ||
                        artefact.kind == Kind::ssh_rc || artefact.kind == Kind::service;
  if (has_home && !home.empty()) {
    place.variables.try_emplace("HOME", home);
  }
  if (const auto set = place.variables.find("HOME"); set != place.variables.end()) {
    place.variables.try_emplace("~", set->second);
    place.as.cwd = is_cron || artefact.kind == Kind::key_command ? set->second : std::string();
  }
  if (const auto set = artefact.variables.find("PWD"); set != artefact.variables.end()) {
    place.as.cwd = set->second;  // of a unit
  }
  return place;
}

void Steps::follow(const Artefact& artefact, const Use& use) {
  Place place = begin(artefact);
  const bool is_own = artefact.kind == Kind::git_hook || artefact.kind == Kind::ssh_rc;
  if (const ShellText* const text =
          is_own ? script(artefact.path, artefact.kind == Kind::ssh_rc ? "sh" : "") : nullptr;
      text != nullptr) {
    place.script = artefact.path;
    place.depth = 1;
    run(*text, place, use);
    return;
  }
  ShellText text = read_shell(artefact.command);
  if (text.commands != artefact.commands) {  // no shell's: of a unit, with marks of a table's own
    text = {artefact.commands, {}, {}};
  }
  if (!artefact.input.empty() && !text.inputs.empty() && !text.inputs.front().file) {
    text.inputs.front().here = artefact.input;  // of a crontab, behind its %
  }
  run(text, place, use);
}

std::optional<std::string> Steps::text(const std::string& path, const std::string& cwd) {
  const std::string place = in_folder(cwd, path);
  return place.empty() ? std::nullopt : reader_.text(place);
}

void Steps::run(const ShellText& text, const Place& place, const Use& use) {
  As as = place.as;
  std::size_t given = 0;    // commands that another user's shell is given
  std::optional<As> outer;  // what holds behind these
  Variables variables(place.variables, text.assignments, [this, &as](const std::string& path) {
    const std::string at = in_folder(as.cwd, path);
    return at.empty() ? nullptr : script(at, "sh");
  });
  for (std::size_t i = 0; i < text.commands.size(); ++i, ++steps_) {
    if (steps_ >= kMostSteps) {
      has_more_steps_ = true;
      return;
    }
    Values& values = variables.at(i);
    add_homes(text.commands[i], values);
    const Words words = resolved(text.commands[i], values);
    if (given > 0) {
      --given;
    } else if (outer) {
      as = *std::exchange(outer, std::nullopt);
    }
    As at = as;
    if (words.empty()) {
      continue;
    }
    if (const auto other = other_user(words)) {
      at.user = other->user;
      at.cwd = other->logs_in ? home_of(at.user) : at.cwd;
      if (const std::size_t more = count_given(text.commands[i]); more > 0) {
        outer = outer ? outer : as;
        as = at;
        given = std::max(given, more);
      }
    }
    const std::string first = plain(words.front());
    if (is_looker(base_name(first))) {
      continue;
    }
    if (first == "cd") {
      as.cwd = words.size() == 2 && words[1].is_plain() ? in_folder(as.cwd, plain(words[1]))
                                                        : std::string();
      continue;
    }
    const auto variable = [&variables](std::string_view name) { return variables.exported(name); };
    const StandardInput input = i < text.inputs.size() ? text.inputs[i] : StandardInput();
    if (use({words, place.script, at.cwd, at.user, variable, with_values(input, values)})) {
      continue;
    }
    for (const Candidate& one : candidates_of(words, at.cwd, variables.exported("PATH"))) {
      const ShellText* const inner = one.path.empty() ? nullptr : script(one.path, one.given_to);
      if (inner != nullptr && place.depth >= kDeepest) {
        ++deeper_;
      } else if (inner != nullptr) {
        const Values& seen = is_sourcing(words) ? values : variables.environment();
        run(*inner, {seen, at, one.path, place.depth + 1}, use);
      }
    }
  }
}

void Steps::tell_unfollowed(Unfollowed& to) const {
  to.commands += has_more_steps_ ? 1 : 0;
  to.scripts += deeper_;
  to.cut += scratch_.cut;
  to.first_cut = to.first_cut.empty() ? scratch_.first_cut : to.first_cut;
}

const ShellText* Steps::script(const std::string& path, std::string_view given_to) {
  constexpr std::string_view kMark = "#!";
  const auto known = scripts_.find(path);
  if (known != scripts_.end()) {
    return &known->second;
  }
  const std::string begin = reader_.beginning(path, kMark.size());
  if (begin.empty() || (given_to.empty() && begin != kMark)) {
    return nullptr;
  }
  const std::string text = reader_.text(path).value_or(std::string());
  if (text.find('\0') != std::string::npos) {
    return nullptr;
  }
  const std::string_view interpreter = given_to.empty() ? interpreter_of(text) : given_to;
  ShellText read = is_foreign(interpreter)
                       ? ShellText{commands_of_foreign(text, interpreter), {}, {}}
                       : read_shell(text);
  return &scripts_.emplace(path, std::move(read)).first->second;
}

}  // namespace auexfil::artefacts
