#include "memory_guard.hpp"

#include <charconv>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace auexfil::pipeline {
namespace {

/// Resident pages, the second number of /proc/self/statm (proc(5)); 0 where there is none.
std::uint64_t resident_bytes() {
  char text[128];
  const int fd = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return 0;
  }
  const ssize_t size = ::read(fd, text, sizeof text);
  ::close(fd);
  const std::string_view all(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::size_t blank = all.find(' ');
  std::uint64_t pages = 0;
  if (blank != std::string_view::npos) {
    static_cast<void>(std::from_chars(all.data() + blank + 1, all.data() + all.size(), pages));
  }
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void MemoryGuard::look() {
  until_look_ = kEvents;
  resident_ = resident_bytes();
}

}  // namespace auexfil::pipeline
