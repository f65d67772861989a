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

#include "aside.hpp"
#include "auexfil/report/safe.hpp"
#include "old_rows.hpp"
#include "progress.hpp"

namespace auexfil::cli {

void print_message(std::string_view text) {
  const std::string line = fmt::format("{}auexfil: {}\n", progress_eraser(), report::to_safe(text));
  static_cast<void>(std::fwrite(line.data(), 1, line.size(), stderr));
}

namespace {

bool is_stdout(const std::string& path) {
  return path.empty() || path == "-";
}

/// Past these somebody has a loop, not a report.
constexpr unsigned kMostOfOneName = 9999;

/// "day/2026-11-29.csv" -> "day/2026-11-29.1.csv"; 0: as it is.
std::string numbered(const std::string& path, unsigned number) {
  if (number == 0) {
    return path;
  }
  const std::filesystem::path name(path);
  const std::string ending = name.extension().string();
  return fmt::format("{}.{}{}", path.substr(0, path.size() - ending.size()), number, ending);
}

/// Without links, where there is one already: the file is replaced, not the link.
std::string without_links(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  return error ? path : real.string();
}

}  // namespace

OutputName output_name(const std::string& pattern, std::int64_t now_s, bool local) {
  if (is_stdout(pattern)) {
    return {pattern, false, nullptr};
  }
  std::array<char, 4096> expanded{};
  const std::time_t now = static_cast<std::time_t>(now_s);
  std::tm parts{};
  tzset();  // localtime_r() need not
  static_cast<void>(local ? localtime_r(&now, &parts) : gmtime_r(&now, &parts));
  if (std::strftime(expanded.data(), expanded.size(), pattern.c_str(), &parts) == 0) {
    throw OutputError(fmt::format("{}: no usable name for an output file", pattern));
  }
  return {expanded.data(), expanded.data() != pattern, nullptr};
}

void add_to_old(OutputName& name, const std::string& header, bool quiet) {
  if (is_stdout(name.path)) {
    return;
  }
  struct stat info {};
  const bool there = stat(name.path.c_str(), &info) == 0;
  name.old = OldRows::open(name.path, header, quiet);
  name.dated = !there && name.old == nullptr;
}

void clear_way(const OutputName& name) {
  struct stat info {};
  if (!is_stdout(name.path) && (stat(name.path.c_str(), &info) != 0 || S_ISREG(info.st_mode))) {
    remove_stale(without_links(name.path));
  }
}

std::string written_place(const std::string& path) {
  if (is_stdout(path)) {
    return {};
  }
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return path;
  }
  const std::string folder = std::filesystem::path(without_links(path)).parent_path().string();
  return folder.empty() ? "." : folder;
}

void keep_apart(const OutputName& one, const OutputName& other) {
  if (is_stdout(one.path) || is_stdout(other.path)) {
    return;
  }
  std::error_code error;
  const auto real = [&error](const OutputName& name) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(name.path, error), error);
  };
  struct stat first {};
  struct stat second {};
  const bool is_same = stat(one.path.c_str(), &first) == 0 && S_ISREG(first.st_mode) &&
                       stat(other.path.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
                       first.st_ino == second.st_ino;
  if (is_same || real(one) == real(other)) {
    throw OutputError(
        fmt::format("{}: is named for two outputs; name a file for each", other.path));
  }
}

Output::Output(const OutputName& name) {
  if (is_stdout(name.path)) {
    file_ = stdout;
    return;
  }
  path_ = name.path;
  dated_ = name.dated;
  old_ = name.old;
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
    path_ = without_links(path_);
    fd = open_aside(path_, aside_);
  }
  file_ = fd < 0 ? nullptr : fdopen(fd, "w");
  if (file_ == nullptr) {
    if (fd < 0) {
      aside_.clear();  // not ours
    }
    fail();
  }
  if (old_ != nullptr && !old_->copy_to(file_)) {
    const int error = errno;
    unlink(aside_.c_str());
    errno = error;
    fail();
  }
  if (old_ != nullptr && old_->broken() > 0) {
    print_message(fmt::format(
        "{}: {} of its rows {} not as many cells as its header, cut short or written by "
        "somebody else; kept as {}, and what is found again is added",
        path_, old_->broken(), old_->broken() == 1 ? "has" : "have",
        old_->broken() == 1 ? "it is" : "they are"));
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
  if (old_ != nullptr) {
    text_ = old_->only_new(text_);
  }
  if (std::fwrite(text_.data(), 1, text_.size(), file_) != text_.size()) {
    fail();
  }
  text_.clear();
}

/// \return false with errno set. No name is asked for and then taken: two runs at once would both
/// find it free.
bool Output::put_in_place() {
  if (!dated_) {
    return std::rename(aside_.c_str(), path_.c_str()) == 0;
  }
  for (unsigned number = 0; number <= kMostOfOneName; ++number) {
    if (const std::string free = numbered(path_, number); rename_to_free(aside_, free)) {
      path_ = free;
      return true;
    }
    if (errno != EEXIST) {
      return false;
    }
  }
  return false;
}

void Output::seal() {
  flush();
  if (std::fflush(file_) != 0) {
    fail();
  }
  if (!aside_.empty()) {
    const bool synced = fsync(fileno(file_)) == 0;
    const bool closed = std::fclose(file_) == 0;
    file_ = nullptr;
    if (!synced || !closed) {
      fail();
    }
  }
  sealed_ = true;
}

void Output::finish() {
  if (!sealed_) {
    seal();
  }
  if (!aside_.empty() && !put_in_place()) {
    fail();
  }
  done_ = true;
}

}  // namespace auexfil::cli
