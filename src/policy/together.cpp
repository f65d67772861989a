#include "together.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "saturating.hpp"

namespace auexfil::policy {
namespace {

struct Members {
  FlowSum sum;
  Wide bytes = 0;  ///< of the rows
  Wide over = 0;
  bool is_open = false;  ///< there is one that the log has not measured
};

}  // namespace

std::vector<FlowSum> flow_sums(std::span<const TogetherRow> together,
                               std::span<const std::uint32_t> rows,
                               const std::function<FlowShare(std::uint32_t row)>& share) {
  std::vector<FlowSum> sums;
  if (together.empty()) {
    return sums;
  }
  std::map<std::pair<Symbol, std::uint64_t>, Members> by_id;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto at =
        std::lower_bound(together.begin(), together.end(), rows[i],
                         [](const TogetherRow& one, std::uint32_t row) { return one.row < row; });
    if (at == together.end() || at->row != rows[i]) {
      continue;
    }
    const FlowShare one = share(rows[i]);
    const auto [place, is_new] = by_id.try_emplace({one.host, at->flows.id});
    Members& members = place->second;
    Together& all = members.sum.together;
    all.first = is_new ? i : all.first;
    all.last = i;
    members.bytes += one.bytes;
    members.over += at->flows.over;
    members.is_open = members.is_open || !one.is_measured;
    if (++members.sum.members == at->flows.destinations) {
      const Wide told = members.bytes + members.over;
      all.amount = at->flows.bytes > told && members.is_open
                       ? static_cast<std::uint64_t>(at->flows.bytes - told)
                       : 0;
      sums.push_back(members.sum);
    }
  }
  return sums;
}

}  // namespace auexfil::policy
