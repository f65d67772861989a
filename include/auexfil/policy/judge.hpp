#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auexfil/audit/address.hpp"
#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/policy/fact_pack.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/policy/policy.hpp"

namespace auexfil::policy {

/// What the command line lays over the policy.
struct JudgeOptions {
  std::optional<std::string> role;  ///< Every host has this one.
  std::vector<audit::Cidr> allows;
  /// What is reported: findings with a window that ends at or after `start`, of transfers that
  /// begin at or before `end`. A window reaches back behind `start` by its own length; rules
  /// without a limit and the counts leave out what ended before.
  std::optional<audit::TimeMs> start;
  std::optional<audit::TimeMs> end;
  /// Findings tell what the transfer of their sender read.
  bool tells_files = false;
};

/// How often each section of a policy decided something, in the policy's order.
struct Uses {
  std::vector<std::uint64_t> roles;   ///< Transfers of hosts that have it.
  std::vector<std::uint64_t> allows;  ///< Destinations that it, the first to hold, approved.
  std::vector<std::uint64_t> rules;   ///< Destinations that it counts.
  std::uint64_t transfers{};
};

struct Judgement {
  /// By severity (gravest first), start, the rule's place in the policy, host, group, id.
  std::vector<Finding> findings;
  std::uint64_t transfers{};   ///< Distinct ones.
  std::uint64_t duplicates{};  ///< Facts left out because their id and host came before.
  std::uint64_t approved{};    ///< All their destinations are on an allowlist.
  /// Not approved, and the log cannot say what they sent to some destination (which may have been
  /// sent to: direction out, both or unknown).
  std::uint64_t unmeasured{};
  /// Of its rules the one that asks for the longest past before what it finds.
  std::int64_t looks_back_ms{};
  std::vector<std::string> problems;  ///< Of rules: patterns that backtrack too much.
  Uses uses;
};

/// Holds a policy against the transfers of any number of hosts. The order in which facts come makes
/// no difference. Facts are not kept: a row of numbers stays of each, and interned text.
class Judge {
 public:
  /// \param policy has to outlive the judge.
  /// \throws std::invalid_argument when `options.role` is none of the policy's, or it has none.
  explicit Judge(const Policy& policy, const JudgeOptions& options = {});
  Judge(Judge&&) noexcept;
  Judge& operator=(Judge&&) noexcept;
  ~Judge();

  /// What its rules or options ask for is in a pack of these facts, see FactPack::add().
  [[nodiscard]] bool asks_for_files() const;
  void add(const facts::Fact& fact);
  /// The same for each fact of `facts`.
  void add(const FactPack& facts);
  /// Flows of a host that no program of its log made, for the rules that ask for them; and since
  /// when its log goes, for those that ask what it had not done until then (its facts say so as
  /// well).
  void add(const coverage::HostCoverage& host);
  /// The same for each.
  void add(const std::vector<coverage::HostCoverage>& hosts);

  /// Once, after the last add().
  [[nodiscard]] Judgement finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace auexfil::policy
