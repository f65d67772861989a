#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/audit/syscalls.hpp"
#include "auexfil/host/symbols.hpp"

namespace auexfil::host {

/// What of one kind of call the log holds. From this the coverage room tells what was audited.
struct CallSeen {
  std::uint64_t events{};
  std::uint64_t failed{};
  std::int64_t smallest = INT64_MAX;  ///< smallest positive exit
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
struct ProgramSeen {
  std::uint32_t events{};
  std::uint32_t writes{};        ///< byte-bearing calls
  std::uint32_t small_writes{};  ///< of up to kSmallWrite bytes, in what was asked for and done
  std::uint32_t closes{};
};
/// Programs whose names had to be forgotten, of one class of users.
struct ForgottenPrograms {
  std::uint64_t calls{};       ///< other than writes
  std::uint64_t of_known{};    ///< of them by programs with a small write
  std::uint64_t of_closers{};  ///< of them by programs with a close
  std::uint64_t writes{};
};
/// A filter by size (-F exit>=N, -F a2>=N) leaves no writes as small as this one.
inline constexpr std::int64_t kSmallWrite = 256;

/// A stretch in which records are missing.
struct Loss {
  audit::TimeMs from{};
  audit::TimeMs to{};
  std::uint64_t events{};  ///< serials missing, or events with missing records
  enum class Kind : std::uint8_t { serial_gap, half_event, auditing_off, counter } kind{};
};

struct Seen {
  std::array<CallSeen, static_cast<std::size_t>(audit::Call::count_)> calls{};
  std::uint64_t events{};
  std::uint64_t syscalls{};
  std::uint64_t syscalls_32{};  ///< of 32-bit programs
  std::uint64_t writes_32{};    ///< of them byte-bearing
  std::uint64_t gap_serials{};  ///< serials that no event of the log has
  std::uint64_t gaps{};
  std::uint64_t execs_without_argv{};
  std::uint64_t without_proctitle{};
  std::uint64_t with_proctitle{};
  bool logins{};  ///< user-space records are there
  audit::TimeMs first{};
  audit::TimeMs last{};
  std::vector<ProgramSeen> programs;  ///< see program()
  std::array<ForgottenPrograms, kUserClasses> forgotten{};
  std::array<std::uint64_t, kUserClasses> sockets{};  ///< socket(2), by class of users
  std::vector<Loss> losses;                           ///< in order, joined where near; bounded
  /// As auditd wrote them beside the numbers (log_format = ENRICHED); empty: it knew none. Bounded.
  std::unordered_map<std::uint32_t, std::string> user_names;

  [[nodiscard]] std::string_view user_name(std::uint32_t id) const {
    const auto found = user_names.find(id);
    return found == user_names.end() ? std::string_view{} : std::string_view(found->second);
  }

  [[nodiscard]] const CallSeen& of(audit::Call call) const {
    return calls[static_cast<std::size_t>(call)];
  }
  [[nodiscard]] CallSeen& of(audit::Call call) { return calls[static_cast<std::size_t>(call)]; }

  /// Index into programs, which may be shorter.
  [[nodiscard]] static std::size_t program(Symbol exe, UserClass users) {
    return std::size_t{exe} * kUserClasses + static_cast<std::size_t>(users);
  }
};

}  // namespace auexfil::host
