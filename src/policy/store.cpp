#include "store.hpp"

#include <algorithm>

namespace auexfil::policy {
namespace {

/// A finding shows a command; `explain` shows the two megabytes that the kernel lets it have.
constexpr std::size_t kMaxText = 8192;

}  // namespace

std::size_t GroupHash::operator()(const GroupValues& values) const noexcept {
  std::uint64_t hash = 0;
  for (const std::uint32_t value : values) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
  }
  return static_cast<std::size_t>(hash);
}

Store::Store(const Policy& policy, const JudgeOptions& options) : selection(policy, options) {
  for (const Rule& rule : policy.rules) {
    auto same = std::find_if(groupings.begin(), groupings.end(),
                             [&rule](const Grouping& g) { return g.keys == rule.group_by; });
    if (same == groupings.end()) {
      same = groupings.insert(groupings.end(), Grouping{rule.group_by, {}, {}, {}});
    }
    rules.push_back({static_cast<std::uint32_t>(same - groupings.begin()), {}});
  }
}

Symbol Store::intern_list(const std::vector<std::string_view>& parts) {
  joined_.clear();
  for (const std::string_view part : parts) {
    if (joined_.size() + part.size() >= kMaxText) {
      joined_.append(part.substr(0, kMaxText - joined_.size()));
      joined_ += "...";
      joined_ += '\0';
      break;
    }
    joined_ += part;
    joined_ += '\0';
  }
  return texts.intern(joined_);
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
