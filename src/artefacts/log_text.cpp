#include "log_text.hpp"

#include <chrono>

namespace auexfil::artefacts {

std::optional<std::int64_t> LogClock::time_of(const LogTime& time, std::int64_t from) const {
  if (time.utc) {
    return time.utc;
  }
  if (!time.local || !zone_) {
    return std::nullopt;
  }
  if (time.has_year) {
    return zone_->to_utc(*time.local);
  }
  const date::year_month_day day(date::floor<date::days>(*time.local));
  const auto clock = *time.local - date::floor<date::days>(*time.local);
  const int year = int(
      date::year_month_day(date::floor<date::days>(date::sys_seconds(std::chrono::seconds(from))))
          .year());
  for (const int one : {year - 1, year, year + 1}) {
    const date::year_month_day there = date::year(one) / day.month() / day.day();
    if (there.ok() && zone_->to_utc(date::local_days(there) + clock) >= from) {
      return zone_->to_utc(date::local_days(there) + clock);
    }
  }
  return std::nullopt;
}

bool take_grouped(std::string_view& text, std::uint64_t& number) {
  std::string digits;
  while (!text.empty() && digits.size() < 20 &&
         (text.front() == ',' || (text.front() >= '0' && text.front() <= '9'))) {
    if (text.front() != ',') {
      digits.push_back(text.front());
    }
    text.remove_prefix(1);
  }
  std::string_view rest = digits;
  return take_number(rest, number) && rest.empty();
}

std::optional<date::local_seconds> local_time(const date::year_month_day& day, unsigned hour,
                                              unsigned minute, unsigned second) {
  if (!day.ok() || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  return date::local_days(day) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

bool take_clock(std::string_view& text, unsigned& hour, unsigned& minute, unsigned& second) {
  return take_number(text, hour) && take(text, ":") && take_number(text, minute) &&
         take(text, ":") && take_number(text, second);
}

bool take_day_and_time(std::string_view& text, std::string_view sign, LogTime& time) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  if (!take_number(text, year) || !take(text, sign) || !take_number(text, month) ||
      !take(text, sign) || !take_number(text, day) || !take(text, " ") ||
      !take_clock(text, hour, minute, second) || year < 1970 || year > 9999) {
    return false;
  }
  time.local =
      local_time(date::year(year) / date::month(month) / date::day(day), hour, minute, second);
  return time.local.has_value();
}

LogTime time_of(const input::SystemLine& line) {
  constexpr std::int64_t kMsPerSecond = 1000;
  constexpr int kLeapYear = 1972;
  LogTime time;
  if (line.time) {
    time.utc = *line.time / kMsPerSecond;
  } else if (line.wall) {
    time.has_year = line.wall->year != 0;
    const date::year year(time.has_year ? line.wall->year : kLeapYear);
    time.local =
        date::local_days(year / date::month(line.wall->month) / date::day(line.wall->day)) +
        std::chrono::seconds(line.wall->ms_of_day / kMsPerSecond);
  }
  return time;
}

}  // namespace auexfil::artefacts
