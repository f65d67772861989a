#include "output.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "auexfil/report/safe.hpp"
#include "progress.hpp"

namespace auexfil::cli {

void tell(std::string_view text) {
  const std::string line = fmt::format("{}auexfil: {}\n", progress_eraser(), report::to_safe(text));
  static_cast<void>(std::fwrite(line.data(), 1, line.size(), stderr));
}

Output::Output(const std::string& path, std::int64_t now_s) {
  if (path.empty() || path == "-") {
    file_ = stdout;
    return;
  }
  std::array<char, 4096> expanded{};
  const std::time_t now = static_cast<std::time_t>(now_s);
  std::tm parts{};
  gmtime_r(&now, &parts);
  if (std::strftime(expanded.data(), expanded.size(), path.c_str(), &parts) == 0) {
    throw OutputError(fmt::format("{}: no usable name for an output file", path));
  }
  path_ = expanded.data();
  open_file();
}

void Output::open_file() {
  struct stat info {};
  const bool exists = stat(path_.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) {
    throw OutputError(fmt::format("{}: is a folder; name a file in it", path_));
  }
  int fd = -1;
  if (exists && !S_ISREG(info.st_mode)) {
    fd = open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  } else {
    std::error_code error;
    if (const auto real = std::filesystem::canonical(path_, error); !error) {
      path_ = real.string();
    }
    aside_ = fmt::format("{}.{}.tmp", path_, getpid());
    // Logs hold command lines: for the owner and group alone until somebody decides otherwise.
    fd = open(aside_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  }
  file_ = fd < 0 ? nullptr : fdopen(fd, "w");
  if (file_ == nullptr) {
    if (fd < 0) {
      aside_.clear();  // not ours
    }
    fail();
  }
}

void Output::fail() const {
  if (errno == EPIPE) {
    throw ClosedPipe{};
  }
  throw OutputError(fmt::format("{}: cannot be written ({})",
                                path_.empty() ? "standard output" : path_, std::strerror(errno)));
}

Output::~Output() {
  if (file_ != nullptr && file_ != stdout) {
    std::fclose(file_);
  }
  if (!aside_.empty() && !done_) {
    unlink(aside_.c_str());
  }
}

void Output::flush() {
  if (std::fwrite(text_.data(), 1, text_.size(), file_) != text_.size()) {
    fail();
  }
  text_.clear();
}

void Output::finish() {
  flush();
  if (std::fflush(file_) != 0) {
    fail();
  }
  if (!aside_.empty()) {
    const bool synced = fsync(fileno(file_)) == 0;
    const bool closed = std::fclose(file_) == 0;
    file_ = nullptr;
    if (!synced || !closed || std::rename(aside_.c_str(), path_.c_str()) != 0) {
      fail();
    }
  }
  done_ = true;
}

}  // namespace auexfil::cli
