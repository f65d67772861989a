#include "../../src/cli/confine.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <functional>
#include <netinet/in.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <catch2/catch.hpp>

#include "../../src/cli/privileges.hpp"
#include "../in_child.hpp"
#include "../input/files.hpp"

namespace auexfil::cli::test {
namespace {

using auexfil::test::forget_calls;
using auexfil::test::in_child;
using input::test::TempFolder;

constexpr int kPassed = 0;
constexpr int kLacking = 99;  // this kernel cannot do it

/// What a call that returns -1 or something else was refused with, 0: it was not.
int error_of(long result) {
  return result < 0 ? errno : 0;
}

int error_of_open(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, 0600);
  const int error = error_of(fd);
  if (fd >= 0) {
    close(fd);
  }
  return error;
}

/// One thing that is tried in the child, and the errno that it must end with.
struct Try {
  const char* what;
  std::function<int()> error;
  int expected;
};

/// \return kPassed, or which of them, from 1, ended otherwise.
int first_wrong(const std::vector<Try>& tries) {
  for (std::size_t i = 0; i < tries.size(); ++i) {
    if (tries[i].error() != tries[i].expected) {
      return static_cast<int>(i) + 1;
    }
  }
  return kPassed;
}

void check(const std::vector<Try>& tries, int result) {
  if (result == kLacking) {
    WARN("skipped: this kernel cannot confine");
    return;
  }
  INFO((result > 0 && static_cast<std::size_t>(result) <= tries.size()
            ? tries[static_cast<std::size_t>(result) - 1].what
            : "the child ended early"));
  CHECK(result == kPassed);
}

bool holds(const std::string& line) {
  return line.starts_with("confined by ");
}

}  // namespace

TEST_CASE(
    "confined: inputs can be read, the output appears in its folder, and no other file opens") {
  const TempFolder folder;
  const std::string elsewhere = folder.write("elsewhere/secret", "x");
  folder.write("elsewhere/log", "x");
  folder.write("elsewhere/linked/audit.log.1", "x");
  const std::string log = folder.write("in/audit.log", "x");
  folder.write("pile/deep/down/audit.log", "x");
  folder.link("named-link", folder / "elsewhere/log");
  folder.link("folder-link", folder / "elsewhere/linked");
  folder.link("pile/leads-out", elsewhere);
  folder.write("out/old.csv", "old");
  REQUIRE(mkfifo((folder / "named-fifo").c_str(), 0600) == 0);
  int pipe_ends[2] = {};
  REQUIRE(pipe2(pipe_ends, O_CLOEXEC) == 0);
  const std::string pipe_name = "/proc/self/fd/" + std::to_string(pipe_ends[0]);
  const auto reads = [](std::string path) {
    return [path = std::move(path)] { return error_of_open(path, O_RDONLY); };
  };
  const auto writes = [](std::string path, int flags) {
    return [path = std::move(path), flags] { return error_of_open(path, O_WRONLY | flags); };
  };
  const std::vector<Try> tries = {
      {"a file", reads(log), 0},
      {"beneath a folder", reads(folder / "pile/deep/down/audit.log"), 0},
      {"a folder", reads(folder / "pile/deep"), 0},
      {"a link's file", reads(folder / "named-link"), 0},
      {"a link's folder", reads(folder / "folder-link/audit.log.1"), 0},
      {"a pipe with a name", reads(folder / "named-fifo"), 0},
      {"a pipe without one", reads(pipe_name), 0},
      {"its own memory", reads("/proc/self/statm"), 0},
      {"zones", reads("/usr/share/zoneinfo"), error_of_open("/usr/share/zoneinfo", O_RDONLY)},
      {"a file that was not named", reads(elsewhere), EACCES},
      {"beside a file that was", reads(folder / "in"), EACCES},
      {"beside a link's file", reads(folder / "elsewhere"), EACCES},
      {"out of a folder by a link", reads(folder / "pile/leads-out"), EACCES},
      {"out of a folder by ..", reads(folder / "pile/../elsewhere/secret"), EACCES},
      {"this machine's", reads("/etc/passwd"), EACCES},
      {"what is gone", reads(folder / "gone"), ENOENT},
      {"writing an input", writes(log, 0), EACCES},
      {"writing beside it", writes(folder / "in/new", O_CREAT | O_EXCL), EACCES},
      {"writing into a folder that is read", writes(folder / "pile/new", O_CREAT), EACCES},
      {"reading what was written before", reads(folder / "out/old.csv"), EACCES},
      {"the output, aside", writes(folder / "out/new.tmp", O_CREAT | O_EXCL), 0},
      {"the output, in its place",
       [&] {
         return error_of(
             rename((folder / "out/new.tmp").c_str(), (folder / "out/old.csv").c_str()));
       },
       0},
      {"the output, elsewhere",
       [&] {
         return error_of(rename((folder / "out/old.csv").c_str(), (folder / "pile/x").c_str())) != 0
                    ? EACCES
                    : 0;
       },
       EACCES},
      {"taking it away", [&] { return error_of(unlink((folder / "out/old.csv").c_str())); }, 0},
      {"taking an input away", [&] { return error_of(unlink(log.c_str())); }, EACCES},
      {"a folder for it", [&] { return error_of(mkdir((folder / "out/x").c_str(), 0700)); },
       EACCES},
  };
  const Access access{{log, folder / "pile", folder / "named-link", folder / "folder-link",
                       folder / "named-fifo", pipe_name, folder / "gone"},
                      {folder / "out"},
                      {}};
  check(tries,
        in_child([&] { return holds(confine(access).front()) ? first_wrong(tries) : kLacking; }));
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

TEST_CASE("confined: an output that is there and is no file is written to, nothing beside it") {
  const TempFolder folder;
  folder.write("beside", "x");
  const std::vector<Try> tries = {
      {"the device", [] { return error_of_open("/dev/null", O_WRONLY); }, 0},
      {"another", [] { return error_of_open("/dev/zero", O_WRONLY); }, EACCES},
      {"a file", [&] { return error_of_open(folder / "beside", O_WRONLY); }, EACCES},
  };
  check(tries, in_child([&] {
          return holds(confine({{}, {"/dev/null"}, {}}).front()) ? first_wrong(tries) : kLacking;
        }));
}

TEST_CASE("confined: a file that is kept is read, written and cut, in its folder alone") {
  const TempFolder folder;
  folder.write("kept/state", "x");
  folder.write("beside", "x");
  const std::vector<Try> tries = {
      {"it", [&] { return error_of_open(folder / "kept/state", O_RDWR); }, 0},
      {"cut", [&] { return error_of_open(folder / "kept/state", O_RDWR | O_TRUNC); }, 0},
      {"a journal", [&] { return error_of_open(folder / "kept/j", O_RDWR | O_CREAT | O_EXCL); }, 0},
      {"taking that away", [&] { return error_of(unlink((folder / "kept/j").c_str())); }, 0},
      {"a file", [&] { return error_of_open(folder / "beside", O_RDONLY); }, EACCES},
  };
  check(tries, in_child([&] {
          return holds(confine({{}, {}, folder / "kept"}).front()) ? first_wrong(tries) : kLacking;
        }));
}

TEST_CASE("confined: of root's privileges the one to read any log is left") {
  if (geteuid() != 0) {
    WARN("skipped: needs root");
    return;
  }
  const TempFolder folder;
  const std::string log = folder.write("in/audit.log", "x");
  folder.write("in/shut", "x");
  folder.write("out/old", "x");
  REQUIRE(chmod(log.c_str(), 0) == 0);
  REQUIRE(chmod((folder / "in/shut").c_str(), 0400) == 0);
  REQUIRE(chown((folder / "out").c_str(), 1, 1) == 0);
  const auto tries = [&](int others) {
    return std::vector<Try>{
        {"a log that nobody may read", [&] { return error_of_open(log, O_RDONLY); }, 0},
        {"its owner", [&] { return error_of(chown(log.c_str(), 1, 1)); }, EPERM},
        {"a file in another's folder",
         [&] { return error_of_open(folder / "out/new", O_WRONLY | O_CREAT); }, others},
        {"the name of the machine", [] { return error_of(sethostname("x", 1)); }, EPERM},
    };
  };
  const auto left = [&](const Access& access, int others) {
    return in_child([&] {
      return give_up_privileges(access).starts_with("given up") ? first_wrong(tries(others))
                                                                : kLacking;
    });
  };
  check(tries(EACCES), left({{log}, {}, {}}, EACCES));
  check(tries(0), left({{log}, {folder / "out"}, {}}, 0));
}

TEST_CASE("confined: no sockets, no programs, no other process, in any thread") {
  char word[] = "x";
  iovec part{word, sizeof word};
  std::array<const char*, 2> argv{"true", nullptr};
  int ends[2] = {};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const auto* const to = reinterpret_cast<const sockaddr*>(&address);
  const auto argv_of_call = const_cast<char* const*>(argv.data());
  const std::vector<Try> tries = {
      {"socket", [] { return error_of(socket(AF_INET, SOCK_STREAM, 0)); }, EPERM},
      {"socket of unix", [] { return error_of(socket(AF_UNIX, SOCK_DGRAM, 0)); }, EPERM},
      {"socketpair",
       [] {
         int two[2];
         return error_of(socketpair(AF_UNIX, SOCK_STREAM, 0, two));
       },
       EPERM},
      {"connect", [&] { return error_of(connect(ends[0], to, sizeof address)); }, EPERM},
      {"listen", [&] { return error_of(listen(ends[0], 1)); }, EPERM},
      {"execve", [&] { return error_of(execv("/bin/true", argv_of_call)); }, EPERM},
      {"execveat",
       [&] {
         return error_of(syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv_of_call, nullptr, 0));
       },
       EPERM},
      {"process_vm_readv",
       [&] { return error_of(process_vm_readv(getppid(), &part, 1, &part, 1, 0)); }, EPERM},
      {"process_vm_writev",
       [&] { return error_of(process_vm_writev(getppid(), &part, 1, &part, 1, 0)); }, EPERM},
      {"io_uring", [] { return error_of(syscall(SYS_io_uring_setup, 1, nullptr)); }, EPERM},
      {"typing", [&] { return error_of(ioctl(ends[0], TIOCSTI, word)); }, EPERM},
      {"typing, by a number that the kernel cuts",
       [&] { return error_of(syscall(SYS_ioctl, ends[0], (1UL << 32U) | TIOCSTI, word)); }, EPERM},
      {"another question to a descriptor",
       [&] {
         int left = 0;
         return error_of(ioctl(ends[0], FIONREAD, &left));
       },
       0},
      {"a thread",
       [] {
         int error = 0;
         std::thread([&error] { error = error_of(socket(AF_INET, SOCK_STREAM, 0)); }).join();
         return error;
       },
       EPERM},
  };
  check(tries, in_child([&] {
          const std::vector<std::string> said = confine({});
          return said.size() == 2 && holds(said[1]) ? first_wrong(tries) : kLacking;
        }));
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("confined: nobody is traced") {
  if (kSanitized) {
    return;  // its leak checker needs it
  }
  const std::vector<Try> tries = {
      {"ptrace", [] { return error_of(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }, EPERM}};
  check(tries, in_child([&] {
          const std::vector<std::string> said = confine({});
          return said.size() == 2 && holds(said[1]) ? first_wrong(tries) : kLacking;
        }));
}

TEST_CASE("confined: a kernel without Landlock is said, and the rest holds") {
  std::vector<std::string> said;
  const std::vector<Try> tries = {
      {"what is said",
       [&] {
         return said ==
                        std::vector<std::string>{
                            "not confined by Landlock: Function not implemented",
                            "confined by seccomp: no sockets, no other programs or processes"}
                    ? 0
                    : 1;
       },
       0},
      {"files open as before", [] { return error_of_open("/etc/passwd", O_RDONLY); }, 0},
      {"sockets", [] { return error_of(socket(AF_INET, SOCK_STREAM, 0)); }, EPERM}};
  check(tries, in_child([&] {
          if (!forget_calls(
                  {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"})) {
            return kLacking;
          }
          said = confine({});
          return first_wrong(tries);
        }));
}

TEST_CASE("confined: a kernel without filters is said, and the rest holds") {
  std::vector<std::string> said;
  const std::vector<Try> tries = {
      {"what is said",
       [&] {
         return said.size() == 2 && holds(said[0]) &&
                        said[1].starts_with("not confined by seccomp: ")
                    ? 0
                    : 1;
       },
       0},
      {"files", [] { return error_of_open("/etc/passwd", O_RDONLY); }, EACCES},
      {"sockets", [] { return error_of(socket(AF_UNIX, SOCK_STREAM, 0)); }, 0}};
  check(tries, in_child([&] {
          const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
          const bool lacks =
              seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(seccomp), 0) == 0 &&
              seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
                               scmp_arg_cmp{0, SCMP_CMP_EQ, PR_SET_SECCOMP, 0}) == 0 &&
              seccomp_load(filter) == 0;
          said = confine({});
          return lacks && holds(said.front()) ? first_wrong(tries) : kLacking;
        }));
}

}  // namespace auexfil::cli::test
