#include "confine.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <iconv.h>
#include <memory>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>
#include <seccomp.h>

#if __has_include(<linux/landlock.h>) && defined(SYS_landlock_create_ruleset)
#include <linux/landlock.h>
#define AUEXFIL_WITH_LANDLOCK
#endif

namespace auexfil::cli {
namespace {

constexpr const char* kOwnMemory = "/proc/self/statm";

/// What libraries read as they go.
constexpr std::array kOfLibraries = {
    "/usr/share/zoneinfo",             // times of an image's tables, by its zone
    "/usr/lib/locale",                 // C.UTF-8, for the names in archives
    "/usr/share/locale/locale.alias",  // other names of it
    "/sys/devices/system/cpu/online",  // how many threads are worth it
    "/proc/sys/vm/overcommit_memory",  // how threads give memory back
    kOwnMemory,                        // when tables must stop growing
};

/// What they read once, at the first call.
void read_what_is_read_once() {
  ::tzset();                                           // this machine's zone, for times in zips
  const iconv_t any = ::iconv_open("UTF-8", "UTF-8");  // the list of encodings
  if (any != reinterpret_cast<iconv_t>(-1)) {  // NOLINT(performance-no-int-to-ptr): iconv(3)
    ::iconv_close(any);
  }
}

std::string not_by(const char* what, int error) {
  return fmt::format("not confined by {}: {}", what, std::strerror(error));
}

#ifdef AUEXFIL_WITH_LANDLOCK

/// struct landlock_ruleset_attr as of version 6 of the interface; older kernels take its beginning.
struct Handled {
  std::uint64_t files;
  std::uint64_t net;     // from version 4 on
  std::uint64_t scoped;  // from version 6 on
};

// What the headers that we are built with may be too old for; uapi/linux/landlock.h.
constexpr std::uint64_t kTruncate = 1U << 14U;     // version 3
constexpr std::uint64_t kIoctlDevice = 1U << 15U;  // version 5
constexpr std::uint64_t kBindAndConnect = 3;       // TCP
constexpr std::uint64_t kSocketsAndSignals = 3;    // abstract ones, to who is not confined with us

constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kReadFolder = kReadFile | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWriteFile = LANDLOCK_ACCESS_FS_WRITE_FILE;
/// Written aside, then renamed over what was there.
constexpr std::uint64_t kWriteFolder =
    kWriteFile | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;

class Descriptor {
 public:
  explicit Descriptor(long fd) : fd_(static_cast<int>(fd)) {}
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// All that a kernel of this version can forbid: rules allow what is needed of it.
Handled handled_by(long version) {
  Handled handled{};
  handled.files = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1;  // all of version 1
  handled.files |= version >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0U;
  handled.files |= version >= 3 ? kTruncate : 0U;
  handled.files |= version >= 5 ? kIoctlDevice : 0U;
  handled.net = version >= 4 ? kBindAndConnect : 0U;
  handled.scoped = version >= 6 ? kSocketsAndSignals : 0U;
  return handled;
}

std::size_t size_for(long version) {
  return version >= 6   ? sizeof(Handled)
         : version >= 4 ? offsetof(Handled, scoped)
                        : offsetof(Handled, net);
}

/// \return 0 or errno. What cannot be opened now cannot be later.
int allow(const Descriptor& rules, const std::string& path, std::uint64_t of_file,
          std::uint64_t of_folder) {
  const Descriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat found {};
  if (place.get() < 0 || ::fstat(place.get(), &found) != 0) {
    return 0;
  }
  landlock_path_beneath_attr rule{};
  rule.allowed_access = S_ISDIR(found.st_mode) ? of_folder : of_file;
  rule.parent_fd = place.get();
  if (::syscall(SYS_landlock_add_rule, rules.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) {
    return 0;
  }
  return errno == EBADFD ? 0 : errno;  // a pipe that has no name (/dev/fd/63): always allowed
}

int allow_all(const Descriptor& rules, const Access& access, long version) {
  int error = 0;
  const auto read = [&](const std::string& path) {
    error = error != 0 ? error : allow(rules, path, kReadFile, kReadFolder);
  };
  for (const char* const path : kOfLibraries) {
    read(path);
  }
  for (const std::string& path : access.reads) {
    read(path);
  }
  if (kSanitized) {
    read("/proc");
  }
  for (const std::string& path : access.writes) {
    error = error != 0 ? error : allow(rules, path, kWriteFile, kWriteFolder);
  }
  if (error == 0 && !access.keeps.empty()) {
    const std::uint64_t all = kReadFile | kWriteFolder | (version >= 3 ? kTruncate : 0U);
    error = allow(rules, access.keeps, all, all);
  }
  return error;
}

std::string confine_files(const Access& access) {
  constexpr const char* kName = "Landlock";
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 0) {
    return not_by(kName, errno);
  }
  const Handled handled = handled_by(version);
  const Descriptor rules(::syscall(SYS_landlock_create_ruleset, &handled, size_for(version), 0));
  if (rules.get() < 0) {
    return not_by(kName, errno);
  }
  // A rule is for an inode, and proc makes a file's anew once nobody holds it: held to the end.
  static_cast<void>(::open(kOwnMemory, O_PATH | O_CLOEXEC));
  if (const int error = allow_all(rules, access, version); error != 0) {
    return not_by(kName, error);
  }
  if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) {
    return not_by(kName, errno);
  }
  std::vector<std::string> written = access.writes;
  if (!access.keeps.empty()) {
    written.push_back(access.keeps);
  }
  return fmt::format("confined by Landlock (version {}): reads its inputs, writes {}, no more",
                     version,
                     written.empty() ? "no file" : fmt::format("{}", fmt::join(written, ", ")));
}

#else

std::string confine_files(const Access& /*access*/) {
  return "not confined by Landlock: built without it";
}

#endif

/// Refused, not the end of the process: a library that only tries gets its answer, and the findings
/// of a run are not lost with it. Whoever means harm has no more of one than of the other.
constexpr std::uint32_t kRefuse = SCMP_ACT_ERRNO(EPERM);

constexpr std::array kForbidden = {
    "socket",           "socketpair",        "connect",     "bind", "listen",
    "accept",           "accept4",                                             // network
    "execve",           "execveat",                                            // programs
    "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "ptrace",  // processes
    "io_uring_setup",  // its rings do all of the above without a call
};

int forbid(scmp_filter_ctx filter) {
  for (const std::string_view name : kForbidden) {
    const int number = seccomp_syscall_resolve_name(name.data());
    if (number == __NR_SCMP_ERROR || (kSanitized && name == "ptrace")) {
      continue;
    }
    if (const int error = seccomp_rule_add(filter, kRefuse, number, 0); error != 0) {
      return error;
    }
  }
  // Puts words into the terminal that its shell then takes for typed.
  for (const std::uint64_t request : {std::uint64_t{TIOCSTI}, std::uint64_t{TIOCLINUX}}) {
    constexpr std::uint64_t kLow = 0xFFFFFFFF;  // all that the kernel looks at
    const scmp_arg_cmp is_request{1, SCMP_CMP_MASKED_EQ, kLow, request};
    if (const int error = seccomp_rule_add_array(filter, kRefuse, SCMP_SYS(ioctl), 1, &is_request);
        error != 0) {
      return error;
    }
  }
  return 0;
}

std::string confine_calls() {
  constexpr const char* kName = "seccomp";
  const std::unique_ptr<void, decltype(&seccomp_release)> filter(seccomp_init(SCMP_ACT_ALLOW),
                                                                 &seccomp_release);
  if (filter == nullptr) {
    return not_by(kName, ENOMEM);
  }
  // Kernels before 5.16 slow down who is filtered, against code that it runs for others: we run
  // none. Not all libraries know it.
  static_cast<void>(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_SSB, 1));
  int error = forbid(filter.get());
  error = error != 0 ? error : seccomp_load(filter.get());
  return error != 0 ? not_by(kName, -error)
                    : "confined by seccomp: no sockets, no other programs or processes";
}

}  // namespace

std::vector<std::string> confine(const Access& access) {
  read_what_is_read_once();
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return {not_by("Landlock and seccomp", errno)};
  }
  return {confine_files(access), confine_calls()};
}

}  // namespace auexfil::cli
