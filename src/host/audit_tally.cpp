#include "auexfil/host/audit_tally.hpp"

#include <iterator>

#include "abi.hpp"
#include "auexfil/audit/assembler.hpp"

namespace auexfil::host {
namespace {

using audit::Call;

constexpr std::size_t kMaxLosses = 4096;
constexpr audit::TimeMs kJoinLosses = 5000;

/// Records that only describe the syscall. Any other record in an event is a reason of its own for
/// the event to be logged (doc/records.md 11), so that the call is no sign of a rule.
bool describes_syscall(std::uint16_t type) {
  namespace t = audit::type;
  switch (type) {
    case t::kSyscall:
    case t::kPath:
    case t::kIpc:
    case t::kSocketcall:
    case t::kSockaddr:
    case t::kCwd:
    case t::kExecve:
    case t::kFdPair:
    case t::kEoe:
    case t::kMmap:
    case t::kProctitle:
    case 1321:  // BPRM_FCAPS
    case 1318:  // OBJ_PID
    case 1337:  // OPENAT2
      return true;
    default:
      return false;
  }
}

}  // namespace

void AuditTally::note_loss(Loss::Kind kind, audit::TimeMs from, audit::TimeMs to,
                           std::uint64_t missing) {
  if (losses.size() < kMaxLosses &&
      (losses.empty() || losses.back().kind != kind || from > losses.back().to + kJoinLosses)) {
    losses.push_back({from, to, missing, kind});
    return;
  }
  losses.back().to = std::max(losses.back().to, to);
  losses.back().from = std::min(losses.back().from, from);
  losses.back().events += missing;
}

void AuditTally::note_order(const audit::Event& event) {
  ++events;
  if (first == 0 || event.stamp.time < first) {
    first = event.stamp.time;
  }
  const audit::TimeMs before = last;
  if (is_off) {
    is_off = false;
    note_loss(Loss::Kind::auditing_off, last, event.stamp.time, 0);
  }
  last = std::max(last, event.stamp.time);
  const std::uint16_t type = event.records.empty() ? std::uint16_t{0} : event.records.front()->type;
  if (type >= audit::type::kDaemonStart && type <= audit::type::kDaemonLast) {
    return;  // a counter of auditd's own
  }
  const auto step =
      static_cast<std::int32_t>(event.stamp.serial - static_cast<std::uint32_t>(expected_serial));
  if (expected_serial != 0 && step > 0) {
    ++gaps;
    gap_serials += static_cast<std::uint64_t>(step);
    note_loss(Loss::Kind::serial_gap, before, event.stamp.time, static_cast<std::uint64_t>(step));
  }
  if (expected_serial == 0 || step >= 0) {
    expected_serial = std::uint64_t{event.stamp.serial} + 1;
  }
}

void AuditTally::note_call(const audit::Event& event, Call call, const audit::Syscall& args,
                           Symbol exe, std::uint32_t auid) {
  for (const audit::Record* record : event.records) {
    if (!describes_syscall(record->type)) {
      return;
    }
  }
  CallTally& seen = of(call);
  ++seen.events;
  if (args.has_exit && args.exit < 0) {
    ++seen.failed;
  } else if (args.has_exit && args.exit > 0) {
    seen.smallest = std::min(seen.smallest, args.exit);
  }
  const UserClass users = class_of(auid);
  sockets[static_cast<std::size_t>(users)] += call == Call::socket ? 1U : 0U;
  const std::size_t index = AuditTally::program(exe, users);
  if (index >= programs.size()) {
    programs.resize(index + 64 * kUserClasses);
  }
  ProgramTally& of_program = programs[index];
  ++of_program.events;
  if (call == Call::close || call == Call::close_range) {
    ++of_program.closes;
  } else if (call == Call::connect) {
    of_program.connects +=
        args.has_exit && (args.exit == 0 || args.exit == -abi::kInProgress) ? 1U : 0U;
  } else if (audit::is_write(call) || call == Call::sendmmsg) {
    ++of_program.writes;
    writes_32 += (args.arch & abi::kArch64Bit) == 0 ? 1U : 0U;
    const bool asks_for_little = (call != Call::write && call != Call::sendto &&
                                  call != Call::send && call != Call::pwrite) ||
                                 args.a[2] <= kSmallWrite;
    of_program.small_writes +=
        args.exit > 0 && args.exit <= kSmallWrite && asks_for_little ? 1U : 0U;
  }
}

void AuditTally::note_unknown_arch(std::uint32_t arch) {
  constexpr std::size_t kMostArchs = 8;
  auto at = std::find_if(unknown_archs.begin(), unknown_archs.end(),
                         [&](const UnknownArch& known) { return known.arch == arch; });
  if (at == unknown_archs.end() && unknown_archs.size() < kMostArchs) {
    unknown_archs.push_back({arch, 0});
    at = std::prev(unknown_archs.end());
  }
  ++(at == unknown_archs.end() ? unknown_archs.back() : *at).calls;
}

void AuditTally::note_title(const audit::Event& event) {
  if (!event.title().empty()) {
    ++with_proctitle;
    return;
  }
  ++without_proctitle;
  if (with_proctitle > 0) {
    note_loss(Loss::Kind::half_event, event.stamp.time, event.stamp.time, 1);
  }
}

void AuditTally::note_lost_count(std::int64_t count, audit::TimeMs time) {
  if (count > 0) {
    // Some time since the counter was last at 0.
    note_loss(Loss::Kind::counter, counted_since == 0 ? first : counted_since, time,
              static_cast<std::uint64_t>(count));
  }
  counted_since = time;
}

void AuditTally::note_off(audit::TimeMs time) {
  note_loss(Loss::Kind::auditing_off, time, time, 0);
  is_off = true;
}

void AuditTally::forget_programs(const std::vector<bool>& live) {
  for (std::size_t i = 0; i < programs.size(); ++i) {
    ProgramTally& one = programs[i];
    const std::size_t exe = i / kUserClasses;
    if (one.events > 0 && exe < live.size() && !live[exe]) {
      forgotten[i % kUserClasses].add(one);
      one = ProgramTally{};
    }
  }
}

}  // namespace auexfil::host
