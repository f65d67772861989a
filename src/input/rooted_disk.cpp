#include <cerrno>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include "disk_files.hpp"

#if __has_include(<linux/openat2.h>) && defined(SYS_openat2)
#include <linux/openat2.h>

namespace auexfil::input {
namespace {

/// Whoever changes links while they are followed gains nothing by it: it is the kernel that ends
/// `..` and links at the root, as it walks the path.
class RootedDisk final : public Tree {
 public:
  RootedDisk(int root, std::shared_ptr<const Tree> by_name)
      : root_(root), by_name_(std::move(by_name)) {}
  ~RootedDisk() override { ::close(root_); }
  RootedDisk(const RootedDisk&) = delete;
  RootedDisk& operator=(const RootedDisk&) = delete;

  [[nodiscard]] int open_at(const std::string& path, int flags) const {
    open_how how{};
    how.flags = static_cast<__u64>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    constexpr int kMostTries = 64;
    long fd = -1;
    // EAGAIN: something was renamed meanwhile, so that the kernel is not sure of a `..`.
    for (int tries = 0; fd < 0 && (tries == 0 || (errno == EAGAIN && tries < kMostTries));
         ++tries) {
      fd = ::syscall(SYS_openat2, root_, path.empty() ? "." : path.c_str(), &how, sizeof how);
    }
    return static_cast<int>(fd);
  }

  int stat(const std::string& path, Info& info) const override {
    const int fd = open_at(path, O_PATH);
    struct stat found {};
    const int error = fd < 0 || ::fstat(fd, &found) != 0 ? errno : 0;
    if (fd >= 0) {
      ::close(fd);
    }
    if (error == 0) {
      info = info_of(found);
    }
    return error;
  }

  int list(const std::string& folder, std::vector<Entry>& entries) const override {
    return list_folder(open_at(folder, O_RDONLY | O_DIRECTORY), entries);
  }

  std::unique_ptr<ByteSource> open(const std::string& path, int& error) const override {
    Info info;
    error = stat(path, info);  // asked first, for to open a device may do something
    error = error != 0 ? error : must_be_file(info);
    return error != 0 ? nullptr : bytes_of_file(open_at(path, kOpenFound), error);
  }

  // These give names, which lead nowhere but through the above.
  int read_link(const std::string& path, std::string& target) const override {
    return by_name_->read_link(path, target);
  }
  std::string real_path(const std::string& path) const override {
    return by_name_->real_path(path);
  }

 private:
  int root_;
  std::shared_ptr<const Tree> by_name_;
};

}  // namespace

std::shared_ptr<const Tree> rooted_disk(const std::string& root,
                                        std::shared_ptr<const Tree> by_name) {
  const int fd = ::open(root.empty() ? "/" : root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return nullptr;
  }
  auto made = std::make_shared<RootedDisk>(fd, std::move(by_name));
  Tree::Info info;
  return made->stat("", info) == 0 ? made : nullptr;
}

}  // namespace auexfil::input

#else

namespace auexfil::input {

std::shared_ptr<const Tree> rooted_disk(const std::string& /*root*/,
                                        std::shared_ptr<const Tree> /*by_name*/) {
  return nullptr;
}

}  // namespace auexfil::input

#endif
