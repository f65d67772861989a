#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/audit/address.hpp"
#include "auexfil/audit/fields.hpp"
#include "auexfil/audit/record.hpp"
#include "auexfil/input/text_memo.hpp"

namespace auexfil::audit {

enum class Family : std::uint8_t { none, unspec, unix, inet, inet6, netlink, other };

/// What a SOCKADDR record says.
struct SocketAddress {
  Family family = Family::none;   ///< none: not decodable
  std::uint16_t family_number{};  ///< as in linux/socket.h
  bool has_address{};             ///< ip and port are set (inet, inet6 of sufficient length)
  IpAddress ip;
  std::uint16_t port{};  ///< host order
  std::string path;      ///< unix: path, or '@' and the abstract name; else empty
};

/// The hexadecimal text of `saddr=` in the body of a SOCKADDR record. \return false without one.
[[nodiscard]] bool find_saddr(std::string_view body, std::string_view& hex);

/// Decodes one `saddr=` value.
/// \param hex        digits, 2 a byte, upper or lower case.
/// \param big_endian byte order of the event's arch: only the family field is in host order.
/// \return false for no hex or fewer bytes than the family needs (family is still set if known).
/// Source: kernel/auditsc.c audit_log_exit(), AUDIT_SOCKADDR; net/socket.c move_addr_to_kernel().
[[nodiscard]] bool decode_saddr(std::string_view hex, bool big_endian, SocketAddress& out);

/// Bit 0x40000000 of AUDIT_ARCH_*: little endian. Source: include/uapi/linux/audit.h.
[[nodiscard]] constexpr bool is_big_endian(std::uint32_t arch) {
  return (arch & 0x40000000U) == 0;
}

/// The arguments of an exec, from all its EXECVE records.
struct Argv {
  std::vector<std::string> args;
  std::uint64_t argc{};  ///< As the first record says; args may be fewer (bounded).
  bool has_argc{};
  bool lost{};     ///< So many are missing in a row, or a piece of one, that a record of it is.
  bool cut{};      ///< An argument is shorter than its aN_len.
  bool bounded{};  ///< A bound on bytes or arguments was hit.
};

struct ArgvBounds {
  std::size_t max_args = 4096;
  std::size_t max_bytes = std::size_t{64} << 10;
};

/// Joins EXECVE records of one event, in any order. `bodies` are Record::body.
/// Source: kernel/auditsc.c, audit_log_execve_info().
void decode_execve(std::span<const std::string_view> bodies, const ArgvBounds& bounds, Argv& out);

/// The same for the usual case, without memory of its own: one record, its arguments whole, in
/// order and within the bounds. \param joined  the arguments with NUL bytes between them. \return
/// false: it is another case, and decode_execve() has to look.
[[nodiscard]] bool join_execve(std::string_view body, const ArgvBounds& bounds,
                               std::string& joined);

/// LOGIN: who a process is from now on.
struct Login {
  std::uint32_t pid{};
  std::uint32_t auid = 0xffffffff;
  std::uint32_t ses = 0xffffffff;
  bool has_pid{};
  bool has_ses{};
  bool had_none{};       ///< no session before: old-ses is there, and unset
  bool accepted = true;  ///< res=1, or no res (old kernels)
};
[[nodiscard]] bool decode_login(std::string_view body, Login& out);

/// Who made a system call: the part of a SYSCALL record behind pid=. Views into the record.
/// Source: kernel/auditsc.c, audit_log_task_info(), audit_log_key().
struct Task {
  std::uint32_t auid = 0xffffffff;
  std::uint32_t uid = 0xffffffff;
  std::uint32_t ses = 0xffffffff;
  std::string_view tty;  ///< empty: none
  Field comm;            ///< to be decoded; empty value: not there
  Field exe;
  bool has_key{};
  std::string_view enriched;
};
/// \param tail  of the record's body, from Syscall::tail on.
void decode_task(std::string_view tail, Task& out);

/// A record of user space (USER_START, USER_LOGIN, SERVICE_START …).
struct UserMessage {
  std::uint32_t pid{};
  std::uint32_t auid = 0xffffffff;
  std::uint32_t ses = 0xffffffff;
  std::string acct;
  std::string exe;
  std::string terminal;  ///< as written: "cron", "ssh", "/dev/pts/0", "?"
  std::string address;   ///< addr=, else hostname=; empty for "?"
  std::string unit;      ///< SERVICE_START and _STOP
  std::string op;
  std::string cmd;  ///< USER_CMD: the words with blanks between them
  std::string cwd;  ///< USER_CMD
  bool success = true;

  /// As it was made, with the memory of its texts.
  void clear();
};
[[nodiscard]] bool decode_user_message(std::string_view body, UserMessage& out);

/// Reads such records one after the other. Their texts repeat ("op=PAM:session_open … terminal=cron
/// res=success") and are decoded once for as long as they are among the last that were read.
class UserMessages {
 public:
  /// \return as decode_user_message(), valid until the next call; null for false.
  [[nodiscard]] const UserMessage* read(std::string_view body);

 private:
  static constexpr std::size_t kMostKnown = 256;    // kinds of record times a busy host's accounts
  input::TextMemo<UserMessage> known_{kMostKnown};  // by what is inside msg='…'
  UserMessage other_;
};

}  // namespace auexfil::audit
