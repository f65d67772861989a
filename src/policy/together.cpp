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

std::vector<FlowSum> flow_sums(const Store& store, std::span<const std::uint32_t> rows) {
  std::vector<FlowSum> sums;
  if (store.together.empty()) {
    return sums;
  }
  std::map<std::pair<Symbol, std::uint64_t>, Members> by_id;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto at =
        std::lower_bound(store.together.begin(), store.together.end(), rows[i],
                         [](const TogetherRow& one, std::uint32_t row) { return one.row < row; });
    if (at == store.together.end() || at->row != rows[i]) {
      continue;
    }
    const Row& row = store.rows[rows[i]];
    const auto [place, is_new] =
        by_id.try_emplace({store.transfers[row.transfer].who.host, at->flows.id});
    Members& members = place->second;
    Together& together = members.sum.together;
    together.first = is_new ? i : together.first;
    together.last = i;
    members.bytes += row.bytes;
    members.over += at->flows.over;
    members.is_open = members.is_open || row.basis != transfer::Basis::measured;
    if (++members.sum.members == at->flows.destinations) {
      const Wide told = members.bytes + members.over;
      together.amount = at->flows.bytes > told && members.is_open
                            ? static_cast<std::uint64_t>(at->flows.bytes - told)
                            : 0;
      sums.push_back(members.sum);
    }
  }
  return sums;
}

}  // namespace auexfil::policy
