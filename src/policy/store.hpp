#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "auexfil/input/hash_index.hpp"
#include "auexfil/policy/judge.hpp"
#include "auexfil/policy/normal.hpp"
#include "rule_keys.hpp"
#include "selection.hpp"
#include "together.hpp"

namespace auexfil::policy {

/// One transfer. The texts are those a finding shows of its heaviest transfer.
struct TransferRow {
  std::uint64_t id{};
  audit::TimeMs start{};
  audit::TimeMs end{};
  std::uint64_t bytes_out{};  ///< 0 for unknown; only tells duplicates apart.
  Who who;
  Symbol command{};  ///< List, see Store::list().
  Symbol chain{};    ///< List.
  Symbol reasons{};  ///< List.
  Symbol script{};   ///< List of none or one.
  Symbol login{};    ///< List of none or one.
  Symbol job{};      ///< List of none, or kind, what and perhaps artefact.
  transfer::Verdict automation{};
  bool approved{};
  bool unmeasured{};
};

/// One destination of a transfer that at least one rule counts.
struct Row {
  std::uint64_t bytes{};
  std::uint32_t transfer{};
  PeerId peer{};
  NearAllow near;
  std::uint32_t connections{};
  std::uint32_t addresses{};  ///< That it stands for, at least; 0: `peer` is one.
  std::uint16_t port{};       ///< 0 for unknown.
  bool measured{};            ///< `bytes` is known.
  bool guessed{};             ///< But nobody saw them leave.
  transfer::Basis basis{};
  FlowSigns flow{};
};

/// What a baseline makes of a transfer's volume.
struct SessionRow {
  std::uint64_t bytes{};
  std::uint64_t limit{};  ///< 0: none is known.
};

/// A time that a host went somewhere.
struct Seen {
  Symbol host{};
  PeerId peer{};
  audit::TimeMs start{};
};

/// The values of up to six group_by keys; unused ones are 0.
using GroupValues = std::array<std::uint32_t, 6>;

/// The groups of one group_by list; rules with the same list share them.
struct Grouping {
  std::vector<GroupKey> keys;
  input::HashIndex index;  ///< Of groups.
  std::vector<GroupValues> groups;
  std::vector<std::uint32_t> of_row;  ///< Group of each row, kNone where no rule asked.
};

struct RuleRows {
  std::uint32_t grouping{};
  std::vector<std::uint32_t> rows;   ///< That the rule counts, ascending.
  std::vector<const RuleKey*> keys;  ///< That the rule has.
};

/// All that is kept of the facts.
struct Store {
  Store(const Policy& policy, const JudgeOptions& options);

  /// The parts of a text that FactPack joined.
  [[nodiscard]] std::vector<std::string> list(Symbol symbol) const;

  Selection selection;
  std::optional<audit::TimeMs> from;   ///< JudgeOptions::start
  std::optional<audit::TimeMs> until;  ///< JudgeOptions::end
  std::int64_t longest_window_ms{};
  Symbols texts;
  Symbols jobs;  ///< Group values of `job`.
  std::vector<TransferRow> transfers;
  std::vector<Row> rows;
  std::vector<TogetherRow> together;  ///< Of some of `rows`, ascending.
  // Where a baseline was given, one each for `rows` and `transfers`.
  std::vector<EnumSet<Deviation>> deviations;
  std::vector<SessionRow> sessions;
  // Where a rule or JudgeOptions ask for it, one each for `transfers`.
  bool keeps_files = false;
  bool tells_files = false;   ///< Of all that a finding may show.
  std::vector<Symbol> files;  ///< See FileList.
  // Where a rule asks for it, one each for `rows`.
  bool keeps_bytes_in = false;
  std::vector<std::uint64_t> bytes_in;
  // Where a rule asks for it: each time that a host went somewhere, and by host since when it may
  // be known that it did not.
  bool keeps_seen = false;
  std::vector<Seen> seen;
  std::vector<audit::TimeMs> reach;
  std::vector<Grouping> groupings;
  std::vector<RuleRows> rules;  ///< In the policy's order.
};

/// The findings of one rule, unsorted.
/// \param order rows by (end, id, place in the fact), without those of duplicates.
void find_findings(const Store& store, std::uint32_t rule, const std::vector<std::uint32_t>& order,
                   std::vector<Finding>& findings);

}  // namespace auexfil::policy
