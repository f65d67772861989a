#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auexfil/audit/address_set.hpp"
#include "auexfil/audit/stamp.hpp"
#include "auexfil/audit/syscalls.hpp"
#include "auexfil/host/activities.hpp"
#include "auexfil/host/cease_watch.hpp"
#include "auexfil/host/rule_watch.hpp"
#include "auexfil/host/serial_gaps.hpp"
#include "auexfil/host/user_watch.hpp"
#include "auexfil/input/symbols.hpp"

namespace auexfil::audit {
struct Event;
}  // namespace auexfil::audit

namespace auexfil::host {

using input::Symbol;

/// What of one kind of call the log holds. From this the coverage room tells what was audited.
struct CallTally {
  std::uint64_t events{};
  std::uint64_t failed{};
  std::int64_t smallest = INT64_MAX;  ///< smallest positive exit

  template <typename Io>
  void walk(Io& io) {
    io.numbers(events, failed, smallest);
  }
};

/// Users as audit rules tell them apart (-F auid!=unset, -F auid!=0, -F auid>=1000).
enum class UserClass : std::uint8_t { unset, root, system, person, count_ };
inline constexpr std::size_t kUserClasses = static_cast<std::size_t>(UserClass::count_);

[[nodiscard]] constexpr UserClass class_of(std::uint32_t auid) {
  return auid == 0xffffffffU ? UserClass::unset
         : auid == 0         ? UserClass::root
         : auid < 1000       ? UserClass::system
                             : UserClass::person;
}

/// What the processes of one program and class of users did, whatever their names on the way.
struct ProgramTally {
  std::uint32_t events{};
  std::uint32_t writes{};        ///< byte-bearing calls
  std::uint32_t small_writes{};  ///< of up to kSmallWrite bytes, in what was asked for and done
  std::uint32_t closes{};
  std::uint32_t connects{};           ///< that succeeded or are under way
  std::uint32_t starts{};             ///< by its execve
  std::uint32_t starts_to_write{};    ///< of them those before its last byte-bearing call
  std::uint32_t starts_to_connect{};  ///< and before its last such connect
  std::uint32_t children{};           ///< that it forked, by records that name them
  std::uint32_t children_seen{};      ///< of them those that did anything
  std::uint32_t children_untold{};    ///< others of its, that no such record named

  /// Children that did nothing that the log has, and are none of those under other numbers (clone
  /// returns the number of its caller's namespace).
  [[nodiscard]] std::uint32_t silent_children() const {
    const std::uint32_t others = children_seen + children_untold;
    return children - std::min(children, others);
  }
  template <typename Io>
  void walk(Io& io) {
    io.numbers(events, writes, small_writes, closes, connects, starts, starts_to_write,
               starts_to_connect, children, children_seen, children_untold);
  }
};

/// What programs of one class of users say together of what the rules ask for. Each has a weight:
/// its calls other than writes (a filter that asks for some programs' leaves their thousands), up
/// to a bound, so that no program, however busy, speaks for the others; little for one that
/// neither writes nor connects anywhere, since many have nothing to say.
struct GroupTally {
  std::uint64_t all{};         ///< weight of those that write something small, or nothing
  std::uint64_t of_writers{};  ///< of them those that write something small
  std::uint64_t programs{};    ///< weight of all, large writes alone or not
  std::uint64_t of_closers{};  ///< of them those that close
  std::uint64_t calls{};
  std::uint64_t writes{};

  void add(const ProgramTally& program) {
    // So that no single program outweighs the others, be it a scanner or one that only writes much,
    // nor a storm of those that do nothing but begin and end.
    constexpr std::uint32_t kMost = 64;
    constexpr std::uint32_t kMostOfSilent = 8;
    const std::uint32_t others = program.events - program.writes;
    const bool has_part = program.connects > 0 || program.small_writes > 0;
    const std::uint32_t weight = std::min(others, has_part ? kMost : kMostOfSilent);
    // Large writes alone: a filter by size may hide the rest, or there is nothing else.
    all += program.small_writes > 0 || program.writes == 0 ? weight : 0;
    of_writers += program.small_writes > 0 ? weight : 0;
    programs += weight;
    of_closers += program.closes > 0 ? weight : 0;
    calls += others;
    writes += program.writes;
  }
  void add(const GroupTally& other) {
    all += other.all;
    of_writers += other.of_writers;
    programs += other.programs;
    of_closers += other.of_closers;
    calls += other.calls;
    writes += other.writes;
  }
  template <typename Io>
  void walk(Io& io) {
    io.numbers(all, of_writers, programs, of_closers, calls, writes);
  }
};
/// What the log tells of the peers of one family's sockets.
struct FamilyTally {
  std::uint64_t connects{};  ///< that succeeded or are under way
  std::uint64_t nameless{};  ///< sockets that sent, made in the log, whose connect is not in it
  std::uint64_t nameless_bytes{};

  template <typename Io>
  void walk(Io& io) {
    io.numbers(connects, nameless, nameless_bytes);
  }
};
/// inet, inet6, others.
inline constexpr std::size_t kFamilies = 3;
[[nodiscard]] constexpr std::size_t place_of_family(std::uint8_t number) {
  return number == 2 ? 0 : number == 10 ? 1 : 2;
}

/// Calls of an architecture whose numbers are not known.
struct UnknownArch {
  std::uint32_t arch{};
  std::uint64_t calls{};
};

/// A filter by size (-F exit>=N, -F a2>=N) leaves no writes as small as this one.
inline constexpr std::int64_t kSmallWrite = 256;

/// A stretch in which records are missing.
struct Loss {
  audit::TimeMs from{};
  audit::TimeMs to{};
  std::uint64_t events{};  ///< serials missing, or events with missing records
  enum class Kind : std::uint8_t {
    serial_gap,
    half_event,
    auditing_off,
    counter,
    rules_removed
  } kind{};

  template <typename Io>
  void walk(Io& io) {
    io.times(from, to);
    io.number(events);
    io.enumerator(kind, Kind::rules_removed);
  }
};

/// Sums that tell what a log does not show, and have no time of their own: they only grow. What
/// came since a time is what they are now less what they were then.
struct HiddenTally {
  std::uint64_t events{};
  std::uint64_t gap_serials{};  ///< serials that no event of the log has
  std::array<FamilyTally, kFamilies> families{};
  std::uint64_t connects_without_address{};  ///< that may be to inet peers
  std::uint64_t calls_without_arguments{};   ///< socketcall(2) without its SOCKETCALL record
  std::uint64_t unopened_sends{};            ///< bytes that only sockets take, on unseen numbers
  std::uint64_t async_programs{};            ///< that used io_uring or io_submit
  std::uint64_t ring_operations{};           ///< of io_uring, of those that are audited
  std::vector<UnknownArch> unknown_archs;    ///< bounded: the last stands for all others

  /// Leaves what came since they were those.
  void take_off(const HiddenTally& before);
  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io);
};

/// What a host's log holds, counted: all that coverage is told from. Grows with the number of
/// programs and users that are kept, not with the log.
struct AuditTally : HiddenTally {
  static constexpr std::size_t kMostPeers = std::size_t{1} << 16;

  std::array<CallTally, static_cast<std::size_t>(audit::Call::count_)> calls{};
  std::uint64_t syscalls{};
  std::uint64_t syscalls_32{};  ///< of 32-bit programs
  std::uint64_t writes_32{};    ///< of them byte-bearing
  std::uint64_t gaps{};
  std::uint64_t execs_with_argv{};
  std::uint64_t without_proctitle{};
  std::uint64_t with_proctitle{};
  bool logins{};  ///< records that somebody got a terminal (USER_LOGIN) are there
  audit::TimeMs first{};
  audit::TimeMs last{};
  audit::TimeMs newest{};  ///< of the event that came last: less than that, if a clock was put back
  std::vector<ProgramTally> programs;                 ///< see program()
  std::array<GroupTally, kUserClasses> forgotten{};   ///< programs whose names had to go
  std::array<std::uint64_t, kUserClasses> sockets{};  ///< socket(2), by class of users
  std::uint64_t pending_connects{};                   ///< to inet peers, still under way
  std::uint64_t connects_32{};                        ///< to inet peers, by 32-bit programs
  std::uint64_t xdp_sockets{};                        ///< what goes over them is in no system call
  std::uint64_t ring_connections{};                   ///< connections of programs that use io_uring
  std::vector<Loss> losses;                           ///< in order, joined where near; bounded
  audit::AddressSet peers{kMostPeers};  ///< that any program had a connection with; bounded
  RuleWatch rules;                      ///< when they changed, and what came no more
  CeaseWatch ceased;                    ///< what came no more, whatever is said of rules
  UserWatch users;                      ///< whose programs are not in the log
  Activities activities;                ///< jobs that need no audit rule to be told
  /// As auditd wrote them beside the numbers (log_format = ENRICHED); empty: it knew none. Bounded.
  std::unordered_map<std::uint32_t, std::string> user_names;

  // What the next event is held against.
  std::uint64_t expected_serial{};  ///< if nothing is missing; 0: none yet
  SerialGaps passed_over;           ///< serials below it that have not come
  audit::TimeMs last_numbered{};    ///< of the latest event with a serial of the kernel's
  audit::TimeMs counted_since{};    ///< when the kernel's count of lost records was set to 0
  bool is_off{};                    ///< auditing was switched off by the event before

  // Of the run at hand.
  audit::TimeMs since{};          ///< coverage is told of what came since; 0: of all
  audit::TimeMs known_to{};       ///< what came later is new in it; 0: all is
  std::uint64_t async_at_work{};  ///< of async_programs, those that are there as the log ends

  /// An event of the log, whatever it is: is anything missing before it?
  void note_order(const audit::Event& event);
  /// The kernel has begun to count anew.
  void begin_serials() {
    expected_serial = 0;
    passed_over.clear();
  }
  /// Losses near each other are one.
  void note_loss(Loss::Kind kind, audit::TimeMs from, audit::TimeMs to, std::uint64_t missing);
  /// Each call has its title (PROCTITLE) where any has: else a part of the event was lost.
  void note_title(const audit::Event& event);
  /// A call that a rule asked for. \param exe, \param auid  of who made it.
  void note_call(const audit::Event& event, audit::Call call, const audit::Syscall& args,
                 Symbol exe, std::uint32_t auid);
  /// A call of an architecture whose numbers are not known.
  void note_unknown_arch(std::uint32_t arch);
  /// The kernel's count of lost records was read and set to 0.
  void note_lost_count(std::int64_t count, audit::TimeMs time);
  /// Another log of the host tells that the kernel lost records. What this one shows of it is the
  /// same loss. For who has seen all of the log. \return is it of its time?
  bool note_told_loss(audit::TimeMs from, audit::TimeMs to, std::uint64_t records);
  /// Auditing is switched off, until something is logged again.
  void note_off(audit::TimeMs time);
  /// The kernel added or removed a rule.
  void note_rule(const RuleEdit& edit, audit::TimeMs time);
  /// A program began, by its execve.
  void note_start(Symbol exe, std::uint32_t auid, audit::TimeMs time);
  /// A session was opened: programs begin in it.
  void note_session() { ceased.note_occasion(Ceased::Kind::exec); }
  /// What is known of a child of a program of such users.
  void note_child(Symbol exe, std::uint32_t auid, std::uint32_t ProgramTally::*what, bool less);
  /// At a time the rules of before end: the machine boots, or the log is over.
  void settle_rules(audit::TimeMs time);
  /// Coverage is told of what came since then. What was lost before is kept for those who were at
  /// work then, as one stretch.
  void tell_since(audit::TimeMs time);
  /// And of sums what came since they were those.
  void tell_since(const HiddenTally& before) {
    take_off(before);
    async_programs = std::max(async_programs, async_at_work);
  }
  /// Is that loss one of the time that coverage is told of, or does it go on?
  [[nodiscard]] bool is_told(const Loss& loss) const;
  /// The names of programs whose symbols are not live have to go.
  void forget_programs(const std::vector<bool>& live);
  /// Marks the symbols of programs.
  void mark_programs(std::vector<bool>& live) const;
  /// See input/state_io.hpp. \param max_users  whose names are kept.
  template <typename Io>
  void walk(Io& io, std::size_t symbols, std::size_t max_users);

  [[nodiscard]] std::string_view user_name(std::uint32_t id) const {
    const auto found = user_names.find(id);
    return found == user_names.end() ? std::string_view{} : std::string_view(found->second);
  }

  [[nodiscard]] const CallTally& of(audit::Call call) const {
    return calls[static_cast<std::size_t>(call)];
  }
  [[nodiscard]] CallTally& of(audit::Call call) { return calls[static_cast<std::size_t>(call)]; }

  /// Is there any call that was understood?
  [[nodiscard]] bool of_any_call() const {
    return std::any_of(calls.begin(), calls.end(), [](const CallTally& c) { return c.events > 0; });
  }

  /// Kinds of calls that came so far and, if the rules stay as they are, come again.
  [[nodiscard]] std::uint8_t kinds() const;

  /// Of what note_order() has taken for lost.
  void take_back_loss(audit::TimeMs before);
  /// Is nothing in the log of that program, run by such users, but that it began?
  [[nodiscard]] bool is_mute(Symbol exe, std::uint32_t auid) const {
    const std::size_t index = program(exe, class_of(auid));
    return index < programs.size() && programs[index].starts > 0 &&
           programs[index].events <= programs[index].starts;
  }

  /// Index into programs, which may be shorter.
  [[nodiscard]] static std::size_t program(Symbol exe, UserClass who) {
    return std::size_t{exe} * kUserClasses + static_cast<std::size_t>(who);
  }
};

}  // namespace auexfil::host
