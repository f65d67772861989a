#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "auexfil/policy/jobs.hpp"

namespace auexfil::policy {
namespace {

std::vector<double> intervals_of(std::span<const audit::TimeMs> starts) {
  std::vector<double> intervals;
  for (std::size_t i = 1; i < starts.size(); ++i) {
    intervals.push_back(static_cast<double>(starts[i]) - static_cast<double>(starts[i - 1]));
  }
  return intervals;
}

double median(std::vector<double> numbers) {
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>((numbers.size() - 1) / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

/// Which of the times of a clock of this period each start is, counted from the first.
std::vector<double> count_periods(const std::vector<double>& intervals, double period) {
  std::vector<double> counts = {0};
  for (const double interval : intervals) {
    counts.push_back(counts.back() + std::max(1.0, std::round(interval / period)));
  }
  return counts;
}

/// People write whole minutes and seconds.
std::int64_t whole(double period, double slack) {
  for (const double unit : {60'000.0, 1000.0}) {
    const double near = std::round(period / unit) * unit;
    if (near > 0 && std::abs(near - period) <= std::max(slack, 1.0)) {
      return static_cast<std::int64_t>(near);
    }
  }
  return static_cast<std::int64_t>(std::round(period));
}

constexpr std::int64_t kDay = 86'400'000;
constexpr std::size_t kWeek = 7;

/// Of the day, in the order of their times from a moment when there is none.
std::vector<std::int64_t> times_of_day(std::span<const audit::TimeMs> starts, std::int64_t apart) {
  std::vector<std::int64_t> phases;
  for (const audit::TimeMs start : starts) {
    phases.push_back((start % kDay + kDay) % kDay);
  }
  std::sort(phases.begin(), phases.end());
  std::size_t begin = 0;  // behind the widest gap
  std::int64_t widest = phases.front() + kDay - phases.back();
  for (std::size_t i = 1; i < phases.size(); ++i) {
    if (phases[i] - phases[i - 1] > widest) {
      widest = phases[i] - phases[i - 1];
      begin = i;
    }
  }
  std::rotate(phases.begin(), phases.begin() + static_cast<std::ptrdiff_t>(begin), phases.end());
  std::for_each(phases.end() - static_cast<std::ptrdiff_t>(begin), phases.end(),
                [](std::int64_t& phase) { phase += kDay; });
  std::vector<std::int64_t> times;  // the middle of those that are close together
  for (std::size_t i = 0; i < phases.size();) {
    std::size_t last = i;
    while (last + 1 < phases.size() && phases[last + 1] - phases[last] <= apart) {
      ++last;
    }
    times.push_back(phases[(i + last) / 2]);
    i = last + 1;
  }
  return times;
}

/// Runs at certain times of the day, on all days but for certain weekdays.
class Pattern {
 public:
  /// \param apart  times that are no further apart are one
  Pattern(std::span<const audit::TimeMs> starts, std::int64_t apart)
      : times_(times_of_day(starts, apart)) {
    for (const audit::TimeMs start : starts) {
      place(start);
    }
  }

  [[nodiscard]] std::optional<Schedule> schedule() const {
    constexpr std::size_t kLeastEach = 2;  // that a time of the day comes again
    if (!fits_ || seen_.size() < kLeastEach * times_.size()) {
      return std::nullopt;
    }
    const std::array<bool, kWeek> off = days_off();
    const auto days = kWeek - static_cast<std::size_t>(std::count(off.begin(), off.end(), true));
    std::uint64_t due = 0;
    for (std::int64_t day = seen_.begin()->first; day <= seen_.rbegin()->first; ++day) {
      due += off[weekday(day)] ? 0U : times_.size();
    }
    // Those of the first day before the first start and of the last behind the last are not meant.
    due -= seen_.begin()->second;
    due -= times_.size() - 1 - seen_.rbegin()->second;
    const std::uint64_t missed = due - std::min<std::uint64_t>(due, seen_.size());
    if (missed > due / 4) {
      return std::nullopt;
    }
    const bool is_daily = days == kWeek;
    return Schedule{is_daily ? kDay : kDay * static_cast<std::int64_t>(kWeek), jitter_, missed,
                    times_.size() * (is_daily ? 1 : days)};
  }

 private:
  void place(audit::TimeMs start) {
    std::int64_t best = std::numeric_limits<std::int64_t>::max();
    std::pair<std::int64_t, std::size_t> at;
    for (std::size_t i = 0; i < times_.size(); ++i) {
      const auto day = static_cast<std::int64_t>(
          std::floor(static_cast<double>(start - times_[i]) / static_cast<double>(kDay) + 0.5));
      const std::int64_t off = std::abs(start - times_[i] - day * kDay);
      if (off < best) {
        best = off;
        at = {day, i};
      }
    }
    jitter_ = std::max(jitter_, best);
    fits_ = fits_ && seen_.insert(at).second;
  }

  /// The first day of the epoch was a Thursday. 0: Monday
  static std::size_t weekday(std::int64_t day) {
    return static_cast<std::size_t>(((day + 3) % 7 + 7) % 7);
  }

  /// Weekdays that came twice without a start; the weekend, where it came once.
  [[nodiscard]] std::array<bool, kWeek> days_off() const {
    std::array<std::size_t, kWeek> came{};
    std::array<bool, kWeek> ran{};
    for (std::int64_t day = seen_.begin()->first; day <= seen_.rbegin()->first; ++day) {
      ++came[weekday(day)];
    }
    for (const auto& [day, time] : seen_) {
      ran[weekday(day)] = true;
    }
    const bool is_weekend = came[5] > 0 && came[6] > 0 && !ran[5] && !ran[6];
    std::array<bool, kWeek> off{};
    for (std::size_t i = 0; i < kWeek; ++i) {
      off[i] = !ran[i] && (came[i] > 1 || (is_weekend && i >= 5));
    }
    return off;
  }

  std::vector<std::int64_t> times_;
  std::set<std::pair<std::int64_t, std::size_t>> seen_;  ///< day, and which of its times
  std::int64_t jitter_ = 0;
  bool fits_ = true;  ///< no two starts are of one time of one day
};

/// Several times a day, or on weekdays alone.
std::optional<Schedule> find_pattern(std::span<const audit::TimeMs> starts) {
  constexpr std::size_t kMostStarts = 20'000;
  constexpr std::size_t kMostTimes = 96;  // a day
  constexpr std::int64_t kMinute = 60'000;
  if (starts.back() - starts.front() < kDay || starts.size() > kMostStarts) {
    return std::nullopt;
  }
  for (const std::int64_t apart : {90 * kMinute, 20 * kMinute, 5 * kMinute}) {
    if (times_of_day(starts, apart).size() > kMostTimes) {
      return std::nullopt;
    }
    if (const auto found = Pattern(starts, apart).schedule(); found && found->runs > 1) {
      return found;
    }
  }
  return std::nullopt;
}

/// By a single period.
std::optional<Schedule> find_period(std::span<const audit::TimeMs> starts) {
  constexpr double kLeastPeriod = 1000;
  const std::vector<double> intervals = intervals_of(starts);
  const double usual = median(intervals);
  if (usual < kLeastPeriod) {
    return std::nullopt;
  }
  const std::vector<double> counts = count_periods(intervals, usual);
  const double length = static_cast<double>(starts.back()) - static_cast<double>(starts.front());
  const double period = length / counts.back();
  std::vector<double> off;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    off.push_back(static_cast<double>(starts[i]) - static_cast<double>(starts.front()) -
                  counts[i] * period);
  }
  const double middle = median(off);
  double jitter = 0;
  for (const double one : off) {
    jitter = std::max(jitter, std::abs(one - middle));
  }
  const double missed = counts.back() - static_cast<double>(intervals.size());
  if (jitter > period / 4 || missed > static_cast<double>(starts.size())) {
    return std::nullopt;
  }
  // The ends of the stretch are off by the jitter too.
  return Schedule{whole(period, 2 * jitter / counts.back()),
                  static_cast<std::int64_t>(std::round(jitter)), static_cast<std::uint64_t>(missed),
                  1};
}

}  // namespace

std::optional<Schedule> find_schedule(std::span<const audit::TimeMs> starts) {
  constexpr std::size_t kLeast = 3;
  if (starts.size() < kLeast) {
    return std::nullopt;
  }
  const std::optional<Schedule> even = find_period(starts);
  if (even && even->missed == 0) {
    return even;
  }
  const std::optional<Schedule> pattern = find_pattern(starts);
  return pattern && (!even || pattern->missed < even->missed) ? pattern : even;
}

}  // namespace auexfil::policy
