#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "rule_keys.hpp"
#include "store.hpp"

/// `unusual_port = yes`: none of those that tools.conf has for the tool (`usual`). Of a tool that
/// has none nothing is unusual.
namespace auexfil::policy {
namespace {

void read(SectionReader& reader, const input::Entry& entry, RuleKeys& keys) {
  keys.unusual_port = reader.word<bool>(entry, {{"no", false}, {"yes", true}}).value_or(false);
}

bool is_given(const RuleKeys& keys) {
  return keys.unusual_port;
}

/// Empty where the tool has none.
std::vector<PortRange> usual(const Policy& policy, std::string_view tool) {
  const auto hit = policy.usual_ports.find(tool);
  return hit == policy.usual_ports.end() ? std::vector<PortRange>() : hit->second;
}

bool holds(const Rule& /*rule*/, const Selection& selection, const AskedDestination& to) {
  return to.port && !covers(usual(selection.policy(), to.tool), to.port);
}

std::string text_of(const std::vector<PortRange>& ports) {
  std::string text;
  for (const PortRange& range : ports) {
    text += text.empty() ? "" : ", ";
    text += range.first == range.last ? fmt::format("{}", range.first)
                                      : fmt::format("{}-{}", range.first, range.last);
  }
  return text;
}

void tell(const Store& store, const Rule& /*rule*/, Rows rows, std::vector<std::string>& reasons) {
  constexpr std::size_t kMostNamed = 3;
  std::vector<std::pair<std::string_view, std::uint16_t>> seen;
  for (const std::uint32_t number : rows) {
    const Row& row = store.rows[number];
    seen.emplace_back(store.selection.tool(store.transfers[row.transfer].who.tool), row.port);
  }
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  for (std::size_t i = 0; i < std::min(seen.size(), kMostNamed); ++i) {
    const auto& [tool, port] = seen[i];
    reasons.push_back(fmt::format("{} went to port {}; usual is {}", tool, port,
                                  text_of(usual(store.selection.policy(), tool))));
  }
  if (seen.size() > kMostNamed) {
    reasons.push_back(fmt::format("and to {} more unusual ports", seen.size() - kMostNamed));
  }
}

}  // namespace

const RuleKey kUnusualPortKey = {
    .name = "unusual_port", .read = read, .is_given = is_given, .holds_to = holds, .tell = tell};

}  // namespace auexfil::policy
