#pragma once

#include <cstdint>

/// Numbers of the kernel's interface that calls are read by.
namespace auexfil::host::abi {

// include/uapi/linux/audit.h, __AUDIT_ARCH_64BIT
inline constexpr std::uint32_t kArch64Bit = 0x80000000U;
inline constexpr std::uint32_t kArchS390 = 0x16;
inline constexpr std::uint32_t kArchS390x = 0x80000016U;

// include/uapi/asm-generic/errno.h, errno-base.h
inline constexpr std::int64_t kInterrupted = 4;    // EINTR
inline constexpr std::int64_t kBadDescriptor = 9;  // EBADF
inline constexpr std::int64_t kIsConnected = 106;  // EISCONN
inline constexpr std::int64_t kAlready = 114;      // EALREADY
inline constexpr std::int64_t kInProgress = 115;   // EINPROGRESS

// include/uapi/linux/sched.h
inline constexpr std::uint64_t kCloneFiles = 0x400;
inline constexpr std::uint64_t kClonePidfd = 0x1000;
inline constexpr std::uint64_t kCloneThread = 0x10000;

// include/uapi/linux/close_range.h
inline constexpr std::uint64_t kCloseRangeUnshare = 2;
inline constexpr std::uint64_t kCloseRangeOnExec = 4;

// O_CLOEXEC = SOCK_CLOEXEC where glibc runs widely: include/uapi/asm-generic/fcntl.h
inline constexpr std::uint64_t kOpenCloseOnExec = 0x80000;

}  // namespace auexfil::host::abi
