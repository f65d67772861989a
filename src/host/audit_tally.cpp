#include "auexfil/host/audit_tally.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "abi.hpp"
#include "auexfil/audit/assembler.hpp"
#include "auexfil/input/state_io.hpp"

namespace auexfil::host {
namespace {

using audit::Call;

/// Past it a loss is joined to the last one: the stretch in doubt grows, and nothing is dropped.
constexpr std::size_t kMaxLosses = 4096;
/// A kernel serves three at most (x86-64 with its i386 and x32); more are damage, counted together.
constexpr std::size_t kMostArchs = 8;
/// While a queue overflows, gaps alternate with a few records that got through: one loss.
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
  if (from > to) {
    std::swap(from, to);  // a clock that was set back, or lines in another order
  }
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
  if (is_off) {
    is_off = false;
    note_loss(Loss::Kind::auditing_off, last, event.stamp.time, 0);
  }
  last = std::max(last, event.stamp.time);
  newest = event.stamp.time;
  const std::uint16_t type = event.records.empty() ? std::uint16_t{0} : event.records.front()->type;
  if (audit::type::is_daemons(type)) {
    return;  // a counter of auditd's own, and a time at which the kernel may have been heard no
             // more
  }
  const audit::TimeMs before = last_numbered == 0 ? last : last_numbered;
  last_numbered = std::max(last_numbered, event.stamp.time);
  const auto step =
      static_cast<std::int32_t>(event.stamp.serial - static_cast<std::uint32_t>(expected_serial));
  if (expected_serial != 0 && step > 0) {
    ++gaps;
    gap_serials += static_cast<std::uint64_t>(step);
    note_loss(Loss::Kind::serial_gap, before, event.stamp.time, static_cast<std::uint64_t>(step));
    passed_over.skip(expected_serial, expected_serial + static_cast<std::uint64_t>(step), before);
  } else if (expected_serial != 0 && step < 0) {
    const auto skipped = passed_over.fill(expected_serial - static_cast<std::uint64_t>(-step));
    if (skipped) {
      take_back_loss(*skipped);
    }
  }
  if (expected_serial == 0 || step >= 0) {
    expected_serial = std::uint64_t{event.stamp.serial} + 1;
  }
}

/// A serial came that was taken for lost.
/// \param before  where the gap that it is of begins
void AuditTally::take_back_loss(audit::TimeMs before) {
  gap_serials -= std::min<std::uint64_t>(gap_serials, 1);
  const auto loss = std::find_if(losses.rbegin(), losses.rend(), [&](const Loss& one) {
    return one.kind == Loss::Kind::serial_gap && one.from <= before && before <= one.to;
  });
  if (loss != losses.rend() && --loss->events == 0) {
    losses.erase(std::next(loss).base());
  }
}

void AuditTally::note_call(const audit::Event& event, Call call, const audit::Syscall& args,
                           Symbol exe, std::uint32_t auid) {
  for (const audit::Record* record : event.records) {
    if (!describes_syscall(record->type)) {
      return;
    }
  }
  rules.note_call(call);
  CallTally& seen = of(call);
  ++seen.events;
  if (args.has_exit && args.exit < 0) {
    ++seen.failed;
  } else if (args.has_exit && args.exit > 0) {
    seen.smallest = std::min(seen.smallest, args.exit);
  }
  const UserClass who = class_of(auid);
  sockets[static_cast<std::size_t>(who)] += call == Call::socket ? 1U : 0U;
  const std::size_t index = AuditTally::program(exe, who);
  if (index >= programs.size()) {
    programs.resize(index + 64 * kUserClasses);
  }
  ProgramTally& of_program = programs[index];
  ++of_program.events;
  if (call == Call::close || call == Call::close_range) {
    ++of_program.closes;
  } else if (call == Call::execve || call == Call::execveat) {
    ceased.note(Ceased::Kind::exec, event.stamp.time);
  } else if (call == Call::connect) {
    ceased.note(Ceased::Kind::connect, event.stamp.time);
    if (args.has_exit && (args.exit == 0 || args.exit == -abi::kInProgress)) {
      ++of_program.connects;
      of_program.starts_to_connect = of_program.starts;
    }
  } else if (audit::is_write(call) || call == Call::sendmmsg) {
    ++of_program.writes;
    of_program.starts_to_write = of_program.starts;
    ceased.note(Ceased::Kind::bytes, event.stamp.time);
    writes_32 += (args.arch & abi::kArch64Bit) == 0 ? 1U : 0U;
    const bool asks_for_little = (call != Call::write && call != Call::sendto &&
                                  call != Call::send && call != Call::pwrite) ||
                                 args.a[2] <= kSmallWrite;
    of_program.small_writes +=
        args.exit > 0 && args.exit <= kSmallWrite && asks_for_little ? 1U : 0U;
  }
}

void AuditTally::note_child(Symbol exe, std::uint32_t auid, std::uint32_t ProgramTally::*what,
                            bool less) {
  const std::size_t index = program(exe, class_of(auid));
  if (index < programs.size()) {
    std::uint32_t& number = programs[index].*what;
    number = less ? number - std::min(number, 1U) : number + 1;
  }
}

void AuditTally::note_start(Symbol exe, std::uint32_t auid, audit::TimeMs time) {
  users.note_start(auid, time);
  const std::size_t index = program(exe, class_of(auid));
  if (index >= programs.size()) {
    return;
  }
  ProgramTally& one = programs[index];
  // Of those that did so nearly each time, as long as they did: a shell may do it once a year.
  constexpr std::uint64_t kSome = 4;
  const auto is_usual = [](std::uint64_t times, std::uint64_t starts) {
    return times >= kSome && 4 * times >= 3 * starts;
  };
  if (is_usual(one.writes, one.starts_to_write)) {
    ceased.note_occasion(Ceased::Kind::bytes);
  }
  if (is_usual(one.connects, one.starts_to_connect)) {
    ceased.note_occasion(Ceased::Kind::connect);
  }
  ++one.starts;
}

void AuditTally::note_unknown_arch(std::uint32_t arch) {
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

bool AuditTally::note_told_loss(audit::TimeMs from, audit::TimeMs to, std::uint64_t records) {
  if (events == 0 || to < first - kJoinLosses || from > last + kJoinLosses) {
    return false;
  }
  const auto shown = std::find_if(losses.begin(), losses.end(), [&](const Loss& one) {
    return (one.kind == Loss::Kind::serial_gap || one.kind == Loss::Kind::counter) &&
           one.from <= to + kJoinLosses && from <= one.to + kJoinLosses;
  });
  if (shown != losses.end()) {
    shown->from = std::min(shown->from, from);
    shown->to = std::max(shown->to, to);
    shown->events = std::max(shown->events, records);
  } else if (losses.size() < kMaxLosses) {
    const auto behind =
        std::upper_bound(losses.begin(), losses.end(), from,
                         [](audit::TimeMs time, const Loss& one) { return time < one.from; });
    losses.insert(behind, {from, to, records, Loss::Kind::counter});
  } else {
    losses.back().to = std::max(losses.back().to, to);
    losses.back().from = std::min(losses.back().from, from);
    losses.back().events += records;
  }
  return true;
}

void AuditTally::note_off(audit::TimeMs time) {
  note_loss(Loss::Kind::auditing_off, time, time, 0);
  is_off = true;
}

std::uint8_t AuditTally::kinds() const {
  constexpr std::uint64_t kOften = 16;  // so many times, and so much of all that carry bytes
  std::uint64_t writes = 0;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    writes += (kinds_of(static_cast<Call>(i)) & kind::kBytes) != 0 ? calls[i].events : 0;
  }
  unsigned kinds = 0;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const std::uint64_t times = calls[i].events;
    const unsigned of_call = times > 0 ? kinds_of(static_cast<Call>(i)) : 0U;
    const bool is_often = times >= kOften && times * kOften >= writes;
    kinds |= is_often ? of_call : of_call & (kind::kExec | kind::kConnect | kind::kBytes);
  }
  return static_cast<std::uint8_t>(kinds);
}

void AuditTally::note_rule(const RuleEdit& edit, audit::TimeMs time) {
  if (rules.is_new_change(time)) {
    settle_rules(time);
  }
  rules.note(edit, time, kinds());
}

void AuditTally::settle_rules(audit::TimeMs time) {
  if (const auto from = rules.settle(time)) {
    note_loss(Loss::Kind::rules_removed, *from, std::max(*from, time), 0);
  }
}

bool AuditTally::is_told(const Loss& loss) const {
  const bool goes_on = is_off && loss.kind == Loss::Kind::auditing_off && loss.to >= last;
  return loss.to >= since || goes_on;
}

void AuditTally::tell_since(audit::TimeMs time) {
  since = std::max(since, time);
  const auto is_old = [this](const Loss& loss) { return !is_told(loss); };
  const auto first_old = std::find_if(losses.begin(), losses.end(), is_old);
  if (first_old != losses.end()) {
    Loss joined = *first_old;
    joined.events = 0;
    for (const Loss& loss : losses) {
      if (is_old(loss)) {
        joined.from = std::min(joined.from, loss.from);
        joined.to = std::max(joined.to, loss.to);
        joined.events += loss.events;
      }
    }
    std::erase_if(losses, is_old);
    losses.insert(losses.begin(), joined);
  }
  rules.forget_before(since);
  ceased.join_before(since);
  users.forget_before(since);
}

void HiddenTally::take_off(const HiddenTally& before) {
  // A state may have been written by anybody.
  const auto take = [](std::uint64_t& from, std::uint64_t what) { from -= std::min(from, what); };
  take(events, before.events);
  take(gap_serials, before.gap_serials);
  for (std::size_t i = 0; i < families.size(); ++i) {
    // Its connects say what the rules ask for.
    take(families[i].nameless, before.families[i].nameless);
    take(families[i].nameless_bytes, before.families[i].nameless_bytes);
  }
  take(connects_without_address, before.connects_without_address);
  take(calls_without_arguments, before.calls_without_arguments);
  take(unopened_sends, before.unopened_sends);
  take(async_programs, before.async_programs);
  take(ring_operations, before.ring_operations);
  for (const UnknownArch& old : before.unknown_archs) {
    for (UnknownArch& now : unknown_archs) {
      take(now.calls, now.arch == old.arch ? old.calls : 0);
    }
  }
  std::erase_if(unknown_archs, [](const UnknownArch& one) { return one.calls == 0; });
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

void AuditTally::mark_programs(std::vector<bool>& live) const {
  for (std::size_t i = 0; i < programs.size(); ++i) {
    if (programs[i].events > 0) {
      live[i / kUserClasses] = true;
    }
  }
}

namespace {

constexpr std::size_t kMaxName = 256;  // bytes of a user's name: LOGIN_NAME_MAX

/// Most programs of most users have done nothing: those that have, with their numbers.
template <typename Io>
void walk_programs(Io& io, std::vector<ProgramTally>& programs, std::size_t symbols) {
  const std::size_t most = (symbols + 64) * kUserClasses;
  std::size_t size = programs.size();
  io.below(size, most + 1);
  std::vector<std::size_t> busy;
  if constexpr (Io::kReads) {
    programs.resize(size);
  } else {
    for (std::size_t i = 0; i < size; ++i) {
      if (programs[i].events > 0) {
        busy.push_back(i);
      }
    }
  }
  io.list(busy, size, [&](std::size_t& number) {
    io.below(number, size);
    programs[number].walk(io);
  });
}

template <typename Io>
void walk_names(Io& io, std::unordered_map<std::uint32_t, std::string>& names, std::size_t most) {
  std::vector<std::pair<std::uint32_t, std::string>> all(names.begin(), names.end());
  std::sort(all.begin(), all.end());
  io.list(all, most, [&](auto& one) {
    io.number(one.first);
    io.text(one.second, kMaxName);
  });
  if constexpr (Io::kReads) {
    names.insert(all.begin(), all.end());
  }
}

}  // namespace

template <typename Io>
void HiddenTally::walk(Io& io) {
  for (FamilyTally& family : families) {
    family.walk(io);
  }
  io.numbers(events, gap_serials, connects_without_address, calls_without_arguments, unopened_sends,
             async_programs, ring_operations);
  io.list(unknown_archs, kMostArchs, [&](UnknownArch& one) { io.numbers(one.arch, one.calls); });
}

template void HiddenTally::walk(input::StateWriter&);
template void HiddenTally::walk(input::StateReader&);

template <typename Io>
void AuditTally::walk(Io& io, std::size_t symbols, std::size_t max_users) {
  const auto each = [&](auto& parts) {
    for (auto& part : parts) {
      part.walk(io);
    }
  };
  each(calls);
  each(forgotten);
  HiddenTally::walk(io);
  for (std::uint64_t& of_class : sockets) {
    io.number(of_class);
  }
  io.numbers(syscalls, syscalls_32, writes_32, gaps, execs_with_argv, without_proctitle,
             with_proctitle, pending_connects, connects_32, xdp_sockets, ring_connections,
             expected_serial);
  passed_over.walk(io);
  io.times(first, last, newest, last_numbered, counted_since);
  io.flags(logins, is_off);
  walk_programs(io, programs, symbols);
  io.list(losses, kMaxLosses, [&](Loss& loss) { loss.walk(io); });
  peers.walk(io, kMostPeers);
  rules.walk(io);
  ceased.walk(io);
  users.walk(io);
  activities.walk(io);
  walk_names(io, user_names, max_users);
}

template void AuditTally::walk(input::StateWriter&, std::size_t, std::size_t);
template void AuditTally::walk(input::StateReader&, std::size_t, std::size_t);

}  // namespace auexfil::host
