#include "privileges.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

namespace auexfil::cli {
namespace {

using Set = std::uint64_t;

constexpr Set bit(unsigned capability) {
  return Set{1} << capability;
}

/// The calling thread's; capget(2) and capset(2) have no wrappers in libc.
class Capabilities {
 public:
  /// \return 0 or errno
  int read() { return ::syscall(SYS_capget, &head_, data_.data()) == 0 ? 0 : errno; }
  int write() { return ::syscall(SYS_capset, &head_, data_.data()) == 0 ? 0 : errno; }
  [[nodiscard]] Set permitted() const {
    return data_[0].permitted | Set{data_[1].permitted} << 32U;
  }
  void keep_only(Set kept) {
    for (std::size_t i = 0; i < data_.size(); ++i) {
      const auto part = static_cast<std::uint32_t>(kept >> (32 * i));
      data_.at(i).permitted &= part;
      data_.at(i).effective &= part;
      data_.at(i).inheritable = 0;
    }
  }

 private:
  __user_cap_header_struct head_{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data_{};
};

/// Could not be written to by its rights alone, or others' files in it not be replaced.
bool wants_override(const std::string& place) {
  struct stat info {};
  return ::stat(place.c_str(), &info) == 0 &&
         (info.st_uid != ::geteuid() || (info.st_mode & S_IWUSR) == 0 ||
          (info.st_mode & S_ISVTX) != 0);
}

}  // namespace

std::string give_up_privileges(const Access& access) {
  Capabilities capabilities;
  int error = capabilities.read();
  const Set before = error == 0 ? capabilities.permitted() : 0;
  if (error == 0 && before == 0) {
    return {};
  }
  Set kept = bit(CAP_DAC_READ_SEARCH);
  const bool overrides = std::any_of(access.writes.begin(), access.writes.end(), wants_override) ||
                         (!access.keeps.empty() && wants_override(access.keeps));
  if (overrides) {
    kept |= bit(CAP_DAC_OVERRIDE) | bit(CAP_FOWNER);
  }
  capabilities.keep_only(kept);
  error = error != 0 ? error : capabilities.write();
  if (error != 0) {
    return fmt::format("capabilities are not given up: {}", std::strerror(error));
  }
  return fmt::format("given up: all capabilities{}",
                     (before & kept) == 0 ? ""
                     : overrides ? " but those to read any log and to write where it is asked to"
                                 : " but that to read any log");
}

}  // namespace auexfil::cli
