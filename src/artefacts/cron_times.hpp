#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace auexfil::artefacts {

/// The minutes that the five fields of a crontab's line name (crontab(5)).
struct CronTimes {
  std::uint64_t minutes{};  ///< bit 0: minute 0
  std::uint32_t hours{};
  std::uint32_t days{};      ///< of the month, bit 1: the first
  std::uint32_t months{};    ///< bit 1: January
  std::uint32_t weekdays{};  ///< bit 0: Sunday
  bool any_day{};            ///< the field begins with *: then both kinds of days have to be right
  bool any_weekday{};

  [[nodiscard]] bool is_day(unsigned month, unsigned day, unsigned weekday) const {
    const bool by_day = ((days >> day) & 1U) != 0;
    const bool by_weekday = ((weekdays >> weekday) & 1U) != 0;
    return ((months >> month) & 1U) != 0 &&
           (any_day || any_weekday ? by_day && by_weekday : by_day || by_weekday);
  }
};

/// \param text  "2 2 * * 1-5" or "@daily"; what stands behind it is not looked at.
/// \return nothing for what is none, and for @reboot.
[[nodiscard]] std::optional<CronTimes> parse_cron_times(std::string_view text);

}  // namespace auexfil::artefacts
