#include "newest_first.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include "auexfil/input/log_header.hpp"

namespace auexfil::input {
namespace {

struct Stamp {
  std::uint64_t time{};
  std::uint64_t serial{};
};

bool take_number(std::string_view& text, char end, std::uint64_t& value) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto size = static_cast<std::size_t>(rest - text.data());
  if (error != std::errc() || size == 0 || size >= text.size() || *rest != end) {
    return false;
  }
  text.remove_prefix(size + 1);
  return true;
}

/// "1796173200.000:100)".
std::optional<Stamp> stamp_in(std::string_view text) {
  constexpr std::uint64_t kThousand = 1000;
  Stamp stamp;
  std::uint64_t ms = 0;
  if (!take_number(text, '.', stamp.time) || !take_number(text, ':', ms) ||
      !take_number(text, ')', stamp.serial)) {
    return std::nullopt;
  }
  stamp.time = stamp.time * kThousand + ms;
  return stamp;
}

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
  constexpr std::string_view kMark = "audit(";
  std::optional<Stamp> last;
  Steps times;
  Steps serials;
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(line.size() + 1, head.size()));
    // Stamps inside a record, or in what a program says, are anybody's.
    const std::size_t record = find_carried_record(line);
    const std::size_t at = record == line.npos ? record : line.find(kMark, record);
    const std::optional<Stamp> stamp =
        at == line.npos ? std::nullopt : stamp_in(line.substr(at + kMark.size()));
    if (stamp && last) {
      times.take(last->time, stamp->time);
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
