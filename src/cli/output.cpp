#include "output.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace auexfil::cli {

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
  aside_ = fmt::format("{}.{}.tmp", path_, getpid());
  // Logs hold command lines: for the owner alone until somebody decides otherwise.
  const int fd = open(aside_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  file_ = fd < 0 ? nullptr : fdopen(fd, "w");
  if (file_ == nullptr) {
    throw OutputError(fmt::format("{}: cannot be written ({})", path_, std::strerror(errno)));
  }
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
    if (errno == EPIPE) {
      throw ClosedPipe{};
    }
    throw OutputError(fmt::format("{}: cannot be written ({})",
                                  path_.empty() ? "standard output" : path_, std::strerror(errno)));
  }
  text_.clear();
}

void Output::finish() {
  flush();
  if (std::fflush(file_) != 0) {
    if (errno == EPIPE) {
      throw ClosedPipe{};
    }
    throw OutputError(fmt::format("{}: cannot be written ({})",
                                  path_.empty() ? "standard output" : path_, std::strerror(errno)));
  }
  if (!aside_.empty()) {
    const bool closed = fsync(fileno(file_)) == 0 && std::fclose(file_) == 0;
    file_ = nullptr;
    if (!closed || std::rename(aside_.c_str(), path_.c_str()) != 0) {
      throw OutputError(fmt::format("{}: cannot be written ({})", path_, std::strerror(errno)));
    }
  }
  done_ = true;
}

}  // namespace auexfil::cli
