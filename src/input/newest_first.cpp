#include "newest_first.hpp"

#include <charconv>
#include <compare>
#include <cstdint>
#include <optional>

namespace auexfil::input {
namespace {

struct Stamp {
  std::uint64_t time{};
  std::uint64_t serial{};
  auto operator<=>(const Stamp&) const = default;
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

}  // namespace

bool is_newest_first(std::string_view head) {
  constexpr std::string_view kMark = "audit(";
  constexpr int kEnough = 8;
  int down = 0;
  std::optional<Stamp> last;
  for (auto at = head.find(kMark); at != std::string_view::npos; at = head.find(kMark, at + 1)) {
    const std::optional<Stamp> stamp = stamp_in(head.substr(at + kMark.size()));
    if (!stamp) {
      continue;
    }
    if (last && *stamp > *last) {
      return false;
    }
    down += last && *stamp < *last ? 1 : 0;
    last = stamp;
  }
  return down >= kEnough;
}

}  // namespace auexfil::input
