#pragma once

#include <chrono>
#include <cstdint>
#include <date/date.h>
#include <optional>
#include <string>
#include <string_view>

#include "cron_times.hpp"
#include "reader.hpp"

namespace date {
class time_zone;
}

namespace auexfil::artefacts {

/// The zone that an image's clock shows: where /etc/localtime leads, else what /etc/timezone
/// or /etc/sysconfig/clock says, else the rules at the end of /etc/localtime (RFC 8536, "footer").
/// Empty where none is there.
[[nodiscard]] std::string zone_of_image(Reader& reader);

/// A zone's rules, by its name, of this machine's zoneinfo.
class Zone {
 public:
  /// Nothing for a zone that is not known.
  [[nodiscard]] static std::optional<Zone> of(const std::string& name);

  /// When a schedule was due last, up to `time` (seconds since the epoch). Nothing where it was not
  /// within the four years before.
  [[nodiscard]] std::optional<std::int64_t> last_due(const CronTimes& times,
                                                     std::int64_t time) const;

  /// What its clocks showed as `local`, the first time that they did.
  [[nodiscard]] std::int64_t to_utc(date::local_seconds local) const;
  /// The milliseconds since the epoch at which its clocks show a time. Nothing for what they show
  /// twice, or never.
  [[nodiscard]] std::optional<std::int64_t> instant(
      date::local_time<std::chrono::milliseconds> shown) const;

 private:
  const date::time_zone* rules_ = nullptr;
};

}  // namespace auexfil::artefacts
