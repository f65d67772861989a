#include "auexfil/input/tree.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "disk_files.hpp"

namespace auexfil::input {
namespace {

namespace fs = std::filesystem;

class Disk final : public Tree {
 public:
  int stat(const std::string& path, Info& info) const override {
    struct stat found {};
    if ((path == "-" ? ::fstat(STDIN_FILENO, &found) : ::stat(path.c_str(), &found)) != 0) {
      return errno;
    }
    info = info_of(found);
    return 0;
  }

  int list(const std::string& folder, std::vector<Entry>& entries) const override {
    return list_folder(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), entries);
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
    // Asked first, for to open a device may do something.
    Info info;
    error = stat(path, info);
    error = error != 0 ? error : must_be_file(info);
    return error != 0 ? nullptr : bytes_of_file(::open(path.c_str(), kOpenFound), error);
  }

  std::unique_ptr<ByteSource> open_stream(const std::string& path, int& error) const override {
    const int fd = path == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                               : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    error = fd < 0 ? errno : 0;
    return fd < 0 ? nullptr : bytes_of(fd);
  }
};

}  // namespace

std::shared_ptr<const Tree> disk() {
  static const std::shared_ptr<const Tree> tree = std::make_shared<Disk>();
  return tree;
}

}  // namespace auexfil::input
