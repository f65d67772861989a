#include "auexfil/transfer/sudo_commands.hpp"

#include <algorithm>

namespace auexfil::transfer {

bool SudoCommands::add(Command command) {
  if (commands_.size() >= kMost) {
    return false;
  }
  commands_.push_back(std::move(command));
  return true;
}

host::ProgramIndex SudoCommands::take_out(const Tool* tool, const Subject& subject) {
  // sudo writes its record, has PAM open a session, and execs, which takes a slow host seconds; of
  // several processors the later record may have the earlier stamp.
  constexpr audit::TimeMs kSoon = 15'000;
  const auto of_it = std::find_if(commands_.begin(), commands_.end(), [&](const Command& command) {
    const audit::TimeMs after = subject.time - command.subject.time;
    return command.tool == tool && command.subject.auid == subject.auid &&
           command.subject.ses == subject.ses && after > -kSoon && after < kSoon;
  });
  if (of_it == commands_.end()) {
    return host::kNone;
  }
  const host::ProgramIndex image = of_it->image;
  commands_.erase(of_it);
  return image;
}

}  // namespace auexfil::transfer
