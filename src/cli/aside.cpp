#include "aside.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

namespace auexfil::cli {
namespace {

constexpr std::string_view kEnd = ".tmp";

/// Is `name` what open_aside() calls a file for `file`, of a process that is no more? In a
/// container each run may have the same pid.
bool is_of_the_dead(std::string_view name, std::string_view file) {
  if (!name.starts_with(file) || !name.ends_with(kEnd) ||
      name.size() <= file.size() + 1 + kEnd.size() || name[file.size()] != '.') {
    return false;
  }
  const std::string_view numbers =
      name.substr(file.size() + 1, name.size() - file.size() - 1 - kEnd.size());
  int pid = 0;
  const auto [rest, error] = std::from_chars(numbers.data(), numbers.data() + numbers.size(), pid);
  const std::string_view more = numbers.substr(static_cast<std::size_t>(rest - numbers.data()));
  return error == std::errc() && pid > 0 &&
         (more.empty() ||
          (more.front() == '.' && more.find_first_not_of("0123456789", 1) == more.npos)) &&
         (pid == getpid() || (kill(pid, 0) != 0 && errno == ESRCH));
}

/// A file of this user's that nobody holds, and that was not written just now: between its making
/// and its lock lies an instant.
void remove_unless_held(const std::string& path) {
  constexpr std::time_t kJustNow = 60;
  const int fd = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  struct stat info {};
  if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() &&
      info.st_mtim.tv_sec + kJustNow < std::time(nullptr) && flock(fd, LOCK_EX | LOCK_NB) == 0) {
    unlink(path.c_str());
  }
  if (fd >= 0) {
    close(fd);
  }
}

}  // namespace

int open_aside(const std::string& path, std::string& name) {
  constexpr unsigned kMost = 1000;
  for (unsigned number = 0; number < kMost; ++number) {
    name = number == 0 ? fmt::format("{}.{}{}", path, getpid(), kEnd)
                       : fmt::format("{}.{}.{}{}", path, getpid(), number, kEnd);
    // Logs hold command lines: for the owner and group alone until somebody decides otherwise.
    const int fd = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd >= 0) {
      flock(fd, LOCK_EX | LOCK_NB);
      return fd;
    }
    if (errno != EEXIST) {
      return -1;
    }
  }
  return -1;
}

void remove_stale(const std::string& path) {
  const std::filesystem::path file(path);
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (is_of_the_dead(at->path().filename().string(), file.filename().string())) {
      remove_unless_held(at->path().string());
    }
  }
}

bool rename_to_free(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return true;
  }
  // NFS knows no such thing, but has links; FAT the other way round.
  return (errno == EINVAL || errno == ENOSYS) && link(from.c_str(), to.c_str()) == 0 &&
         unlink(from.c_str()) == 0;
}

}  // namespace auexfil::cli
