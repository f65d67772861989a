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

/// The least that so large a part of them is not above.
double quantile(std::vector<double> numbers, double part) {
  const auto at = static_cast<std::ptrdiff_t>(static_cast<double>(numbers.size() - 1) * part);
  std::nth_element(numbers.begin(), numbers.begin() + at, numbers.end());
  return numbers[static_cast<std::size_t>(at)];
}

double median(std::vector<double> numbers) {
  return quantile(std::move(numbers), 1.0 / 2);
}

bool is_within(double time, std::span<const coverage::Gap> gaps) {
  return std::any_of(gaps.begin(), gaps.end(), [time](const coverage::Gap& gap) {
    return static_cast<double>(gap.from) <= time && time <= static_cast<double>(gap.to);
  });
}

/// People write whole days, hours, minutes and seconds.
std::int64_t whole(double period, double slack) {
  for (const double unit : {86'400'000.0, 3'600'000.0, 60'000.0, 1000.0}) {
    const double near = std::round(period / unit) * unit;
    if (near > 0 && std::abs(near - period) <= std::max(slack, 1.0)) {
      return static_cast<std::int64_t>(near);
    }
  }
  return static_cast<std::int64_t>(std::round(period));
}

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::size_t kWeek = 7;

/// Of a cycle (the day, the hour), in the order of their times from a moment when there is none.
std::vector<std::int64_t> times_of(std::span<const audit::TimeMs> starts, std::int64_t cycle,
                                   std::int64_t apart) {
  std::vector<std::int64_t> phases;
  for (const audit::TimeMs start : starts) {
    phases.push_back((start % cycle + cycle) % cycle);
  }
  std::sort(phases.begin(), phases.end());
  std::size_t begin = 0;  // behind the widest gap
  std::int64_t widest = phases.front() + cycle - phases.back();
  for (std::size_t i = 1; i < phases.size(); ++i) {
    if (phases[i] - phases[i - 1] > widest) {
      widest = phases[i] - phases[i - 1];
      begin = i;
    }
  }
  std::rotate(phases.begin(), phases.begin() + static_cast<std::ptrdiff_t>(begin), phases.end());
  std::for_each(phases.end() - static_cast<std::ptrdiff_t>(begin), phases.end(),
                [cycle](std::int64_t& phase) { phase += cycle; });
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

/// Runs at certain times of each hour or week, or of the day on all days but for certain weekdays.
class Pattern {
 public:
  /// \param apart  times that are no further apart are one
  Pattern(std::span<const audit::TimeMs> starts, std::int64_t cycle, std::int64_t apart)
      : cycle_(cycle), times_(times_of(starts, cycle, apart)) {
    for (const audit::TimeMs start : starts) {
      place(start);
    }
  }

  [[nodiscard]] std::optional<Schedule> schedule(std::span<const coverage::Gap> gaps) const {
    constexpr std::size_t kLeastEach = 2;  // that a time of the day comes again
    // All but few of them.
    if (!fits_ || seen_.size() < kLeastEach * times_.size() * 9 / 10) {
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
    const std::uint64_t absent = due - std::min<std::uint64_t>(due, seen_.size());
    const std::uint64_t unseen = std::min(absent, due_within(gaps, off));
    const std::uint64_t missed = absent - unseen;
    if (missed > due / 4) {
      return std::nullopt;
    }
    const bool is_daily = days == kWeek;
    return Schedule{is_daily ? cycle_ : kDay * static_cast<std::int64_t>(kWeek),
                    jitter_,
                    missed,
                    times_.size() * (is_daily ? 1 : days),
                    0,
                    unseen};
  }

 private:
  void place(audit::TimeMs start) {
    std::int64_t best = std::numeric_limits<std::int64_t>::max();
    std::pair<std::int64_t, std::size_t> at;
    for (std::size_t i = 0; i < times_.size(); ++i) {
      const auto day = static_cast<std::int64_t>(
          std::floor(static_cast<double>(start - times_[i]) / static_cast<double>(cycle_) + 0.5));
      const std::int64_t off = std::abs(start - times_[i] - day * cycle_);
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

  /// Times between the first and the last start at which it was not seen, within gaps of the log.
  [[nodiscard]] std::uint64_t due_within(std::span<const coverage::Gap> gaps,
                                         const std::array<bool, kWeek>& off) const {
    std::uint64_t count = 0;
    for (auto at = *seen_.begin(); !gaps.empty() && at < *seen_.rbegin();) {
      if (!seen_.contains(at) && !(cycle_ == kDay && off[weekday(at.first)]) &&
          is_within(static_cast<double>(at.first * cycle_ + times_[at.second]), gaps)) {
        ++count;
      }
      at = at.second + 1 < times_.size() ? std::pair(at.first, at.second + 1)
                                         : std::pair(at.first + 1, std::size_t{0});
    }
    return count;
  }

  /// Weekdays that came twice without a start; the weekend, where it came once.
  [[nodiscard]] std::array<bool, kWeek> days_off() const {
    if (cycle_ != kDay) {
      return {};
    }
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

  std::int64_t cycle_;
  std::vector<std::int64_t> times_;
  std::set<std::pair<std::int64_t, std::size_t>> seen_;  ///< day, and which of its times
  std::int64_t jitter_ = 0;
  bool fits_ = true;  ///< no two starts are of one time of one day
};

/// Several times an hour, a day or a week, or on weekdays alone.
std::optional<Schedule> find_pattern(std::span<const audit::TimeMs> starts,
                                     std::span<const coverage::Gap> gaps) {
  constexpr std::size_t kMostStarts = 20'000;
  constexpr std::size_t kMostTimes = 96;     // of one cycle
  constexpr std::uint64_t kMostCycles = 64;  // a start
  constexpr std::int64_t kMinute = 60'000;
  struct Try {
    std::int64_t cycle;
    std::int64_t apart;
  };
  // A week last: what comes each day comes each week too.
  constexpr std::array<Try, 6> kTries = {{{kDay, 90 * kMinute},
                                          {kDay, 20 * kMinute},
                                          {kHour, 5 * kMinute},
                                          {kHour, kMinute},
                                          {kDay, 5 * kMinute},
                                          {static_cast<std::int64_t>(kWeek) * kDay, 90 * kMinute}}};
  if (starts.size() > kMostStarts) {
    return std::nullopt;
  }
  for (const Try& one : kTries) {
    // So few in so long a time are no pattern, whatever is looked for.
    const auto cycles = static_cast<std::uint64_t>((starts.back() - starts.front()) / one.cycle);
    if (cycles == 0 || cycles > kMostCycles * starts.size() ||
        times_of(starts, one.cycle, one.apart).size() > kMostTimes) {
      continue;
    }
    if (const auto found = Pattern(starts, one.cycle, one.apart).schedule(gaps);
        found && found->runs > 1) {
      return found;
    }
  }
  return std::nullopt;
}

/// The interval that comes most often, give or take an eighth: the middle of those. 0 where they
/// are fewer than half of all.
double commonest(std::vector<double> intervals) {
  constexpr double kAlike = 9.0 / 8;
  std::sort(intervals.begin(), intervals.end());
  std::size_t begin = 0;
  std::size_t most = 0;
  for (std::size_t first = 0, end = 0; first < intervals.size(); ++first) {
    while (end < intervals.size() && intervals[end] <= intervals[first] * kAlike) {
      ++end;
    }
    if (end - first > most) {
      most = end - first;
      begin = first;
    }
  }
  return 2 * most < intervals.size() ? 0 : intervals[begin + (most - 1) / 2];
}

/// Starts against a clock that may be set anew: each is held against the last one that was on time.
class Clock {
 public:
  /// \param usual  how far from a period an interval usually is
  Clock(std::span<const audit::TimeMs> starts, std::span<const coverage::Gap> gaps, double period,
        double usual)
      : starts_(starts),
        gaps_(gaps),
        period_(period),
        little_(std::max(period * kLeastLittle, kLittle * usual)) {
    set(0);
    for (std::size_t i = 1; i < starts.size(); ++i) {
      add(i);
    }
    settle();
  }

  [[nodiscard]] std::uint64_t missed() const { return missed_; }
  [[nodiscard]] std::uint64_t not_seen() const { return not_seen_; }
  [[nodiscard]] std::uint64_t odd() const { return odd_; }
  [[nodiscard]] double jitter() const { return jitter_; }

 private:
  [[nodiscard]] double distance(std::size_t from, std::size_t to) const {
    return static_cast<double>(starts_[to]) - static_cast<double>(starts_[from]);
  }
  /// How far from the nearest whole number of periods, of which at least one.
  [[nodiscard]] double off(std::size_t from, std::size_t to) const {
    const double length = distance(from, to);
    return length - std::max(1.0, std::round(length / period_)) * period_;
  }
  [[nodiscard]] bool fits(std::size_t from, std::size_t to) const {
    return std::abs(off(from, to)) <= period_ / 4;
  }
  /// One that came late, by hand or again: the next is where this clock has it.
  [[nodiscard]] bool strays(std::size_t at) const {
    return at + 1 < starts_.size() && std::abs(off(on_time_, at)) > little_ &&
           std::abs(off(on_time_, at + 1)) <= little_;
  }
  /// From here on it starts at another time: the next is a period after it, and none of the old
  /// clock's.
  [[nodiscard]] bool moves(std::size_t at) const {
    return at + 1 < starts_.size() && std::abs(off(on_time_, at)) > little_ &&
           std::abs(off(at, at + 1)) <= little_ && std::abs(off(on_time_, at + 1)) > little_;
  }

  void add(std::size_t at) {
    const double periods = distance(on_time_, at) / period_;
    if (moves(at)) {
      ++odd_;
      miss(std::floor(periods + 1.0 / 8) - 1);
      settle();
      set(at);
    } else if (fits(on_time_, at) && !strays(at)) {
      miss(std::round(periods) - 1);
      count_ += std::max(1.0, std::round(periods));
      offs_.push_back(distance(anchor_, at) - count_ * period_);
      on_time_ = at;
      between_ = 0;
    } else {
      ++odd_;
      ++between_;
    }
  }

  /// One that came late is not missed.
  void miss(double times) {
    const auto missing = static_cast<std::uint64_t>(std::max(0.0, times));
    std::uint64_t absent = missing - std::min(missing, between_);
    for (std::uint64_t i = 1; i <= std::min(missing, kMostAsked) && absent > 0 && !gaps_.empty();
         ++i) {
      const double due = static_cast<double>(starts_[on_time_]) + static_cast<double>(i) * period_;
      if (is_within(due, gaps_)) {
        ++not_seen_;
        --absent;
      }
    }
    missed_ += absent;
  }

  void set(std::size_t at) {
    anchor_ = on_time_ = at;
    count_ = 0;
    between_ = 0;
    offs_ = {0};
  }

  void settle() {
    const double middle = median(offs_);
    for (const double one : offs_) {
      jitter_ = std::max(jitter_, std::abs(one - middle));
    }
  }

  static constexpr std::uint64_t kMostAsked = 10'000;  ///< Times of one stretch without a start.
  static constexpr double kLeastLittle = 1.0 / 48;     ///< Of a day half an hour.
  static constexpr double kLittle = 3;

  std::span<const audit::TimeMs> starts_;
  std::span<const coverage::Gap> gaps_;
  double period_;
  double little_;  ///< As much as a start that is on time may be off.
  std::size_t anchor_ = 0;
  std::size_t on_time_ = 0;
  double count_ = 0;           ///< Periods since the anchor.
  std::uint64_t between_ = 0;  ///< Odd ones since one was on time.
  std::vector<double> offs_;   ///< From the clock as it is set, of those on time.
  std::uint64_t missed_ = 0;
  std::uint64_t not_seen_ = 0;
  std::uint64_t odd_ = 0;
  double jitter_ = 0;
};

/// By a single period.
std::optional<Schedule> find_period(std::span<const audit::TimeMs> starts,
                                    std::span<const coverage::Gap> gaps) {
  constexpr double kLeastPeriod = 1000;
  constexpr std::uint64_t kMostOdd = 4;  // one of so many
  constexpr double kSame = 1.0 / 100;
  const std::vector<double> intervals = intervals_of(starts);
  const double usual = commonest(intervals);
  if (usual < kLeastPeriod) {
    return std::nullopt;
  }
  std::vector<double> off;
  double count = 0;
  for (const double interval : intervals) {
    off.push_back(std::abs(interval - usual));
    count += std::max(1.0, std::round(interval / usual));
  }
  // Most agree, or they vary: then the whole stretch tells it better than any of them.
  const double varies = quantile(off, 2.0 / 3);
  const double length = static_cast<double>(starts.back()) - static_cast<double>(starts.front());
  const auto period = varies <= usual * kSame ? whole(usual, std::max(varies, median(off)))
                                              : whole(length / count, 2 * varies / count);
  const Clock clock(starts, gaps, static_cast<double>(period), varies);
  if (clock.jitter() > static_cast<double>(period) / 4 || clock.missed() > starts.size() ||
      clock.odd() * kMostOdd > starts.size()) {
    return std::nullopt;
  }
  return Schedule{period,         static_cast<std::int64_t>(std::round(clock.jitter())),
                  clock.missed(), 1,
                  clock.odd(),    clock.not_seen()};
}

}  // namespace

std::optional<Schedule> find_schedule(std::span<const audit::TimeMs> starts,
                                      std::span<const coverage::Gap> gaps) {
  constexpr std::size_t kLeast = 3;
  if (starts.size() < kLeast) {
    return std::nullopt;
  }
  const std::optional<Schedule> even = find_period(starts, gaps);
  constexpr std::int64_t kSteady = 100;  // of a period
  if (even && even->missed + even->odd == 0 && even->jitter_ms <= even->period_ms / kSteady) {
    return even;
  }
  const std::optional<Schedule> pattern = find_pattern(starts, gaps);
  if (!pattern || !even) {
    return pattern ? pattern : even;
  }
  // What leaves less out; else what is nearer to the starts.
  constexpr std::int64_t kNearer = 4;
  const std::uint64_t by_pattern = pattern->missed + pattern->odd;
  const std::uint64_t by_period = even->missed + even->odd;
  return by_pattern < by_period ||
                 (by_pattern == by_period && pattern->jitter_ms * kNearer < even->jitter_ms)
             ? pattern
             : even;
}

}  // namespace auexfil::policy
