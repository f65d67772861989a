#pragma once

#include <cstdint>
#include <string_view>

#include "auexfil/audit/stamp.hpp"

namespace auexfil::audit {

/// Numbers of the record types that the rooms look at. Source: include/uapi/linux/audit.h and
/// libaudit.h. Any other number is a legal value of `Record::type` as well.
namespace type {
inline constexpr std::uint16_t kUnknown = 0;  ///< no type token, or a name not in the table
inline constexpr std::uint16_t kUser = 1005;
inline constexpr std::uint16_t kLogin = 1006;
inline constexpr std::uint16_t kUserAuth = 1100;
inline constexpr std::uint16_t kUserAcct = 1101;
inline constexpr std::uint16_t kCredAcq = 1103;
inline constexpr std::uint16_t kCredDisp = 1104;
inline constexpr std::uint16_t kUserStart = 1105;
inline constexpr std::uint16_t kUserEnd = 1106;
inline constexpr std::uint16_t kCredRefr = 1110;
inline constexpr std::uint16_t kUserLogin = 1112;
inline constexpr std::uint16_t kUserLogout = 1113;
inline constexpr std::uint16_t kUserCmd = 1123;
inline constexpr std::uint16_t kSystemBoot = 1127;
inline constexpr std::uint16_t kSystemShutdown = 1128;
inline constexpr std::uint16_t kServiceStart = 1130;
inline constexpr std::uint16_t kServiceStop = 1131;
inline constexpr std::uint16_t kDaemonStart = 1200;
inline constexpr std::uint16_t kDaemonEnd = 1201;
inline constexpr std::uint16_t kDaemonAbort = 1202;
inline constexpr std::uint16_t kDaemonResume = 1206;
inline constexpr std::uint16_t kDaemonLast = 1299;
/// Is a record auditd's own? Its serials are counted by themselves (auditd.c send_audit_event()).
constexpr bool is_daemons(std::uint16_t type) {
  return type >= kDaemonStart && type <= kDaemonLast;
}
inline constexpr std::uint16_t kSyscall = 1300;
inline constexpr std::uint16_t kPath = 1302;
inline constexpr std::uint16_t kIpc = 1303;
inline constexpr std::uint16_t kSocketcall = 1304;
inline constexpr std::uint16_t kConfigChange = 1305;
inline constexpr std::uint16_t kSockaddr = 1306;
inline constexpr std::uint16_t kCwd = 1307;
inline constexpr std::uint16_t kOpenat2 = 1337;
inline constexpr std::uint16_t kExecve = 1309;
inline constexpr std::uint16_t kFdPair = 1317;
inline constexpr std::uint16_t kEoe = 1320;
inline constexpr std::uint16_t kMmap = 1323;
inline constexpr std::uint16_t kProctitle = 1327;
inline constexpr std::uint16_t kUringop = 1336;
inline constexpr std::uint16_t kAvc = 1400;
inline constexpr std::uint16_t kKernel = 2000;
}  // namespace type

/// The number of a type token: a name, a number, or "UNKNOWN[1420]". kUnknown for other words.
[[nodiscard]] std::uint16_t type_number(std::string_view token);

/// The name of a number as libaudit spells it, or empty.
[[nodiscard]] std::string_view type_name(std::uint16_t number);

/// What was wrong with a line or record. Counted by kind, with the place of the first of each.
enum class Malformed : std::uint8_t {
  no_stamp,         ///< text without `audit(SEC.MMM:SERIAL)`
  interpreted,      ///< `ausearch -i` output: cannot be decoded without loss
  overlong,         ///< longer than the reader takes; the rest was dropped
  nul_bytes,        ///< a run of zeros, as a crash leaves at the end of a file
  cut,              ///< ends inside a value (last line of a file)
  damaged_syscall,  ///< SYSCALL without arch, syscall or pid
  bad_sockaddr,     ///< SOCKADDR shorter than its family needs, or no hex
  bad_execve,       ///< EXECVE with missing or cut arguments
  late_record,      ///< came after its event was closed
  duplicate,        ///< the same record twice
  wrapped,          ///< a record inside JSON or another export
  count_            ///< number of kinds
};

[[nodiscard]] const char* to_word(Malformed);

/// The fields of a SYSCALL record that are wanted for every call. The rest (auid … key) is read
/// on demand from `Record::body` at `tail`.
struct Syscall {
  std::uint32_t arch{};
  std::uint32_t number{};
  std::int64_t exit{};  ///< Meaningless unless has_exit.
  std::uint64_t a[4]{};
  std::uint32_t ppid{};
  std::uint32_t pid{};   ///< 0: the record was cut before it, which no process has.
  std::uint32_t tail{};  ///< Offset in body of the first field behind pid.
  bool has_exit{};       ///< exit and exit_group log none.
  bool success{};        ///< The record's own word; false when missing.

  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io) {
    io.numbers(arch, number, exit, a[0], a[1], a[2], a[3], ppid, pid, tail);
    io.flags(has_exit, success);
  }
};

/// One line of the log. Views are into the block that the line came from.
struct Record {
  TimeMs time{};
  std::uint32_t serial{};
  std::uint16_t type{};
  bool cut{};                  ///< Last line of a file, without a newline.
  std::uint32_t line{};        ///< 1-based in its file.
  std::uint32_t file{};        ///< Index into LogSet::files.
  std::uint32_t syscall{};     ///< Index of its Syscall in the holder, for SYSCALL records.
  std::string_view node;       ///< Empty when the line has none.
  std::string_view type_text;  ///< The token as written.
  std::string_view body;       ///< Behind "): ", to the line's end; enriched part included.
  std::string_view title;      ///< SYSCALL: body of the PROCTITLE that was folded into it, if any.
  std::string_view paths;      ///< SYSCALL: lines of the CWD and PATH that were, if any.

  [[nodiscard]] Stamp stamp() const { return {time, serial}; }
};

}  // namespace auexfil::audit
