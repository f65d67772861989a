#include <algorithm>
#include <iterator>

#include "auexfil/transfer/book.hpp"

namespace auexfil::transfer {
namespace {

/// Calls other than writes below which a group of programs proves nothing.
constexpr std::uint64_t kSomeCalls = 48;
constexpr std::uint64_t kFewCalls = 16;
constexpr std::uint64_t kLight = 256;  ///< of four busy programs

/// Where all writes are audited, most of what happens is done by programs that write something
/// small now and then. A filter by exe, user or size leaves daemons and shells that start programs
/// and connect, and are never seen to write.
bool nearly_all_write(const host::Tally& tally) {
  return tally.calls >= kSomeCalls && tally.of_writers * 3 >= tally.all * 2;
}
bool most_close(const host::Tally& tally) {
  return tally.of_closers > 0 &&
         (tally.calls < kSomeCalls || tally.of_closers * 2 >= tally.programs);
}

const host::ProgramSeen* find_program(const host::Seen& seen, host::Symbol exe,
                                      std::uint32_t auid) {
  const std::size_t index = host::Seen::program(exe, host::class_of(auid));
  return index < seen.programs.size() ? &seen.programs[index] : nullptr;
}

}  // namespace

ByteSight sight_of(const host::Seen& seen) {
  using audit::Call;
  ByteSight sight;
  sight.seen = &seen;
  std::uint64_t writes = 0;
  std::int64_t smallest = INT64_MAX;
  for (std::size_t i = 0; i < seen.calls.size(); ++i) {
    const auto call = static_cast<Call>(i);
    const host::CallSeen& calls = seen.calls[i];
    if (audit::is_write(call)) {
      writes += calls.events - calls.failed;
      smallest = std::min(smallest, calls.smallest);
    }
    sight.any =
        sight.any || ((audit::is_write(call) || call == Call::sendmmsg) && calls.events > 0);
    sight.reads = sight.reads || (audit::is_read(call) && calls.events > 0);
  }
  const auto has = [&](Call call) { return seen.of(call).events > 0; };
  sight.connects = has(Call::connect);
  // Somewhere on a host a connect fails at once: no nscd, no IPv6, a non-blocking socket.
  constexpr std::uint64_t kSomeConnects = 16;
  sight.pending_connects = sight.connects && (seen.of(Call::connect).failed > 0 ||
                                              seen.of(Call::connect).events < kSomeConnects);
  sight.kinds = has(Call::write) && has(Call::writev) && has(Call::sendto) && has(Call::sendmsg);
  sight.sendto = has(Call::sendto) || has(Call::sendmsg);
  sight.opens = has(Call::openat) || has(Call::open) || has(Call::openat2) || has(Call::creat);
  for (std::size_t i = 0; i < host::kUserClasses; ++i) {
    sight.sockets_of[i] = seen.sockets[i] > 0;
  }
  sight.sendfile = has(Call::sendfile) || has(Call::splice);
  constexpr std::uint64_t kSomeWrites = 50;
  constexpr std::int64_t kNothingBelow = 64;
  sight.sized = writes >= kSomeWrites && smallest > kNothingBelow;
  // An event that is refused whole leaves no gap in the serials (kernel/audit.c
  // audit_log_start()): where some show, more do not.
  std::uint64_t halves = 0;
  for (const host::Loss& loss : seen.losses) {
    const bool is_half = loss.kind == host::Loss::Kind::half_event;
    halves += is_half ? loss.events : 0;
    const bool at_end = is_half && loss.events == 1 &&
                        loss.from >= seen.last - 2000;  // the machine went down between records
    if (!at_end) {
      sight.losses.emplace_back(loss.from, loss.to);
    }
  }
  sight.lossy = halves > 8;
  std::sort(sight.losses.begin(), sight.losses.end());
  for (std::size_t i = 1; i < sight.losses.size(); ++i) {
    sight.losses[i].second = std::max(sight.losses[i].second, sight.losses[i - 1].second);
  }

  host::Tally total;
  std::array<host::Tally, host::kUserClasses> tallies;
  for (std::size_t i = 0; i < seen.programs.size(); ++i) {
    total.add(seen.programs[i]);
    tallies[i % host::kUserClasses].add(seen.programs[i]);
  }
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    total.add(seen.forgotten[i]);
    tallies[i].add(seen.forgotten[i]);
  }
  sight.ends = most_close(total);
  // What opens files would show a number that is used again, whatever closed it. Where clone3 is
  // not called, the libraries are older than close_range (glibc 2.34 brought both).
  sight.ranges = has(Call::close_range) || sight.opens || !has(Call::clone3);
  sight.all = sight.any && !sight.sized && nearly_all_write(total);
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    const host::Tally& tally = tallies[i];
    // Of a few programs one that never writes is too much of all.
    const bool is_light = tally.all < kLight && tally.of_writers > 0;
    sight.all_of[i] =
        sight.all && (tally.calls >= kSomeCalls ? nearly_all_write(tally) || is_light
                                                : tally.writes > 0 || tally.calls < kFewCalls);
  }
  sight.all = std::all_of(sight.all_of.begin(), sight.all_of.end(), [](bool all) { return all; });
  return sight;
}

bool ByteSight::lost_between(audit::TimeMs from, audit::TimeMs to) const {
  constexpr audit::TimeMs kNear = 1000;
  const auto behind =
      std::upper_bound(losses.begin(), losses.end(), to + kNear,
                       [](audit::TimeMs time, const auto& loss) { return time < loss.first; });
  return behind != losses.begin() && std::prev(behind)->second >= from - kNear;
}

bool ByteSight::whole(host::Symbol exe, std::uint32_t auid, bool small_out, bool is_32) const {
  if (!any || sized || (is_32 && seen->writes_32 == 0)) {
    return false;
  }
  const host::ProgramSeen* const program = find_program(*seen, exe, auid);
  return small_out || (program != nullptr && program->small_writes > 0) ||
         all_of[static_cast<std::size_t>(host::class_of(auid))];
}

bool ByteSight::closes(host::Symbol exe, std::uint32_t auid) const {
  return ranges && closes_one_by_one(exe, auid);
}

bool ByteSight::closes_one_by_one(host::Symbol exe, std::uint32_t auid) const {
  const host::ProgramSeen* const program = find_program(*seen, exe, auid);
  return (program != nullptr && program->closes > 0) ||
         (ends && (program == nullptr || program->events - program->writes < kFewCalls));
}

}  // namespace auexfil::transfer
