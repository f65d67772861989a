#include "auexfil/input/tree.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace auexfil::input {
namespace {

namespace fs = std::filesystem;

class DescriptorSource final : public ByteSource {
 public:
  explicit DescriptorSource(int fd) : fd_(fd) {}
  ~DescriptorSource() override { ::close(fd_); }
  DescriptorSource(const DescriptorSource&) = delete;
  DescriptorSource& operator=(const DescriptorSource&) = delete;

  std::size_t read(char* to, std::size_t size) override {
    while (errno_ == 0) {
      const ssize_t got = ::read(fd_, to, size);
      if (got >= 0) {
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) {
        errno_ = errno;
      }
    }
    return 0;
  }
  [[nodiscard]] int error() const noexcept override { return errno_; }
  bool seek(std::uint64_t place) override {
    return errno_ == 0 && ::lseek(fd_, static_cast<off_t>(place), SEEK_SET) >= 0;
  }

 private:
  int fd_;
  int errno_ = 0;
};

class Disk final : public Tree {
 public:
  int stat(const std::string& path, Info& info) const override {
    struct stat found {};
    if ((path == "-" ? ::fstat(STDIN_FILENO, &found) : ::stat(path.c_str(), &found)) != 0) {
      return errno;
    }
    info.kind = S_ISREG(found.st_mode)   ? Kind::file
                : S_ISDIR(found.st_mode) ? Kind::folder
                                         : Kind::other;
    info.bytes = info.kind == Kind::file ? static_cast<std::uint64_t>(found.st_size) : 0;
    info.device = found.st_dev;
    info.inode = found.st_ino;
    info.mode = found.st_mode & 07777U;
    info.uid = found.st_uid;
    info.gid = found.st_gid;
    info.changed = found.st_mtim.tv_sec;
    return 0;
  }

  int list(const std::string& folder, std::vector<Entry>& entries) const override {
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      std::error_code unknown;
      entries.push_back({it->path().filename().string(), it->is_symlink(unknown)     ? Kind::link
                                                         : it->is_directory(unknown) ? Kind::folder
                                                         : it->is_regular_file(unknown)
                                                             ? Kind::file
                                                             : Kind::other});
    }
    return error.value();
  }

  int read_link(const std::string& path, std::string& target) const override {
    std::error_code error;
    target = fs::read_symlink(path, error).string();
    return error.value();
  }

  std::string real_path(const std::string& path) const override {
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    return error ? std::string() : real.string();
  }

  std::unique_ptr<ByteSource> open(const std::string& path, int& error) const override {
    // A pipe that the user names is waited for. What was a file a moment ago is not.
    const bool expects_file = path != "-" && is_file(path);
    const int waits = expects_file ? O_NONBLOCK : 0;
    const int fd = path == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                               : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | waits);
    if (fd < 0) {
      error = errno;
      return nullptr;
    }
    struct stat opened {};
    if (expects_file && (::fstat(fd, &opened) != 0 || !S_ISREG(opened.st_mode))) {
      error = EINVAL;
      ::close(fd);
      return nullptr;
    }
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return std::make_unique<DescriptorSource>(fd);
  }

  int last_byte(const std::string& path) const override {
    std::FILE* const file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) {
      return -1;
    }
    const int last = std::fseek(file, -1, SEEK_END) == 0 ? std::fgetc(file) : EOF;
    std::fclose(file);
    return last == EOF ? -1 : last;
  }
};

}  // namespace

std::shared_ptr<const Tree> disk() {
  static const std::shared_ptr<const Tree> tree = std::make_shared<Disk>();
  return tree;
}

}  // namespace auexfil::input
