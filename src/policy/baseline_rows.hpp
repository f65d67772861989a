#pragma once

#include <cstdint>
#include <vector>

#include "auexfil/policy/baseline.hpp"
#include "selection.hpp"
#include "together.hpp"

namespace auexfil::policy {

/// One destination of a transfer that may have sent to it.
struct BaselineRow {
  std::uint64_t bytes{};      ///< 0 unless measured.
  std::uint64_t guess{};      ///< Bytes that nobody saw leave, see facts::Destination.
  std::uint32_t addresses{};  ///< So many at least; 0: one.
  std::uint32_t transfer{};
  PeerId peer{};
  std::uint16_t port{};  ///< 0 for unknown.
  bool measured{};
  bool is_least{};    ///< More may have left: calls or flows are missing.
  bool by_log{};      ///< Measured by the log, not by flows.
  bool approved{};    ///< By the policy in force.
  bool is_address{};  ///< Else a name.
  bool has_share{};   ///< Of flows that several have together.
  transfer::Direction direction{};
  transfer::Basis basis{};  ///< Unknown where nobody saw what left.
  bool is_sum{};            ///< Nobody's address: of several, or not known.
};

struct BaselineTransfer {
  std::uint64_t id{};
  audit::TimeMs end{};
  std::uint64_t bytes{};  ///< Only tells duplicates apart.
  Who who;
  Symbol job{};
  Symbol command{};   ///< The job as it is grouped by: not a template.
  bool unattended{};  ///< Else it is not known what started it.
};

struct BaselineRows {
  BaselineRows(const Policy& policy, const JudgeOptions& options) : selection(policy, options) {}

  Selection selection;
  Symbols jobs;  ///< job_template()
  std::vector<BaselineTransfer> transfers;
  std::vector<BaselineRow> rows;      ///< Those of a transfer one behind the other.
  std::vector<TogetherRow> together;  ///< Of some of them, ascending.
  std::uint64_t attended{};
  std::uint64_t incoming{};
  std::uint64_t incoming_unmeasured{};
  std::uint64_t left_out{};
};

/// \param rows  whose selection is asked more
[[nodiscard]] BaselineReport make_baseline(BaselineRows& rows);

}  // namespace auexfil::policy
