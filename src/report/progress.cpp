#include "auexfil/report/progress.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace auexfil::report {
namespace {

constexpr std::size_t kWidestBar = 40;
constexpr std::size_t kNarrowestBar = 10;
constexpr std::string_view kGap = "  ";

struct Unit {
  std::string_view name;
  double bytes;
};

constexpr Unit kUnits[] = {{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}};

/// The largest unit that `bytes` fills, so that both sides of done/total share it.
Unit unit_of(double bytes) {
  Unit unit = kUnits[0];
  for (const Unit& larger : kUnits) {
    if (bytes >= larger.bytes) {
      unit = larger;
    }
  }
  return unit;
}

std::string amount(double bytes, const Unit& unit) {
  return unit.bytes == 1 ? fmt::format("{:.0f}", bytes) : fmt::format("{:.1f}", bytes / unit.bytes);
}

std::string format_sizes(const Progress& progress) {
  const auto done = static_cast<double>(progress.done_bytes);
  if (progress.total_bytes == 0) {
    const Unit unit = unit_of(done);
    return fmt::format("{} {}", amount(done, unit), unit.name);
  }
  const auto total = static_cast<double>(progress.total_bytes);
  const Unit unit = unit_of(total);
  return fmt::format("{}/{} {}", amount(done, unit), amount(total, unit), unit.name);
}

std::string format_speed(const Progress& progress) {
  const double seconds = static_cast<double>(std::max<std::int64_t>(progress.elapsed_ms, 1)) / 1000;
  return fmt::format("{:.0f} MB/s", static_cast<double>(progress.done_bytes) / seconds / 1e6);
}

std::string format_elapsed(std::int64_t elapsed_ms) {
  const std::int64_t seconds = std::max<std::int64_t>(elapsed_ms, 0) / 1000;
  if (seconds < 3600) {
    return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  }
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string format_bar(double share, std::size_t width) {
  const auto full = static_cast<std::size_t>(share * static_cast<double>(width));
  return fmt::format("[{:#<{}}{:.<{}}]", "", full, "", width - full);
}

}  // namespace

std::string format_progress(const Progress& progress, std::size_t columns) {
  std::vector<std::string> parts;
  double share = 0;
  if (progress.total_bytes != 0) {
    share = std::min(
        1.0, static_cast<double>(progress.done_bytes) / static_cast<double>(progress.total_bytes));
    parts.push_back(fmt::format("{:3.0f}%", share * 100));
  }
  parts.push_back(format_sizes(progress));
  parts.push_back(format_speed(progress));
  parts.push_back(format_elapsed(progress.elapsed_ms));

  std::string line;
  for (const std::string& part : parts) {
    const std::size_t gap = line.empty() ? 0 : kGap.size();
    if (line.size() + gap + part.size() > columns) {
      break;
    }
    line.append(kGap.substr(0, gap)).append(part);
  }
  const std::size_t taken = line.size() + kGap.size() + 2;  // and the brackets
  if (progress.total_bytes != 0 && columns >= taken + kNarrowestBar) {
    line = format_bar(share, std::min(columns - taken, kWidestBar)).append(kGap).append(line);
  }
  return line;
}

}  // namespace auexfil::report
