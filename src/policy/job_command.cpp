#include "job_command.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace auexfil::policy {
namespace {

constexpr std::string_view kBlanks = " \t";

/// A shell with options at most: which commands it ran stands nowhere.
bool is_bare_shell(std::string_view command) {
  constexpr std::array<std::string_view, 9> kShells = {"sh",  "bash", "dash", "ash", "ksh",
                                                       "zsh", "csh",  "tcsh", "fish"};
  const std::size_t end = std::min(command.find_first_of(kBlanks), command.size());
  std::string_view name = command.substr(0, end);
  name.remove_prefix(name.rfind('/') + 1);
  if (name.starts_with('-')) {  // a login shell's
    name.remove_prefix(1);
  }
  if (std::find(kShells.begin(), kShells.end(), name) == kShells.end()) {
    return false;
  }
  command.remove_prefix(end);
  while (!command.empty()) {
    const std::size_t begin = command.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) {
      return true;
    }
    if (command[begin] != '-' && command[begin] != '+') {
      return false;
    }
    command.remove_prefix(std::min(command.find_first_of(kBlanks, begin), command.size()));
  }
  return true;
}

std::string user_of(const facts::Fact& fact) {
  if (fact.uid) {
    return std::to_string(*fact.uid);
  }
  return fact.uid_name.value_or("unknown");
}

}  // namespace

std::string job_command(const facts::Fact& fact) {
  const facts::Program& process = fact.process;
  const std::string& program = fact.script           ? *fact.script
                               : process.exe.empty() ? process.comm
                                                     : process.exe;
  if (!fact.job) {
    return program;
  }
  const std::string& what = fact.job->what;
  if (!what.empty() && !is_bare_shell(what)) {
    return what;
  }
  if (program.empty()) {
    return what;
  }
  return what + (what.empty() ? "" : ": ") + program + " (user " + user_of(fact) + ")";
}

}  // namespace auexfil::policy
