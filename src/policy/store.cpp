#include "store.hpp"

#include <algorithm>

namespace auexfil::policy {

Store::Store(const Policy& policy, const JudgeOptions& options)
    : selection(policy, options),
      from(options.start),
      until(options.end),
      keeps_files(options.tells_files),
      tells_files(options.tells_files) {
  for (const Role& role : policy.roles) {
    longest_window_ms = std::max(longest_window_ms, role.window_ms);
  }
  for (const Rule& rule : policy.rules) {
    longest_window_ms = std::max(longest_window_ms, rule.window_ms.value_or(0));
    auto same = std::find_if(groupings.begin(), groupings.end(),
                             [&rule](const Grouping& g) { return g.keys == rule.group_by; });
    if (same == groupings.end()) {
      same = groupings.insert(groupings.end(), Grouping{rule.group_by, {}, {}, {}});
    }
    rules.push_back({static_cast<std::uint32_t>(same - groupings.begin()), {}, keys_of(rule)});
    keeps_files = keeps_files || wants_files(rule);
    keeps_bytes_in = keeps_bytes_in || rule.keys.ratio > 0;
    keeps_seen = keeps_seen || rule.keys.first_seen_ms > 0;
  }
}

std::vector<std::string> Store::list(Symbol symbol) const {
  std::vector<std::string> parts;
  for (std::string_view rest = texts.text(symbol); !rest.empty();) {
    const auto end = rest.find('\0');
    parts.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  return parts;
}

}  // namespace auexfil::policy
