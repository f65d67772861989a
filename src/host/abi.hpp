#pragma once

#include <cstdint>

/// Numbers of the kernel's interface that calls are read by.
namespace auexfil::host::abi {

// include/uapi/linux/audit.h, __AUDIT_ARCH_64BIT
inline constexpr std::uint32_t kArch64Bit = 0x80000000U;
inline constexpr std::uint32_t kArchS390 = 0x16;
inline constexpr std::uint32_t kArchS390x = 0x80000016U;

// include/uapi/asm-generic/errno.h, errno-base.h
inline constexpr std::int64_t kNoEntry = 2;        // ENOENT
inline constexpr std::int64_t kInterrupted = 4;    // EINTR
inline constexpr std::int64_t kBadDescriptor = 9;  // EBADF
inline constexpr std::int64_t kWrongType = 91;     // EPROTOTYPE
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

// include/uapi/asm-generic/fcntl.h; O_PATH where glibc runs widely
inline constexpr std::uint64_t kAccessMode = 3;
inline constexpr std::uint64_t kWriteOnly = 1;
inline constexpr std::uint64_t kReadWrite = 2;
inline constexpr std::uint64_t kOpenPath = 0x200000;
inline constexpr std::uint32_t kAtCwd = 0xffffff9cU;  // AT_FDCWD, include/uapi/linux/fcntl.h

// include/uapi/linux/stat.h
inline constexpr std::uint32_t kFileType = 0170000;
inline constexpr std::uint32_t kRegular = 0100000;
inline constexpr std::uint32_t kFolder = 0040000;
inline constexpr std::uint32_t kBlockDevice = 0060000;

}  // namespace auexfil::host::abi
