#include <algorithm>
#include <cmath>
#include <cstdint>

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

}  // namespace

std::optional<Schedule> find_schedule(std::span<const audit::TimeMs> starts) {
  constexpr std::size_t kLeast = 3;
  constexpr double kLeastPeriod = 1000;
  if (starts.size() < kLeast) {
    return std::nullopt;
  }
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
                  static_cast<std::int64_t>(std::round(jitter)),
                  static_cast<std::uint64_t>(missed)};
}

}  // namespace auexfil::policy
