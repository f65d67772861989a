#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "auexfil/policy/fact_pack.hpp"
#include "auexfil/policy/windows.hpp"
#include "selection.hpp"

/// Flows that several destinations share. Of each of them the least is told; where all of them are
/// judged as one, all of the flows are known to be theirs.
namespace auexfil::policy {

/// A row that shares flows with others: nobody can tell which of them sent which.
struct TogetherRow {
  std::uint32_t row{};
  FactPack::Together flows;
};

/// What is asked of such a row.
struct FlowShare {
  Symbol host{};
  std::uint64_t bytes{};
  bool is_measured{};  ///< by the log
};

/// All destinations of some flows.
struct FlowSum {
  Together together;  ///< places in the rows, and what the rows' bytes lack of the flows'
  std::uint64_t members{};
};

/// Those whose destinations are all among these rows, by the last of them.
/// \param together  ascending
[[nodiscard]] std::vector<FlowSum> flow_sums(
    std::span<const TogetherRow> together, std::span<const std::uint32_t> rows,
    const std::function<FlowShare(std::uint32_t row)>& share);

}  // namespace auexfil::policy
