#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/host/model.hpp"
#include "auexfil/transfer/tools.hpp"

namespace auexfil::transfer {

/// Transfer tools that sudo's own record (USER_CMD) says it ran: all there is of them on a host
/// without rules. Where the execve is in the log as well, it takes the record's place.
class SudoCommands {
 public:
  /// A record is of a person or a job at work: a host that reaches this is flooded. With the words
  /// of a command some 20 MB.
  static constexpr std::size_t kMost = std::size_t{1} << 16;

  /// Who ran a command, and when.
  struct Subject {
    std::uint32_t auid{};
    std::uint32_t ses{};
    audit::TimeMs time{};
  };
  struct Command {
    host::ProgramIndex image{};  ///< pinned by who adds it
    const Tool* tool = nullptr;
    std::vector<std::string> words;  ///< the tool's own, without what only runs it
    Subject subject;
  };

  /// \return false: no room.
  [[nodiscard]] bool add(Command command);
  /// Takes out the command that an execve of `tool` by this subject is, the oldest of several.
  /// \return its image, or kNone.
  [[nodiscard]] host::ProgramIndex take_out(const Tool* tool, const Subject& subject);

  [[nodiscard]] bool empty() const { return commands_.empty(); }
  [[nodiscard]] std::vector<Command>& all() { return commands_; }

 private:
  std::vector<Command> commands_;
};

}  // namespace auexfil::transfer
