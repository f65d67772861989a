#include "auexfil/transfer/tool_finder.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "auexfil/host/paths.hpp"

namespace auexfil::transfer {

ToolFinder::Answers& ToolFinder::answers(host::ProgramIndex image) {
  const std::uint32_t number = programs_.number_of(*tracker_, image);
  if (number >= answers_.size()) {
    answers_.resize(number + 1);
  }
  return answers_[number];
}

bool ToolFinder::make_room() {
  const bool has_forgotten = programs_.make_room();
  if (has_forgotten) {
    answers_.clear();
  }
  return has_forgotten;
}

void ToolFinder::clear() {
  programs_.clear();
  answers_.clear();
}

/// Is it a shell, an interpreter or a wrapper, whose arguments are another program's?
bool ToolFinder::runs_others(host::ProgramIndex image, const std::vector<std::string>& argv) {
  const host::ProgramKind& kind = programs_.of(*tracker_, image).kind;
  if (kind.shell || kind.interpreter || kind.wrapper) {
    return true;
  }
  for (std::size_t i = 1; i < argv.size() && i < 8; ++i) {
    const std::string_view word = std::string_view(argv[i]).substr(0, argv[i].find(' '));
    if (tools_.find_by_name(word, {}) != nullptr && !word.starts_with('/')) {
      return true;  // "su - USER -c 'curl …'"
    }
  }
  return false;
}

/// PROCTITLE is what stands where the arguments stood when the call was made: for a moment after a
/// fork those of the parent, and whatever setproctitle(3) has put there.
/// Source: fs/proc/base.c, get_task_cmdline(); kernel/auditsc.c, audit_log_proctitle().
bool ToolFinder::is_own_title(const host::ExecutedProgram& image,
                              const std::vector<std::string>& argv) const {
  if (argv.empty() || (argv.size() == 1 && argv[0].find(' ') != std::string::npos)) {
    return false;  // "sshd: user@pts/0": a title, no command line
  }
  std::string_view exe = host::base_name(tracker_->text(image.exe));
  std::string_view called = host::base_name(argv.front());
  called.remove_prefix(called.starts_with('-') ? 1 : 0);
  if (called.starts_with('(') && called.ends_with(')')) {
    called = called.substr(1, called.size() - 2);  // the service manager's, before the exec
  }
  if (exe.empty() || called.empty()) {
    return false;
  }
  // python3 is python3.11, nc is nc.openbsd.
  const std::string_view longer = exe.size() > called.size() ? exe : called;
  const std::string_view shorter = exe.size() > called.size() ? called : exe;
  const std::string_view rest = longer.substr(shorter.size());
  if (longer.starts_with(shorter) &&
      (rest.starts_with('.') || rest.find_first_not_of("0123456789.-") == std::string_view::npos)) {
    return true;
  }
  const host::Signs& signs = programs_.signs();
  if (signs.shells.match(exe)) {
    return signs.shells.match(called);  // sh is dash
  }
  return tools_.is_same_program(exe, called);
}

const std::vector<std::string>& ToolFinder::words_of(host::ProgramIndex index) {
  const std::vector<std::string>& argv = programs_.of(*tracker_, index).argv;
  const host::ExecutedProgram& image = tracker_->image(index);
  if (!image.argv_is_title) {
    return argv;
  }
  Answers& known = answers(index);
  if (!known.has_words) {
    known.has_words = true;
    known.own_title = is_own_title(image, argv);
    if (!known.own_title) {
      known.words.emplace();
    } else if (image.argv_cut && argv.size() > 1) {
      known.words.emplace(argv.begin(), argv.end() - 1);
    }
  }
  return known.words ? *known.words : argv;
}

bool ToolFinder::has_own_title(host::ProgramIndex image) {
  static_cast<void>(words_of(image));
  return answers(image).own_title;
}

const std::string& ToolFinder::command_of(host::ProgramIndex image) {
  Answers& known = answers(image);
  if (!known.command) {
    known.command = join_argv(words_of(image));
  }
  return *known.command;
}

const ArgReading& ToolFinder::reading_of(const Tool& tool, host::ProgramIndex image, bool cut) {
  Answers& known = answers(image);
  const auto same = std::find_if(known.readings.begin(), known.readings.end(),
                                 [&](const auto& r) { return r->tool == &tool && r->cut == cut; });
  if (same != known.readings.end()) {
    return (*same)->reading;
  }
  known.readings.push_back(
      std::make_unique<const Reading>(Reading{&tool, cut, read_argv(tool, words_of(image), cut)}));
  return known.readings.back()->reading;
}

const Tool* ToolFinder::tool_of(host::ProgramIndex image) {
  const Tool* const tool = tool_by_argv(image);
  return tool != nullptr && tool->argv_only ? nullptr : tool;
}

const Tool* ToolFinder::tool_by_argv(host::ProgramIndex index) {
  Answers& known = answers(index);
  if (!known.tool) {
    const std::vector<std::string>& argv = words_of(index);
    const Tool* tool = tools_.find_by_name(tracker_->text(tracker_->image(index).exe), argv);
    if (tool == nullptr && !argv.empty() && !runs_others(index, argv)) {
      tool = tools_.find_by_shape(argv);
    }
    known.tool = tool;
  }
  return *known.tool;
}

const Staging* ToolFinder::staging_of(host::ProgramIndex image) {
  Answers& known = answers(image);
  if (!known.staging) {
    const std::string_view program = host::base_name(tracker_->text(tracker_->image(image).exe));
    known.staging = tools_.files().staging_of(program, words_of(image));
  }
  return *known.staging;
}

bool ToolFinder::removes(host::ProgramIndex image) {
  Answers& known = answers(image);
  if (!known.removes) {
    const std::string_view program = host::base_name(tracker_->text(tracker_->image(image).exe));
    known.removes = tools_.files().removes(program, words_of(image));
  }
  return *known.removes;
}

NamedPaths& ToolFinder::named_paths(host::ProgramIndex image, const Tool* tool) {
  constexpr std::size_t kMostKept = 1024;  // bytes: a deep folder stands before each name
  Answers& known = answers(image);
  NamedPaths& kept = tool == nullptr ? known.plain : known.named;
  const host::Symbol folder = tracker_->image(image).cwd;
  if (kept.folder == folder && kept.tool == tool) {
    return kept;
  }
  NamedPaths made{tool, folder, {}, false};
  std::size_t bytes = 0;
  std::string path;
  const std::vector<std::string>& argv = words_of(image);
  for (const std::string_view word :
       tool != nullptr ? local_words(*tool, argv) : plain_words(argv)) {
    if (host::join_path(tracker_->text(folder), word, path) && path.starts_with('/')) {
      bytes += path.size();
      made.paths.push_back(path);
    }
  }
  return (bytes <= kMostKept ? kept : not_kept_) = std::move(made);
}

/// The tool that starts helpers with these arguments.
const Tool* ToolFinder::parent_by_argv(host::ProgramIndex image) {
  Answers& known = answers(image);
  if (!known.parent) {
    known.parent = tools_.find_by_child(programs_.of(*tracker_, image).argv);
  }
  return *known.parent;
}

/// The program above that is a tool, past shells and wrappers, or kNone.
/// \param user  the tool that it is.
host::ProgramIndex ToolFinder::user_of_helper(host::ProgramIndex helper, const Tool*& user) {
  // `sh -c "sudo sh -c 'exec ssh …'"`: past so many, what stands above is a job and not the tool's
  // user.
  constexpr int kMaxShells = 3;
  int shells = 0;
  host::ProgramIndex above = tracker_->image(helper).parent;
  while (above != host::kNone) {
    const host::ExecutedProgram& between = tracker_->image(above);
    if (between.exe == 0 && between.parent != host::kNone) {
      above = between.parent;  // what a process ran before an exec and out of sight: its parent's
      continue;
    }
    user = tool_of(above);
    if (user != nullptr) {
      return above;
    }
    if (shells == 0 && (!tracker_->image(helper).argv_is_title || !words_of(helper).empty())) {
      user = parent_by_argv(helper);
      if (user != nullptr) {
        return above;  // a renamed scp is known by the ssh that it starts
      }
    }
    const std::vector<std::string>& argv = words_of(above);
    const bool passes =
        ((argv.size() >= 3 && argv[1] == "-c") || programs_.of(*tracker_, above).kind.wrapper) &&
        ++shells <= kMaxShells;
    if (!passes) {
      return host::kNone;
    }
    above = between.parent;
  }
  return host::kNone;
}

host::ProgramIndex ToolFinder::top_of(host::ProgramIndex image, const Tool*& tool) {
  constexpr int kMaxClimb = 32;  // ssh through ssh: as many jumps as nobody makes
  tool = tool_of(image);
  host::ProgramIndex top = image;
  for (int step = 0; step < kMaxClimb && tool != nullptr && !tool->works_for.empty(); ++step) {
    const Tool* user = nullptr;
    const host::ProgramIndex above = user_of_helper(top, user);
    const std::vector<std::string>& works_for = tool->works_for;
    if (above == host::kNone ||
        std::find(works_for.begin(), works_for.end(), user->name) == works_for.end()) {
      break;
    }
    top = above;
    tool = user;
  }
  return top;
}

}  // namespace auexfil::transfer
