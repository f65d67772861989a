#include "cron_times.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include "lines.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

/// What a field may hold.
struct Field {
  unsigned low{};
  unsigned high{};
  const std::string_view* names = nullptr;
  unsigned name_count{};
};

bool same_letters(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) == y;
         });
}

std::optional<unsigned> number(std::string_view text, const Field& field) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) {
    return value >= field.low && value <= field.high ? std::optional(value) : std::nullopt;
  }
  for (unsigned i = 0; i < field.name_count; ++i) {
    if (same_letters(text, field.names[i])) {
      return i + field.low;
    }
  }
  return std::nullopt;
}

/// One of a list: "*", "5", "1-5", "*/10", "0-30/2", "10~20" (any minute of these).
bool add_range(std::string_view text, const Field& field, std::uint64_t& bits) {
  unsigned step = 1;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), step);
    if (error != std::errc() || end != digits.data() + digits.size() || step == 0) {
      return false;
    }
    text = text.substr(0, slash);
  }
  unsigned low = field.low;
  unsigned high = field.high;
  if (text != "*" && text != "~") {
    const std::size_t dash = text.find_first_of("-~", 1);
    const std::optional<unsigned> first = number(text.substr(0, dash), field);
    const std::optional<unsigned> last =
        dash == std::string_view::npos ? first : number(text.substr(dash + 1), field);
    if (!first || !last || *first > *last) {
      return false;
    }
    low = *first;
    high = *last;
  }
  for (std::uint64_t i = low; i <= high; i += step) {
    bits |= std::uint64_t{1} << i;
  }
  return true;
}

std::optional<std::uint64_t> parse_field(std::string_view text, const Field& field) {
  std::uint64_t bits = 0;
  if (text.empty()) {
    return std::nullopt;
  }
  for (;;) {
    const std::size_t comma = text.find(',');
    if (!add_range(text.substr(0, comma), field, bits)) {
      return std::nullopt;
    }
    if (comma == std::string_view::npos) {
      return bits;
    }
    text.remove_prefix(comma + 1);
  }
}

std::string_view of_nickname(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNames = {
      {{"@yearly", "0 0 1 1 *"},
       {"@annually", "0 0 1 1 *"},
       {"@monthly", "0 0 1 * *"},
       {"@weekly", "0 0 * * 0"},
       {"@daily", "0 0 * * *"},
       {"@midnight", "0 0 * * *"},
       {"@hourly", "0 * * * *"}}};
  for (const auto& [name, times] : kNames) {
    if (name == word) {
      return times;
    }
  }
  return {};
}

}  // namespace

std::optional<CronTimes> parse_cron_times(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('-')) {
    text.remove_prefix(1);  // cronie: not told to syslog
  }
  if (text.starts_with('@')) {
    text = of_nickname(take_word(text));
  }
  const std::string_view fields[] = {take_word(text), take_word(text), take_word(text),
                                     take_word(text), take_word(text)};
  const auto minutes = parse_field(fields[0], {0, 59});
  const auto hours = parse_field(fields[1], {0, 23});
  const auto days = parse_field(fields[2], {1, 31});
  const auto months = parse_field(fields[3], {1, 12, kMonths.data(), kMonths.size()});
  auto weekdays = parse_field(fields[4], {0, 7, kDays.data(), kDays.size()});
  if (!minutes || !hours || !days || !months || !weekdays) {
    return std::nullopt;
  }
  *weekdays |= (*weekdays >> 7U) & 1U;  // 7 is Sunday, as is 0
  CronTimes times;
  times.minutes = *minutes;
  times.hours = static_cast<std::uint32_t>(*hours);
  times.days = static_cast<std::uint32_t>(*days);
  times.months = static_cast<std::uint32_t>(*months);
  times.weekdays = static_cast<std::uint32_t>(*weekdays);
  times.any_day = fields[2].starts_with('*');
  times.any_weekday = fields[4].starts_with('*');
  return times;
}

}  // namespace auexfil::artefacts
