#include "disk_files.hpp"

#include <cerrno>
#include <cstdint>
#include <dirent.h>
#include <string_view>
#include <unistd.h>

namespace auexfil::input {
namespace {

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
  [[nodiscard]] int descriptor() const noexcept override { return fd_; }
  bool seek(std::uint64_t place) override {
    return errno_ == 0 && ::lseek(fd_, static_cast<off_t>(place), SEEK_SET) >= 0;
  }

 private:
  int fd_;
  int errno_ = 0;
};

/// Some file systems leave it to stat(2) to say what an entry is.
Tree::Kind kind_of(int folder, const dirent& entry) {
  struct stat found {};
  switch (entry.d_type) {
    case DT_REG:
      return Tree::Kind::file;
    case DT_DIR:
      return Tree::Kind::folder;
    case DT_LNK:
      return Tree::Kind::link;
    case DT_UNKNOWN:
      if (::fstatat(folder, entry.d_name, &found, AT_SYMLINK_NOFOLLOW) == 0) {
        return S_ISLNK(found.st_mode) ? Tree::Kind::link : info_of(found).kind;
      }
      return Tree::Kind::other;
    default:
      return Tree::Kind::other;
  }
}

}  // namespace

Tree::Info info_of(const struct stat& found) {
  Tree::Info info;
  info.kind = S_ISREG(found.st_mode)   ? Tree::Kind::file
              : S_ISDIR(found.st_mode) ? Tree::Kind::folder
                                       : Tree::Kind::other;
  info.bytes = info.kind == Tree::Kind::file ? static_cast<std::uint64_t>(found.st_size) : 0;
  info.device = found.st_dev;
  info.inode = found.st_ino;
  info.mode = found.st_mode & 07777U;
  info.uid = found.st_uid;
  info.gid = found.st_gid;
  info.changed = found.st_mtim.tv_sec;
  info.changed_ns = static_cast<std::uint32_t>(found.st_mtim.tv_nsec);
  return info;
}

int must_be_file(const Tree::Info& info) {
  return info.kind == Tree::Kind::file ? 0 : info.kind == Tree::Kind::folder ? EISDIR : EINVAL;
}

std::unique_ptr<ByteSource> bytes_of(int fd) {
  posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::make_unique<DescriptorSource>(fd);
}

std::unique_ptr<ByteSource> bytes_of_file(int fd, int& error) {
  struct stat opened {};
  error = fd < 0 || ::fstat(fd, &opened) != 0 ? errno : must_be_file(info_of(opened));
  if (error == 0) {
    return bytes_of(fd);
  }
  if (fd >= 0) {
    ::close(fd);
  }
  return nullptr;
}

int list_folder(int fd, std::vector<Tree::Entry>& entries) {
  DIR* const folder = fd < 0 ? nullptr : ::fdopendir(fd);
  if (folder == nullptr) {
    const int error = errno;
    if (fd >= 0) {
      ::close(fd);
    }
    return error;
  }
  errno = 0;
  while (const dirent* const entry = ::readdir(folder)) {
    const std::string_view name(entry->d_name);
    if (name != "." && name != "..") {
      entries.push_back({std::string(name), kind_of(fd, *entry)});
    }
    errno = 0;
  }
  const int error = errno;
  ::closedir(folder);
  return error;
}

}  // namespace auexfil::input
