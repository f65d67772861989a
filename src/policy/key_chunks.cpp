#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "auexfil/policy/units.hpp"
#include "rule_keys.hpp"
#include "saturating.hpp"
#include "store.hpp"

/// `chunks = 5`: at least five transfers of a group sent as much as each other (T1030).
namespace auexfil::policy {
namespace {

/// The same: the largest is at most a twentieth above the smallest (the 5 % of AN0597).
constexpr unsigned kTolerance = 20;

struct Run {
  std::size_t count{};
  std::uint64_t smallest{};
  std::uint64_t largest{};
};

/// The most of these sizes that are the same; of equally many the largest.
Run find_run(const std::vector<std::uint64_t>& sorted) {
  Run best;
  std::size_t first = 0;
  for (std::size_t last = 0; last < sorted.size(); ++last) {
    while (static_cast<Wide>(sorted[last] - sorted[first]) * kTolerance > sorted[first]) {
      ++first;
    }
    if (last - first + 1 >= best.count) {
      best = {last - first + 1, sorted[first], sorted[last]};
    }
  }
  return best;
}

/// Of what was seen to leave.
std::vector<std::uint64_t> sizes_of(const Store& store, Rows rows) {
  std::vector<std::uint64_t> sizes;
  for (const std::uint32_t number : rows) {
    const Row& row = store.rows[number];
    if (row.measured && !row.guessed && row.bytes > 0) {
      sizes.push_back(row.bytes);
    }
  }
  std::sort(sizes.begin(), sizes.end());
  return sizes;
}

void read(SectionReader& reader, const input::Entry& entry, RuleKeys& keys) {
  keys.chunks = reader.count(entry, 2).value_or(0);
}

bool is_given(const RuleKeys& keys) {
  return keys.chunks > 0;
}

bool holds(const Store& store, const Rule& rule, Rows rows) {
  return rows.size() >= rule.keys.chunks &&
         find_run(sizes_of(store, rows)).count >= rule.keys.chunks;
}

void tell(const Store& store, const Rule& /*rule*/, Rows rows, std::vector<std::string>& reasons) {
  const Run run = find_run(sizes_of(store, rows));
  const std::string least = format_size(run.smallest);
  const std::string most = format_size(run.largest);
  reasons.push_back(fmt::format(
      "{} of {} sent the same, {}", run.count, rows.size(),
      run.smallest == run.largest ? fmt::format("{} B each", run.smallest)
      : least == most ? fmt::format("{} each, {} to {} B", least, run.smallest, run.largest)
                      : fmt::format("{} to {} each", least, most)));
}

}  // namespace

const RuleKey kChunksKey = {
    .name = "chunks", .read = read, .is_given = is_given, .holds_together = holds, .tell = tell};

}  // namespace auexfil::policy
