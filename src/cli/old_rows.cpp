#include "old_rows.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "output.hpp"

namespace auexfil::cli {
namespace {

/// It is read whole in each run, and its rows are remembered.
constexpr off_t kMostBytes = off_t{64} << 20;

std::string_view without_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) {
    line.remove_suffix(1);
  }
  return line;
}

/// \return whether a line was left.
bool read_line(std::FILE* file, std::string& line) {
  char* text = nullptr;
  std::size_t size = 0;
  const ssize_t length = ::getline(&text, &size, file);
  line.assign(text != nullptr && length > 0 ? text : "",
              length > 0 ? static_cast<std::size_t>(length) : 0);
  std::free(text);  // NOLINT: getline(3)
  return length > 0;
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw OutputError(fmt::format("{}: {}", path, why));
}

/// Locked, and what the name leads to still when it is: whoever held it has put another in its
/// place. \return null where there is none, or one without a byte.
std::FILE* open_locked(const std::string& path, bool quiet) {
  for (;;) {
    struct stat there {};
    if (::stat(path.c_str(), &there) != 0 || !S_ISREG(there.st_mode)) {
      return nullptr;
    }
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
      return nullptr;
    }
    std::FILE* const file = fd < 0 ? nullptr : ::fdopen(fd, "r");
    if (file == nullptr) {
      refuse(path, fmt::format("cannot be read to be added to ({})", std::strerror(errno)));
    }
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      if (!quiet) {
        print_message(fmt::format("{}: another run adds to it; waiting", path));
      }
      while (::flock(fd, LOCK_EX) != 0 && errno == EINTR) {
      }
    }
    struct stat ours {};
    if (::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
        ours.st_dev == there.st_dev && ours.st_ino == there.st_ino) {
      if (ours.st_size > kMostBytes) {
        std::fclose(file);
        refuse(path, "is larger than 64 MiB; name another file, or leave out --append-new");
      }
      if (ours.st_size > 0) {
        return file;
      }
      std::fclose(file);
      return nullptr;
    }
    std::fclose(file);
  }
}

}  // namespace

std::shared_ptr<OldRows> OldRows::open(const std::string& path, const std::string& header,
                                       bool quiet) {
  std::FILE* const file = open_locked(path, quiet);
  if (file == nullptr) {
    return nullptr;
  }
  std::shared_ptr<OldRows> old(new OldRows(file, without_end(header)));
  std::string line;
  read_line(file, line);
  if (without_end(line) != without_end(header)) {
    refuse(
        path,
        "begins with another header, and no rows can be added to it; name another file, or leave "
        "out --append-new");
  }
  std::rewind(file);
  return old;
}

bool OldRows::copy_to(std::FILE* to) {
  struct stat info {};
  std::string line;
  std::string_view row;
  while (read_line(file_.get(), line)) {
    row = without_end(line);
    if (past_header_) {
      if (std::optional<std::string> key = key_.of(row)) {
        rows_.insert(std::move(*key));
      } else {
        ++broken_;
      }
    }
    past_header_ = true;
    if (std::fwrite(row.data(), 1, row.size(), to) != row.size() || std::fputs("\r\n", to) < 0) {
      return false;
    }
  }
  past_header_ = false;
  return std::ferror(file_.get()) == 0 && ::fstat(::fileno(file_.get()), &info) == 0 &&
         ::fchmod(::fileno(to), info.st_mode & 0777U) == 0;
}

std::string OldRows::only_new(std::string_view text) {
  std::string kept;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string_view line = text.substr(at, end - at);
    const std::optional<std::string> key = key_.of(without_end(line));
    if (past_header_ && (!key || rows_.find(*key) == rows_.end())) {
      kept.append(line);
    }
    past_header_ = true;
    at = end;
  }
  return kept;
}

}  // namespace auexfil::cli
