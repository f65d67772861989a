#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "auexfil/policy/jobs.hpp"
#include "auexfil/policy/units.hpp"
#include "rule_keys.hpp"
#include "store.hpp"

/// `period = 6`: at least six transfers of a group began in steady steps (T1029), as `inventory`
/// tells schedules.
namespace auexfil::policy {
namespace {

constexpr std::uint64_t kLeast = 3;  // that find_schedule() takes

/// Each once: what one run sends to several places begins once.
std::vector<audit::TimeMs> starts_of(const Store& store, Rows rows) {
  std::vector<audit::TimeMs> starts;
  starts.reserve(rows.size());
  for (const std::uint32_t row : rows) {
    starts.push_back(store.transfers[store.rows[row].transfer].start);
  }
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  return starts;
}

void read(SectionReader& reader, const input::Entry& entry, RuleKeys& keys) {
  keys.period = reader.count(entry, kLeast).value_or(0);
}

bool is_given(const RuleKeys& keys) {
  return keys.period > 0;
}

bool holds(const Store& store, const Rule& rule, Rows rows) {
  const std::vector<audit::TimeMs> starts = starts_of(store, rows);
  return starts.size() >= rule.keys.period && find_schedule(starts).has_value();
}

void tell(const Store& store, const Rule& /*rule*/, Rows rows, std::vector<std::string>& reasons) {
  const std::vector<audit::TimeMs> starts = starts_of(store, rows);
  if (const std::optional<Schedule> schedule = find_schedule(starts)) {
    std::string sentence = fmt::format("{} began in steady steps, {} each {}", starts.size(),
                                       schedule->runs == 1 ? "one" : std::to_string(schedule->runs),
                                       format_duration(schedule->period_ms));
    if (schedule->jitter_ms > 0) {
      sentence += fmt::format(", give or take {}", format_duration(schedule->jitter_ms));
    }
    if (schedule->missed > 0) {
      sentence += fmt::format(", but for {} left out", schedule->missed);
    }
    reasons.push_back(std::move(sentence));
  }
}

}  // namespace

const RuleKey kPeriodKey = {
    .name = "period", .read = read, .is_given = is_given, .holds_together = holds, .tell = tell};

}  // namespace auexfil::policy
