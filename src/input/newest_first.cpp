#include "newest_first.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "record_stamp.hpp"

namespace auexfil::input {
namespace {

/// Steps from one event to the next, by one number of their stamps.
class Steps {
 public:
  void take(std::uint64_t from, std::uint64_t to) {
    up_ += to > from ? 1U : 0U;
    down_ += to < from ? 1U : 0U;
  }
  [[nodiscard]] bool go_down() const {
    constexpr std::uint64_t kEnough = 8;
    return down_ >= kEnough && down_ >= kEnough * up_;
  }

 private:
  std::uint64_t up_ = 0;
  std::uint64_t down_ = 0;
};

}  // namespace

bool is_newest_first(std::string_view head) {
  std::optional<RecordStamp> last;
  Steps times;
  Steps serials;
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(line.size() + 1, head.size()));
    const std::optional<RecordStamp> stamp = stamp_of(line);
    if (stamp && last) {
      times.take(last->ms, stamp->ms);
      serials.take(last->serial, stamp->serial);
    }
    last = stamp ? stamp : last;
  }
  return times.go_down() || serials.go_down();
}

bool stands_newest_first(Source& source, std::uint64_t bytes) {
  if (!is_newest_first(source.head())) {
    return false;
  }
  if (source.is_carried() || source.descriptor() < 0 || bytes <= kSniffBytes ||
      !source.seek(bytes - kSniffBytes)) {
    return true;
  }
  std::string end(kSniffBytes, '\0');
  end.resize(source.read(end.data(), end.size()));
  end.erase(0, std::min(end.find('\n'), end.size()));
  return is_newest_first(end);
}

}  // namespace auexfil::input
