#pragma once

#include <array>
#include <cstdint>
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

/// What one program's processes did, whatever their names on the way.
struct ProgramSeen {
  std::uint32_t events{};
  std::uint32_t writes{};        ///< byte-bearing calls
  std::uint32_t small_writes{};  ///< of up to 256 bytes
};

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
  std::uint64_t gap_serials{};  ///< serials that no event of the log has
  std::uint64_t gaps{};
  std::uint64_t execs_without_argv{};
  std::uint64_t without_proctitle{};
  std::uint64_t with_proctitle{};
  bool logins{};  ///< user-space records are there
  audit::TimeMs first{};
  audit::TimeMs last{};
  std::vector<ProgramSeen> programs;  ///< by the Symbol of exe
  std::vector<Loss> losses;           ///< in order, joined where near; bounded

  [[nodiscard]] const CallSeen& of(audit::Call call) const {
    return calls[static_cast<std::size_t>(call)];
  }
  [[nodiscard]] CallSeen& of(audit::Call call) { return calls[static_cast<std::size_t>(call)]; }
};

}  // namespace auexfil::host
