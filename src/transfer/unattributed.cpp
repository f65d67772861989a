#include <algorithm>
#include <tuple>

#include "auexfil/transfer/transfer_builder.hpp"

namespace auexfil::transfer {

void BytesByProgram::add(std::string_view program, std::uint64_t bytes) {
  constexpr std::string_view kOthers = "others";
  total_ += bytes;
  auto found = by_program_.find(program);
  if (found == by_program_.end()) {
    const bool full = by_program_.size() >= kMaxPrograms;
    found = by_program_.try_emplace(std::string(full ? kOthers : program)).first;
  }
  found->second += bytes;
}

std::vector<std::pair<std::string, std::uint64_t>> BytesByProgram::programs() const {
  std::vector<std::pair<std::string, std::uint64_t>> programs(by_program_.begin(),
                                                              by_program_.end());
  std::stable_sort(programs.begin(), programs.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return programs;
}

void BytesByProgram::take_off(const BytesByProgram& before) {
  total_ -= std::min(total_, before.total_);
  for (const auto& [program, bytes] : before.by_program_) {
    const auto found = by_program_.find(program);
    if (found != by_program_.end() && found->second > bytes) {
      found->second -= bytes;
    } else if (found != by_program_.end()) {
      by_program_.erase(found);
    }
  }
}

void UnattributedBytes::take_off(const UnattributedBytes& before) {
  surely.take_off(before.surely);
  for (std::size_t i = 0; i < maybe_files.size(); ++i) {
    maybe_files[i].take_off(before.maybe_files[i]);
  }
}

void BytesByProgram::add(const BytesByProgram& others) {
  for (const auto& [program, bytes] : others.by_program_) {
    add(program, bytes);
  }
}

bool Untold::To::operator<(const To& other) const {
  return std::tie(peer, port, tool, program, served) <
         std::tie(other.peer, other.port, other.tool, other.program, other.served);
}

void Untold::Sum::add(const Sum& other) {
  datagrams += other.datagrams;
  messages += other.messages;
  untracked += other.untracked;
  unaudited += other.unaudited;
  silent += other.silent;
  last = std::max(last, other.last);
}

void Untold::add(const To& to, const Sum& sum) {
  constexpr std::size_t kMost = 4096;
  if (sums.size() < kMost || sums.contains(to)) {
    sums[to].add(sum);
  } else {
    sums[{"", std::nullopt, to.tool, "others", to.served}].add(sum);
  }
}

void Untold::add(const Untold& other) {
  connections += other.connections;
  for (const auto& [to, sum] : other.sums) {
    add(to, sum);
  }
}

/// Descriptors are handed down over fork and exec: a program that began in the log may hold what
/// was opened before it, if one of those above it was there already. Daemons close what they have
/// before they start somebody; a shell or a script hands all of it down.
bool TransferBuilder::has_older_shell(host::ProgramIndex image) {
  for (host::ProgramIndex at = tracker_->image(image).parent; at != host::kNone;
       at = tracker_->image(at).parent) {
    const host::ExecutedProgram& program = tracker_->image(at);
    if (!program.begun && program.exe != 0) {
      const host::ProgramKind& kind = finder_.programs().of(*tracker_, at).kind;
      return kind.shell || kind.interpreter;
    }
  }
  return false;
}

/// Are all descriptors of the socket's program from the time of the log? Where opens are audited, a
/// number that nobody opened may have come from whoever was there before.
bool TransferBuilder::is_of_log(const host::Socket& socket) {
  return tracker_->image(socket.owner).begun && !has_older_shell(socket.owner) &&
         !(socket.may_be_passed && tracker_->sees_opens());
}

/// What a person wrote is none of it: only who has a terminal can be one.
void TransferBuilder::add_unattributed(host::ProgramIndex image, std::uint64_t bytes,
                                       bool may_be_file, bool has_left) {
  const host::ExecutedProgram& program = tracker_->image(image);
  if (bytes == 0 || (program.tty != 0 && !has_left &&
                     host::decide_automation(*tracker_, finder_.programs(), image).verdict ==
                         host::Automation::Verdict::attended)) {
    return;
  }
  const std::size_t place =
      may_be_file ? static_cast<std::size_t>(host::class_of(program.auid)) : host::kUserClasses;
  by_exe_[place][program.exe] += bytes;
}

void TransferBuilder::on_unattributed(host::ProgramIndex image, std::uint64_t bytes) {
  add_unattributed(image, bytes, false);
}

void TransferBuilder::flush_unattributed() {
  for (std::size_t i = 0; i < by_exe_.size(); ++i) {
    BytesByProgram& to =
        i < unattributed_.maybe_files.size() ? unattributed_.maybe_files[i] : unattributed_.surely;
    for (const auto& [exe, bytes] : by_exe_[i]) {
      const std::string_view name = host::base_name(tracker_->text(exe));
      to.add(name.empty() ? "unknown programs" : name, bytes);
    }
    by_exe_[i].clear();
  }
}

/// A number that a program got while the log shows every socket that is made is a file.
Doubts& TransferBuilder::settle_doubts(const coverage::AuditVisibility& visibility) {
  doubts_.unattributed = std::move(unattributed_.surely);
  for (std::size_t i = 0; i < unattributed_.maybe_files.size(); ++i) {
    if (!visibility.sockets_of[i] || visibility.lossy) {
      doubts_.unattributed.add(unattributed_.maybe_files[i]);
    }
  }
  unattributed_ = UnattributedBytes{};
  return doubts_;
}

}  // namespace auexfil::transfer
