#include "auexfil/audit/stamp.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

namespace auexfil::audit {
namespace {

/// Reads exactly `digits` decimal digits at `at`; -1 when one is none.
int digits_at(std::string_view text, std::size_t at, std::size_t digits) {
  if (at + digits > text.size()) {
    return -1;
  }
  int value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    if (text[i] < '0' || text[i] > '9') {
      return -1;
    }
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// The years that RFC 3339 has room for.
constexpr TimeMs kFirstTime = -62'167'219'200'000;
constexpr TimeMs kLastTime = 253'402'300'799'999;

TimeMs floor_div(TimeMs value, TimeMs by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

}  // namespace

std::string to_string(const Stamp& stamp) {
  const TimeMs seconds = floor_div(stamp.time, 1000);
  return fmt::format("{}.{:03}:{}", seconds, stamp.time - seconds * 1000, stamp.serial);
}

std::optional<Stamp> parse_stamp(std::string_view text) {
  const char* const end = text.data() + text.size();
  std::int64_t seconds = 0;
  auto [after_seconds, error] = std::from_chars(text.data(), end, seconds);
  if (error != std::errc{} || after_seconds == end || *after_seconds != '.' ||
      text.front() == '-' || seconds > 999'999'999'999'999) {
    return std::nullopt;
  }
  std::uint32_t ms = 0;
  auto [after_ms, ms_error] = std::from_chars(after_seconds + 1, end, ms);
  if (ms_error != std::errc{} || after_ms == end || *after_ms != ':' ||
      after_ms - after_seconds > 4) {
    return std::nullopt;
  }
  Stamp stamp;
  auto [after_serial, serial_error] = std::from_chars(after_ms + 1, end, stamp.serial);
  if (serial_error != std::errc{} || after_serial != end) {
    return std::nullopt;
  }
  stamp.time = seconds * 1000 + ms;
  return stamp;
}

std::string format_rfc3339(TimeMs time) {
  using std::chrono::days;
  using std::chrono::sys_days;
  using std::chrono::year_month_day;
  time = std::clamp(time, kFirstTime, kLastTime);
  const TimeMs days_since = floor_div(time, 86'400'000);
  const TimeMs in_day = time - days_since * 86'400'000;
  const year_month_day date{sys_days{days{days_since}}};
  std::string text = "0000-00-00T00:00:00.000Z";
  const auto put = [&text](std::size_t at, std::size_t digits, std::int64_t number) {
    for (std::size_t i = digits; i > 0; --i, number /= 10) {
      text[at + i - 1] = static_cast<char>('0' + number % 10);
    }
  };
  put(0, 4, static_cast<int>(date.year()));
  put(5, 2, static_cast<unsigned>(date.month()));
  put(8, 2, static_cast<unsigned>(date.day()));
  put(11, 2, in_day / 3'600'000);
  put(14, 2, in_day / 60'000 % 60);
  put(17, 2, in_day / 1000 % 60);
  put(20, 3, in_day % 1000);
  return text;
}

std::optional<TimeMs> parse_rfc3339(std::string_view text) {
  using std::chrono::day;
  using std::chrono::month;
  using std::chrono::sys_days;
  using std::chrono::year;
  using std::chrono::year_month_day;
  // YYYY-MM-DD
  const int y = digits_at(text, 0, 4);
  const int mo = digits_at(text, 5, 2);
  const int d = digits_at(text, 8, 2);
  if (y < 0 || mo < 0 || d < 0 || text[4] != '-' || text[7] != '-') {
    return std::nullopt;
  }
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok()) {
    return std::nullopt;
  }
  TimeMs time = TimeMs{sys_days{date}.time_since_epoch().count()} * 86'400'000;
  if (text.size() == 10) {
    return time;
  }
  // Thh:mm:ss[.fraction](Z|+hh:mm)
  const int h = digits_at(text, 11, 2);
  const int mi = digits_at(text, 14, 2);
  const int s = digits_at(text, 17, 2);
  if ((text[10] != 'T' && text[10] != 't' && text[10] != ' ') || h < 0 || h > 23 || mi < 0 ||
      mi > 59 || s < 0 || s > 60 || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  time += TimeMs{h} * 3'600'000 + TimeMs{mi} * 60'000 + TimeMs{s} * 1000;
  std::size_t at = 19;
  if (at < text.size() && text[at] == '.') {
    int scale = 100;
    const std::size_t first = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
      time += TimeMs{text[at] - '0'} * scale;
    }
    if (at == first) {
      return std::nullopt;
    }
  }
  const std::string_view zone = text.substr(at);
  if (zone == "Z" || zone == "z" || zone.empty()) {
    return time;
  }
  const int zh = digits_at(zone, 1, 2);
  const int zm = digits_at(zone, 4, 2);
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || zh < 0 ||
      zh > 23 || zm < 0 || zm > 59) {
    return std::nullopt;
  }
  const TimeMs offset = TimeMs{zh} * 3'600'000 + TimeMs{zm} * 60'000;
  return zone[0] == '+' ? time - offset : time + offset;
}

}  // namespace auexfil::audit
