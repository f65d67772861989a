#pragma once

#include <charconv>
#include <cstdint>
#include <date/date.h>
#include <optional>
#include <string>
#include <string_view>

#include "auexfil/input/system_log.hpp"
#include "zone.hpp"

/// What the lines of logs are made of, whoever writes them.
namespace auexfil::artefacts {

/// When a line was written, as far as it says.
struct LogTime {
  std::optional<std::int64_t> utc;           ///< seconds since the epoch, where the line has a zone
  std::optional<date::local_seconds> local;  ///< else by the clock of the image
  bool has_year = true;                      ///< of `local`: without it, the year is 1972
};

/// The clock of an image.
class LogClock {
 public:
  /// \param zone  of the image; empty: not known.
  explicit LogClock(const std::string& zone) : zone_(Zone::of(zone)) {}

  /// Seconds since the epoch; of a line without a year the first time that is not before `from`.
  /// Nothing where the zone that it wants is not known.
  [[nodiscard]] std::optional<std::int64_t> time_of(const LogTime& time, std::int64_t from) const;

 private:
  std::optional<Zone> zone_;
};

/// A whole number at the beginning of a text, taken off it.
template <typename Number>
[[nodiscard]] bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) {
    return false;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

[[nodiscard]] inline bool take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) {
    return false;
  }
  text.remove_prefix(what.size());
  return true;
}

/// "3,145,900" as -h writes it, too.
[[nodiscard]] bool take_grouped(std::string_view& text, std::uint64_t& number);

/// Nothing where no clock shows it.
[[nodiscard]] std::optional<date::local_seconds> local_time(const date::year_month_day& day,
                                                            unsigned hour, unsigned minute,
                                                            unsigned second);
/// "02:03:05"
[[nodiscard]] bool take_clock(std::string_view& text, unsigned& hour, unsigned& minute,
                              unsigned& second);
/// "2026/12/02 02:03:05" \param sign  between the parts of the day.
[[nodiscard]] bool take_day_and_time(std::string_view& text, std::string_view sign, LogTime& time);

[[nodiscard]] LogTime time_of(const input::SystemLine& line);

}  // namespace auexfil::artefacts
