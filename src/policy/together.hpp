#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "auexfil/policy/windows.hpp"
#include "store.hpp"

/// Flows that several destinations share. Of each of them the least is told; where all of them are
/// judged as one, all of the flows are known to be theirs.
namespace auexfil::policy {

/// All destinations of some flows.
struct FlowSum {
  Together together;  ///< places in the rows, and what the rows' bytes lack of the flows'
  std::uint64_t members{};
};

/// Those whose destinations are all among these rows, by the last of them.
[[nodiscard]] std::vector<FlowSum> flow_sums(const Store& store,
                                             std::span<const std::uint32_t> rows);

}  // namespace auexfil::policy
