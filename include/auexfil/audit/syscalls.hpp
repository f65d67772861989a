#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "auexfil/audit/record.hpp"

namespace auexfil::audit {

/// The system calls that the tracker understands, by meaning. Calls that differ only in what the
/// log does not show share a value.
enum class Call : std::uint8_t {
  other,
  execve,
  execveat,
  fork,
  vfork,
  clone,
  clone3,
  exit,
  exit_group,
  setsid,
  unshare,
  socket,
  socketpair,
  bind,
  connect,
  listen,
  accept,
  accept4,
  shutdown,
  socketcall,
  getsockname,
  getpeername,
  send,
  sendto,
  sendmsg,
  sendmmsg,
  recv,
  recvfrom,
  recvmsg,
  recvmmsg,
  read,
  pread,
  readv,
  preadv,
  write,
  pwrite,
  writev,
  pwritev,
  sendfile,
  splice,
  tee,
  vmsplice,
  copy_file_range,
  open,
  openat,
  openat2,
  creat,
  close,
  close_range,
  dup,
  dup2,
  dup3,
  fcntl,
  ioctl,
  pipe,
  pipe2,
  pidfd_open,
  pidfd_getfd,
  io_uring_setup,
  io_uring_enter,
  io_submit,
  unlink,
  unlinkat,
  count_
};

/// Name as in the kernel ("pwritev2" is told as "pwritev").
[[nodiscard]] std::string_view to_word(Call call);

/// Does a successful call put bytes into the descriptor, its exit being their number?
[[nodiscard]] constexpr bool is_write(Call c) {
  return c == Call::write || c == Call::pwrite || c == Call::writev || c == Call::pwritev ||
         c == Call::send || c == Call::sendto || c == Call::sendmsg || c == Call::sendfile ||
         c == Call::splice;
}

/// Does a successful call take bytes out of it?
[[nodiscard]] constexpr bool is_read(Call c) {
  return c == Call::read || c == Call::pread || c == Call::readv || c == Call::preadv ||
         c == Call::recv || c == Call::recvfrom || c == Call::recvmsg;
}

/// Which call a number is, by architecture (AUDIT_ARCH_*). The numbers come from libseccomp, when
/// an architecture is first seen; loongarch64 and others with the generic table use riscv64's.
/// Those of MIPS begin at 4000 (o32), 5000 (n64) and 6000 (n32).
/// x32 calls (number 0x40000000 + n of x86_64) are understood. Not thread-safe.
class SyscallTables {
 public:
  SyscallTables();
  ~SyscallTables();
  SyscallTables(const SyscallTables&) = delete;
  SyscallTables& operator=(const SyscallTables&) = delete;

  [[nodiscard]] Call find(std::uint32_t arch, std::uint32_t number) {
    if (arch == last_arch_ && number - last_base_ < kNumbers) {
      return (*last_)[number - last_base_];
    }
    return find_slowly(arch, number);
  }
  /// Are the numbers of that architecture known at all?
  [[nodiscard]] static bool knows(std::uint32_t arch);

  /// The call inside socketcall(2), by its a0. Source: include/uapi/linux/net.h.
  [[nodiscard]] static Call socketcall(std::uint64_t number);

 private:
  static constexpr std::uint32_t kNumbers = 1024;
  using Table = std::array<Call, kNumbers>;
  struct Entry {
    std::uint32_t arch;
    std::unique_ptr<Table> table;
  };

  Call find_slowly(std::uint32_t arch, std::uint32_t number);
  void use_table(std::uint32_t arch);

  std::uint32_t last_arch_ = 0;
  std::uint32_t last_base_ = 0;
  const Table* last_ = nullptr;
  std::vector<Entry> tables_;
};

/// EINPROGRESS, EALREADY and EISCONN as most architectures number them; others as they are.
/// Source: arch/mips and arch/parisc, include/uapi/asm/errno.h.
[[nodiscard]] std::int64_t common_exit(std::uint32_t arch, std::int64_t exit);

/// socket(2)'s type; MIPS has SOCK_DGRAM and SOCK_STREAM the other way round.
/// Source: arch/mips/include/asm/socket.h.
[[nodiscard]] std::uint64_t common_socket_type(std::uint32_t arch, std::uint64_t type);

}  // namespace auexfil::audit
