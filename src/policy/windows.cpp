#include "auexfil/policy/windows.hpp"

#include <algorithm>

#include "saturating.hpp"

namespace auexfil::policy {
namespace {

/// Of sorted ends; unsigned, so that the whole range of times is safe.
std::uint64_t distance(audit::TimeMs from, audit::TimeMs to) {
  return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}

}  // namespace

std::vector<Stretch> find_stretches(std::span<const WindowEntry> entries, std::int64_t window_ms,
                                    std::optional<std::uint64_t> limit,
                                    std::optional<audit::TimeMs> from,
                                    std::span<const Together> together) {
  std::vector<Stretch> stretches;
  const auto window = static_cast<std::uint64_t>(window_ms);
  std::vector<Wide> leaving(together.empty() ? 0 : entries.size());  // with an entry
  Wide sum = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    sum += entries[i].amount;
    while (first < i && distance(entries[first].end, entries[i].end) >= window) {
      sum -= entries[first].amount;
      sum -= leaving.empty() ? 0 : leaving[first];
      ++first;
    }
    for (; !together.empty() && together.front().last == i; together = together.subspan(1)) {
      if (first <= together.front().first) {
        sum += together.front().amount;
        leaving[together.front().first] += together.front().amount;
      }
    }
    // A window fills only when an entry ends, and with all that end at that moment.
    const bool more_now = i + 1 < entries.size() && entries[i + 1].end == entries[i].end;
    if (more_now || (limit && sum <= *limit) || (from && entries[i].end < *from)) {
      continue;
    }
    const std::uint64_t held = saturate(sum);
    if (!stretches.empty() && first <= stretches.back().last) {
      stretches.back().last = i;
      stretches.back().peak = std::max(stretches.back().peak, held);
    } else {
      stretches.push_back({first, i, held});
    }
  }
  return stretches;
}

}  // namespace auexfil::policy
