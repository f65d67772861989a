#include "auexfil/coverage/visibility.hpp"

#include <algorithm>
#include <iterator>

namespace auexfil::coverage {
namespace {

/// Calls other than writes below which a group of programs proves nothing.
constexpr std::uint64_t kSomeCalls = 48;
constexpr std::uint64_t kFewCalls = 16;
constexpr std::uint64_t kLight = 256;  ///< of four busy programs

/// Where all writes are audited, most of what happens is done by programs that write something
/// small now and then. A filter by exe, user or size leaves daemons and shells that start programs
/// and connect, and are never tally to write.
bool nearly_all_write(const host::GroupTally& tally) {
  return tally.calls >= kSomeCalls && tally.of_writers * 3 >= tally.all * 2;
}
bool most_close(const host::GroupTally& tally) {
  return tally.of_closers > 0 &&
         (tally.calls < kSomeCalls || tally.of_closers * 2 >= tally.programs);
}

const host::ProgramTally* find_program(const host::AuditTally& tally, host::Symbol exe,
                                       std::uint32_t auid) {
  const std::size_t index = host::AuditTally::program(exe, host::class_of(auid));
  return index < tally.programs.size() ? &tally.programs[index] : nullptr;
}

bool has(const host::AuditTally& tally, audit::Call call) {
  return tally.of(call).events > 0;
}

/// Which calls are audited, by those that are in the log.
void see_calls(const host::AuditTally& tally, AuditVisibility& visibility) {
  using audit::Call;
  std::uint64_t writes = 0;
  std::int64_t smallest = INT64_MAX;
  for (std::size_t i = 0; i < tally.calls.size(); ++i) {
    const auto call = static_cast<Call>(i);
    const host::CallTally& calls = tally.calls[i];
    if (audit::is_write(call)) {
      writes += calls.events - calls.failed;
      smallest = std::min(smallest, calls.smallest);
    }
    visibility.some_writes =
        visibility.some_writes ||
        ((audit::is_write(call) || call == Call::sendmmsg) && calls.events > 0);
    visibility.reads = visibility.reads || (audit::is_read(call) && calls.events > 0);
  }
  // Somewhere on a host a connect fails at once: no nscd, no IPv6, a non-blocking socket.
  constexpr std::uint64_t kSomeConnects = 16;
  const host::CallTally& connects = tally.of(Call::connect);
  visibility.connects = connects.events > 0;
  visibility.pending_connects =
      visibility.connects && (connects.failed > 0 || connects.events < kSomeConnects);
  visibility.kinds = has(tally, Call::write) && has(tally, Call::writev) &&
                     has(tally, Call::sendto) && has(tally, Call::sendmsg);
  visibility.read_kinds =
      has(tally, Call::read) && has(tally, Call::recvfrom) && has(tally, Call::recvmsg);
  visibility.sendto = has(tally, Call::sendto) || has(tally, Call::sendmsg);
  visibility.opens = has(tally, Call::openat) || has(tally, Call::open) ||
                     has(tally, Call::openat2) || has(tally, Call::creat);
  for (std::size_t i = 0; i < host::kUserClasses; ++i) {
    visibility.sockets_of[i] = tally.sockets[i] > 0;
  }
  visibility.sendfile = has(tally, Call::sendfile) || has(tally, Call::splice);
  // What opens files would show a number that is used again, whatever closed it. Where clone3 is
  // not called, the libraries are older than close_range (glibc 2.34 brought both).
  visibility.ranges =
      has(tally, Call::close_range) || visibility.opens || !has(tally, Call::clone3);
  // Of so many writes one is small, unless a rule asks for large ones (a2>…).
  constexpr std::uint64_t kSomeWrites = 50;
  constexpr std::int64_t kNothingBelow = 64;
  visibility.sized = writes >= kSomeWrites && smallest > kNothingBelow;
}

/// When records were lost.
void see_losses(const host::AuditTally& tally, AuditVisibility& visibility) {
  constexpr audit::TimeMs kGoingDown = 2000;
  constexpr std::uint64_t kSomeHalves = 8;  // a few are lost where the log was rotated or cut
  // An event that is refused whole leaves no gap in the serials (kernel/audit.c
  // audit_log_start()): where some show, more do not.
  std::uint64_t halves = 0;
  for (const host::Loss& loss : tally.losses) {
    const bool is_half = loss.kind == host::Loss::Kind::half_event && tally.is_told(loss);
    halves += is_half ? loss.events : 0;
    const bool at_end =
        is_half && loss.events == 1 &&
        loss.from >= tally.last - kGoingDown;  // the machine went down between records
    if (!at_end) {
      visibility.losses.emplace_back(loss.from, loss.to);
    }
  }
  for (const host::Ceased& ceased : tally.ceased.all()) {
    visibility.losses.emplace_back(ceased.from, ceased.to);
  }
  visibility.lossy = halves > kSomeHalves;
  std::sort(visibility.losses.begin(), visibility.losses.end());
  for (std::size_t i = 1; i < visibility.losses.size(); ++i) {
    visibility.losses[i].second =
        std::max(visibility.losses[i].second, visibility.losses[i - 1].second);
  }
}

/// Of whom writes and ends of descriptors are audited, by how many programs write and close.
void see_programs(const host::AuditTally& tally, AuditVisibility& visibility) {
  host::GroupTally total;
  std::array<host::GroupTally, host::kUserClasses> tallies;
  for (std::size_t i = 0; i < tally.programs.size(); ++i) {
    total.add(tally.programs[i]);
    tallies[i % host::kUserClasses].add(tally.programs[i]);
  }
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    total.add(tally.forgotten[i]);
    tallies[i].add(tally.forgotten[i]);
  }
  visibility.closes_seen = most_close(total);
  visibility.all_writes = visibility.some_writes && !visibility.sized && nearly_all_write(total);
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    const host::GroupTally& group = tallies[i];
    // Of a few programs one that never writes is too much of all.
    const bool is_light = group.all < kLight && group.of_writers > 0;
    visibility.all_writes_of[i] =
        visibility.all_writes &&
        (group.calls >= kSomeCalls ? nearly_all_write(group) || is_light
                                   : group.writes > 0 || group.calls < kFewCalls);
  }
  visibility.all_writes = std::all_of(visibility.all_writes_of.begin(),
                                      visibility.all_writes_of.end(), [](bool all) { return all; });
}

}  // namespace

AuditVisibility visibility_of(const host::AuditTally& tally) {
  AuditVisibility visibility;
  visibility.tally = &tally;
  see_calls(tally, visibility);
  see_losses(tally, visibility);
  see_programs(tally, visibility);
  return visibility;
}

bool AuditVisibility::lost_between(audit::TimeMs from, audit::TimeMs to) const {
  constexpr audit::TimeMs kNear = 1000;
  const auto behind =
      std::upper_bound(losses.begin(), losses.end(), to + kNear,
                       [](audit::TimeMs time, const auto& loss) { return time < loss.first; });
  return behind != losses.begin() && std::prev(behind)->second >= from - kNear;
}

bool AuditVisibility::sees_all_writes(host::Symbol exe, std::uint32_t auid, bool small_out,
                                      bool is_32) const {
  if (!some_writes || sized || (is_32 && tally->writes_32 == 0)) {
    return false;
  }
  const host::ProgramTally* const program = find_program(*tally, exe, auid);
  return small_out || (program != nullptr && program->small_writes > 0) ||
         all_writes_of[static_cast<std::size_t>(host::class_of(auid))];
}

bool AuditVisibility::never_sends(host::Symbol exe, std::uint32_t auid) const {
  const host::ProgramTally* const program = find_program(*tally, exe, auid);
  return program != nullptr && program->connects > 0 && program->writes == 0;
}

bool AuditVisibility::is_mute(host::Symbol exe, std::uint32_t auid) const {
  return closes_seen && tally->is_mute(exe, auid);
}

bool AuditVisibility::closes(host::Symbol exe, std::uint32_t auid) const {
  return ranges && closes_one_by_one(exe, auid);
}

bool AuditVisibility::closes_one_by_one(host::Symbol exe, std::uint32_t auid) const {
  const host::ProgramTally* const program = find_program(*tally, exe, auid);
  return (program != nullptr && program->closes > 0) ||
         (closes_seen && (program == nullptr || program->events - program->writes < kFewCalls));
}

}  // namespace auexfil::coverage
