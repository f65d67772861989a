#include "auexfil/policy/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace auexfil::policy {
namespace {

using Unit = std::pair<std::string_view, std::uint64_t>;

constexpr std::array<Unit, 11> kSizes = {{{"", 1},
                                          {"B", 1},
                                          {"KB", 1'000},
                                          {"kB", 1'000},
                                          {"KiB", 1ULL << 10},
                                          {"MB", 1'000'000},
                                          {"MiB", 1ULL << 20},
                                          {"GB", 1'000'000'000},
                                          {"GiB", 1ULL << 30},
                                          {"TB", 1'000'000'000'000},
                                          {"TiB", 1ULL << 40}}};
constexpr std::array<Unit, 4> kTimes = {
    {{"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::uint64_t kMaxDuration = 36'525ULL * 86'400'000;

std::string_view skip_blank(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

template <std::size_t N>
std::optional<std::uint64_t> find_unit(const std::array<Unit, N>& units, std::string_view word) {
  for (const auto& [name, factor] : units) {
    if (name == word) {
      return factor;
    }
  }
  return std::nullopt;
}

/// Reads the digits at the front of `text` and takes them off it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return number;
}

std::optional<std::uint64_t> multiply(std::uint64_t a, std::uint64_t b) {
  if (b != 0 && a > std::numeric_limits<std::uint64_t>::max() / b) {
    return std::nullopt;
  }
  return a * b;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto whole = take_number(text);
  if (!whole) {
    return std::nullopt;
  }
  std::uint64_t fraction = 0;  // in millionths
  bool has_fraction = false;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    const std::size_t before = text.size();
    const auto digits = take_number(text);
    const std::size_t length = before - text.size();
    if (!digits || length > 6) {
      return std::nullopt;
    }
    fraction = *digits;
    for (std::size_t i = length; i < 6; ++i) {
      fraction *= 10;
    }
    has_fraction = true;
  }
  const auto unit = find_unit(kSizes, skip_blank(text));
  if (!unit || (has_fraction && *unit == 1)) {
    return std::nullopt;
  }
  const auto bytes = multiply(*whole, *unit);
  const std::uint64_t part = fraction * *unit / 1'000'000;  // below 2^60
  if (!bytes || *bytes > std::numeric_limits<std::uint64_t>::max() - part) {
    return std::nullopt;
  }
  return *bytes + part;
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  const auto number = take_number(text);
  if (!number) {
    return std::nullopt;
  }
  const auto unit = find_unit(kTimes, skip_blank(text));
  const auto ms = unit ? multiply(*number, *unit) : std::nullopt;
  if (!ms || *ms > kMaxDuration) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*ms);
}

std::optional<audit::TimeMs> parse_date(std::string_view text) {
  return text.size() == 10 ? audit::parse_rfc3339(text) : std::nullopt;
}

std::string format_duration(std::int64_t ms) {
  constexpr std::int64_t kDay = 86'400'000;
  if (ms % kDay == 0 && ms >= 2 * kDay) {
    return fmt::format("{} d", ms / kDay);
  }
  if (ms % 3'600'000 == 0) {
    return fmt::format("{} h", ms / 3'600'000);
  }
  if (ms % 60'000 == 0) {
    return fmt::format("{} min", ms / 60'000);
  }
  return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000) : fmt::format("{} ms", ms);
}

}  // namespace auexfil::policy
