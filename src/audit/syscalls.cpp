#include "auexfil/audit/syscalls.hpp"

#include <linux/audit.h>

#include <seccomp.h>

namespace auexfil::audit {
namespace {

struct Named {
  const char* name;
  Call call;
};

constexpr std::array kNames = {Named{"execve", Call::execve},
                               Named{"execveat", Call::execveat},
                               Named{"fork", Call::fork},
                               Named{"vfork", Call::vfork},
                               Named{"clone", Call::clone},
                               Named{"clone3", Call::clone3},
                               Named{"exit", Call::exit},
                               Named{"exit_group", Call::exit_group},
                               Named{"setsid", Call::setsid},
                               Named{"unshare", Call::unshare},
                               Named{"socket", Call::socket},
                               Named{"socketpair", Call::socketpair},
                               Named{"bind", Call::bind},
                               Named{"connect", Call::connect},
                               Named{"listen", Call::listen},
                               Named{"accept", Call::accept},
                               Named{"accept4", Call::accept4},
                               Named{"shutdown", Call::shutdown},
                               Named{"socketcall", Call::socketcall},
                               Named{"getsockname", Call::getsockname},
                               Named{"getpeername", Call::getpeername},
                               Named{"send", Call::send},
                               Named{"sendto", Call::sendto},
                               Named{"sendmsg", Call::sendmsg},
                               Named{"sendmmsg", Call::sendmmsg},
                               Named{"recv", Call::recv},
                               Named{"recvfrom", Call::recvfrom},
                               Named{"recvmsg", Call::recvmsg},
                               Named{"recvmmsg", Call::recvmmsg},
                               Named{"read", Call::read},
                               Named{"pread64", Call::pread},
                               Named{"readv", Call::readv},
                               Named{"preadv", Call::preadv},
                               Named{"preadv2", Call::preadv},
                               Named{"write", Call::write},
                               Named{"pwrite64", Call::pwrite},
                               Named{"writev", Call::writev},
                               Named{"pwritev", Call::pwritev},
                               Named{"pwritev2", Call::pwritev},
                               Named{"sendfile", Call::sendfile},
                               Named{"sendfile64", Call::sendfile},
                               Named{"splice", Call::splice},
                               Named{"tee", Call::tee},
                               Named{"vmsplice", Call::vmsplice},
                               Named{"copy_file_range", Call::copy_file_range},
                               Named{"open", Call::open},
                               Named{"openat", Call::openat},
                               Named{"openat2", Call::openat2},
                               Named{"creat", Call::creat},
                               Named{"close", Call::close},
                               Named{"close_range", Call::close_range},
                               Named{"dup", Call::dup},
                               Named{"dup2", Call::dup2},
                               Named{"dup3", Call::dup3},
                               Named{"fcntl", Call::fcntl},
                               Named{"fcntl64", Call::fcntl},
                               Named{"ioctl", Call::ioctl},
                               Named{"pipe", Call::pipe},
                               Named{"pipe2", Call::pipe2},
                               Named{"pidfd_open", Call::pidfd_open},
                               Named{"pidfd_getfd", Call::pidfd_getfd},
                               Named{"io_uring_setup", Call::io_uring_setup},
                               Named{"io_uring_enter", Call::io_uring_enter},
                               Named{"io_submit", Call::io_submit},
                               Named{"unlink", Call::unlink},
                               Named{"unlinkat", Call::unlinkat}};

// linux/audit.h of the building machine may not know it yet.
constexpr std::uint32_t kArchLoongArch64 = 0xc0000102U;
constexpr std::uint32_t kX32Bit = 0x40000000U;

/// libseccomp's token; it uses AUDIT_ARCH_* itself, with fallbacks for what it does not know.
std::uint32_t seccomp_arch(std::uint32_t arch) {
  switch (arch) {
    case kArchLoongArch64:
      return static_cast<std::uint32_t>(SCMP_ARCH_RISCV64);
    case AUDIT_ARCH_ARMEB:
      return static_cast<std::uint32_t>(SCMP_ARCH_ARM);
    default:
      return arch;
  }
}

/// EM_MIPS, with the flags of byte order, width and calling convention (linux/audit.h).
constexpr bool is_mips(std::uint32_t arch) {
  return (arch & 0xffffU) == 8;
}
constexpr bool is_parisc(std::uint32_t arch) {
  return (arch & 0xffffU) == 15;
}

/// The number that a table begins with. Source: arch/mips/include/uapi/asm/unistd.h.
std::uint32_t base_of(std::uint32_t arch) {
  constexpr std::uint32_t k64Bit = 0x80000000U;
  constexpr std::uint32_t kN32 = 0x20000000U;
  if (!is_mips(arch)) {
    return 0;
  }
  return (arch & k64Bit) == 0 ? 4000U : (arch & kN32) != 0 ? 6000U : 5000U;
}

void fill(std::array<Call, 1024>& table, std::uint32_t arch) {
  table.fill(Call::other);
  if (arch == 0) {
    return;  // SCMP_ARCH_NATIVE: the machine that reads, not the one that wrote
  }
  for (const Named& named : kNames) {
    const int number = seccomp_syscall_resolve_name_arch(seccomp_arch(arch), named.name);
    // Negative: not on this architecture. On i386, ppc and s390 it also stands for calls that came
    // after socketcall; their numbers are added below.
    const std::uint32_t at = static_cast<std::uint32_t>(number) - base_of(arch);
    if (number >= 0 && at < table.size()) {
      table[at] = named.call;
    }
  }
  struct Direct {
    std::uint32_t number;
    Call call;
  };
  if (arch == AUDIT_ARCH_ARM || arch == AUDIT_ARCH_ARMEB) {
    table[102] = Call::socketcall;  // of the old ABI, which has no arch of its own
  }
  // Linux 4.3 gave these architectures direct socket calls beside socketcall(2).
  if (arch == AUDIT_ARCH_I386) {
    constexpr std::array kDirect = {
        Direct{102, Call::socketcall},  Direct{345, Call::sendmmsg},    Direct{337, Call::recvmmsg},
        Direct{359, Call::socket},      Direct{360, Call::socketpair},  Direct{361, Call::bind},
        Direct{362, Call::connect},     Direct{363, Call::listen},      Direct{364, Call::accept4},
        Direct{367, Call::getsockname}, Direct{368, Call::getpeername}, Direct{369, Call::sendto},
        Direct{370, Call::sendmsg},     Direct{371, Call::recvfrom},    Direct{372, Call::recvmsg},
        Direct{373, Call::shutdown}};
    for (const Direct& direct : kDirect) {
      table[direct.number] = direct.call;
    }
  }
  if (arch == AUDIT_ARCH_PPC || arch == AUDIT_ARCH_PPC64 || arch == AUDIT_ARCH_PPC64LE) {
    constexpr std::array kDirect = {Direct{102, Call::socketcall},  Direct{326, Call::socket},
                                    Direct{327, Call::bind},        Direct{328, Call::connect},
                                    Direct{329, Call::listen},      Direct{330, Call::accept},
                                    Direct{331, Call::getsockname}, Direct{332, Call::getpeername},
                                    Direct{333, Call::socketpair},  Direct{334, Call::send},
                                    Direct{335, Call::sendto},      Direct{336, Call::recv},
                                    Direct{337, Call::recvfrom},    Direct{338, Call::shutdown},
                                    Direct{341, Call::sendmsg},     Direct{342, Call::recvmsg},
                                    Direct{343, Call::recvmmsg},    Direct{344, Call::accept4},
                                    Direct{349, Call::sendmmsg}};
    for (const Direct& direct : kDirect) {
      table[direct.number] = direct.call;
    }
  }
  if (arch == AUDIT_ARCH_S390 || arch == AUDIT_ARCH_S390X) {
    constexpr std::array kDirect = {
        Direct{102, Call::socketcall},  Direct{357, Call::recvmmsg},    Direct{358, Call::sendmmsg},
        Direct{359, Call::socket},      Direct{360, Call::socketpair},  Direct{361, Call::bind},
        Direct{362, Call::connect},     Direct{363, Call::listen},      Direct{364, Call::accept4},
        Direct{367, Call::getsockname}, Direct{368, Call::getpeername}, Direct{369, Call::sendto},
        Direct{370, Call::sendmsg},     Direct{371, Call::recvfrom},    Direct{372, Call::recvmsg},
        Direct{373, Call::shutdown}};
    for (const Direct& direct : kDirect) {
      table[direct.number] = direct.call;
    }
  }
  if (arch == AUDIT_ARCH_X86_64) {
    // x32 shares the low numbers and has these of its own (arch/x86/entry/syscalls).
    constexpr std::array kX32 = {
        Direct{515, Call::readv},     Direct{516, Call::writev},   Direct{517, Call::recvfrom},
        Direct{518, Call::sendmsg},   Direct{519, Call::recvmsg},  Direct{520, Call::execve},
        Direct{532, Call::vmsplice},  Direct{534, Call::preadv},   Direct{535, Call::pwritev},
        Direct{537, Call::recvmmsg},  Direct{538, Call::sendmmsg}, Direct{514, Call::ioctl},
        Direct{544, Call::io_submit}, Direct{545, Call::execveat}, Direct{546, Call::preadv},
        Direct{547, Call::pwritev}};
    for (const Direct& x32 : kX32) {
      table[x32.number] = x32.call;
    }
  }
}

}  // namespace

// A log may name arch 0 first, which is also what last_arch_ begins with.
SyscallTables::SyscallTables() {
  use_table(0);
}
SyscallTables::~SyscallTables() = default;

bool SyscallTables::knows(std::uint32_t arch) {
  return arch != 0 && seccomp_syscall_resolve_name_arch(seccomp_arch(arch), "execve") >= 0;
}

void SyscallTables::use_table(std::uint32_t arch) {
  last_arch_ = arch;
  last_base_ = base_of(arch);
  for (const Entry& entry : tables_) {
    if (entry.arch == arch) {
      last_ = entry.table.get();
      return;
    }
  }
  // A log can name any number as its arch: only the first few get a table.
  constexpr std::size_t kMaxTables = 64;
  static const Table kNone{};
  if (tables_.size() >= kMaxTables) {
    last_ = &kNone;
    return;
  }
  auto table = std::make_unique<Table>();
  fill(*table, arch);
  tables_.push_back({arch, std::move(table)});
  last_ = tables_.back().table.get();
}

Call SyscallTables::find_slowly(std::uint32_t arch, std::uint32_t number) {
  use_table(arch);
  if (arch == AUDIT_ARCH_X86_64 && (number & kX32Bit) != 0) {
    number &= ~kX32Bit;
  }
  number -= last_base_;
  return number < kNumbers ? (*last_)[number] : Call::other;
}

std::int64_t common_exit(std::uint32_t arch, std::int64_t exit) {
  struct Errno {
    std::int64_t own;
    std::int64_t common;
  };
  constexpr std::array kMips = {Errno{-150, -115}, Errno{-149, -114}, Errno{-133, -106}};
  constexpr std::array kParisc = {Errno{-245, -115}, Errno{-244, -114}, Errno{-233, -106}};
  if (is_mips(arch) || is_parisc(arch)) {
    for (const Errno& error : is_mips(arch) ? kMips : kParisc) {
      if (error.own == exit) {
        return error.common;
      }
    }
  }
  return exit;
}

std::uint64_t common_socket_type(std::uint32_t arch, std::uint64_t type) {
  constexpr std::uint64_t kKind = 0xf;
  const bool swapped = is_mips(arch) && ((type & kKind) == 1 || (type & kKind) == 2);
  return swapped ? type ^ 3U : type;
}

Call SyscallTables::socketcall(std::uint64_t number) {
  constexpr std::array kCalls = {
      Call::other,   Call::socket,      Call::bind,        Call::connect,    Call::listen,
      Call::accept,  Call::getsockname, Call::getpeername, Call::socketpair, Call::send,
      Call::recv,    Call::sendto,      Call::recvfrom,    Call::shutdown,   Call::other,
      Call::other,   Call::sendmsg,     Call::recvmsg,     Call::accept4,    Call::recvmmsg,
      Call::sendmmsg};
  return number < kCalls.size() ? kCalls[number] : Call::other;
}

std::string_view to_word(Call call) {
  if (call == Call::pread) {
    return "pread64";
  }
  if (call == Call::pwrite) {
    return "pwrite64";
  }
  for (const Named& named : kNames) {
    if (named.call == call) {
      return named.name;
    }
  }
  return "other";
}

}  // namespace auexfil::audit
