#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/audit/stamp.hpp"

/// What a host's log tells of its automation without a single audit rule: the service manager's
/// SERVICE_START and SERVICE_STOP, and the sessions that PAM opens for cron, at and their kin
/// (USER_START, or CRED_ACQ where that is left out).
namespace auexfil::host {

struct Activity {
  enum class Kind : std::uint8_t {
    unit,     ///< of the service manager
    session,  ///< `name` is the program that opened it
    acquired  ///< credentials alone: as a session, where no session is told
  };
  Kind kind = Kind::unit;
  std::string name;
  std::string user;  ///< the account of a session

  auto operator<=>(const Activity&) const = default;
};

/// One that is looked for.
struct ActivityView {
  Activity::Kind kind = Activity::Kind::unit;
  std::string_view name;
  std::string_view user;

  auto operator<=>(const ActivityView&) const = default;
};

struct ActivityOrder {
  using is_transparent = void;
  static ActivityView view(const Activity& one) { return {one.kind, one.name, one.user}; }
  static const ActivityView& view(const ActivityView& one) { return one; }
  bool operator()(const auto& a, const auto& b) const { return view(a) < view(b); }
};

/// When it happened.
struct ActivityTimes {
  /// Enough for a schedule to be told from (two days and a half of an hourly unit's), and half a
  /// kilobyte: a log may hold thousands of activities. All starts are counted.
  static constexpr std::size_t kMostTimes = 64;
  /// Of a line of a crontab that runs each minute, more than a day: its user's daily line is in it.
  static constexpr std::size_t kMostNewest = 1536;

  std::uint64_t starts{};
  std::uint64_t stops{};
  audit::TimeMs first{};
  audit::TimeMs last{};
  std::vector<audit::TimeMs> times;  ///< of the first starts, at most kMostTimes
  /// Of the newest starts of sessions beyond these, a ring.
  std::vector<audit::TimeMs> newest;
  std::uint32_t oldest{};  ///< place in `newest`
  /// Who said so is who it claims to be: the kernel names process 1 as the sender, or the process
  /// table knows the program. Of all records.
  bool vouched = true;
};

/// Names are the log's, so that they are bounded: at most kMost, each cut at kLongest.
class Activities {
 public:
  static constexpr std::size_t kMost = 4096;
  static constexpr std::size_t kLongest = 256;                      ///< as systemd's UNIT_NAME_MAX
  static constexpr std::size_t kMostNewest = std::size_t{1} << 18;  ///< times, of all of them

  void note(Activity::Kind kind, std::string_view name, std::string_view user, bool starts,
            bool vouched, audit::TimeMs time);
  [[nodiscard]] const std::map<Activity, ActivityTimes, ActivityOrder>& all() const { return all_; }
  /// Records whose job had no room.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io);

 private:
  void note_newest(ActivityTimes& of, audit::TimeMs time);

  std::map<Activity, ActivityTimes, ActivityOrder> all_;
  std::uint64_t refused_ = 0;
  std::size_t newest_ = 0;  ///< times that are kept
};

}  // namespace auexfil::host
