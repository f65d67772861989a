#include "wall_clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <date/date.h>

namespace auexfil::artefacts {
namespace {

constexpr audit::TimeMs kDay = 24LL * 60 * 60 * 1000;

int year_of(audit::TimeMs time) {
  return static_cast<int>(
      date::year_month_day(date::floor<date::days>(date::sys_time<std::chrono::milliseconds>(
                               std::chrono::milliseconds(time))))
          .year());
}

}  // namespace

std::optional<audit::TimeMs> WallClock::time_of(const input::WallTime& wall,
                                                const Years& years) const {
  if (!zone_) {
    return std::nullopt;
  }
  const auto in_year = [&](int year) -> std::optional<audit::TimeMs> {
    const date::year_month_day day(date::year(year), date::month(wall.month), date::day(wall.day));
    return day.ok()
               ? zone_->instant(date::local_days(day) + std::chrono::milliseconds(wall.ms_of_day))
               : std::nullopt;
  };
  if (wall.year != 0) {
    return in_year(wall.year);
  }
  constexpr audit::TimeMs kMostOfYear = 300 * kDay;
  constexpr audit::TimeMs kMonth = 30 * kDay;
  // A rotated log holds less than a year. It may have been written to for some time behind the end
  // of an audit log that was copied first, or that is of one night.
  const bool is_by_log = years.last != 0 && years.last - years.first < kMostOfYear;
  const audit::TimeMs end = is_by_log            ? years.last + kMonth
                            : years.written != 0 ? years.written + kDay
                                                 : 0;
  std::optional<audit::TimeMs> best;
  for (int year = year_of(end) - 1; end != 0 && year <= year_of(end); ++year) {
    const auto time = in_year(year);
    best = time && *time <= end ? time : best;
  }
  return best;
}

}  // namespace auexfil::artefacts
