#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/input/system_log.hpp"
#include "zone.hpp"

namespace auexfil::artefacts {

/// When something was that a log has a wall clock's time of.
class WallClock {
 public:
  /// \param zone  of the clock; empty: not known
  explicit WallClock(const std::string& zone)
      : zone_(zone.empty() ? std::nullopt : Zone::of(zone)) {}

  /// What helps with a year that is not told: when the host's audit log begins and ends (0: it has
  /// no event), and when the file was written to last (0: not known).
  struct Years {
    audit::TimeMs first{};
    audit::TimeMs last{};
    audit::TimeMs written{};
  };
  /// Nothing where zone or year are not known, and in the hour that a clock shows twice.
  [[nodiscard]] std::optional<audit::TimeMs> time_of(const input::WallTime& wall,
                                                     const Years& years) const;

 private:
  std::optional<Zone> zone_;
};

}  // namespace auexfil::artefacts
