#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "auexfil/policy/fact_pack.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/policy/policy.hpp"
#include "selection.hpp"

namespace auexfil::policy {

/// By how much a group went over which limit.
struct Excess {
  std::optional<std::uint64_t> limit;  ///< Bytes or connections; empty where the rule has none.
  std::int64_t window_ms{};
  std::uint64_t peak{};  ///< The most that one window holds.
  std::string role;
  bool guessed{};  ///< Nobody saw part of it leave.
};

/// What a baseline does not have of what a finding covers.
struct Deviations {
  std::set<std::string> destinations;
  std::set<std::string> users;
  bool has_new_job{};
  std::uint64_t bytes{};  ///< Of the run that is most above what its job sends; 0: none is.
  std::uint64_t limit{};
};

/// Adds a sentence for each of them, which begins with its word.
void append_deviations(Finding& finding, const Deviations& deviations);

/// Of destinations that nobody approved, what came nearest to it.
class NearAllows {
 public:
  /// One of several is kept: the nearest, of these the first.
  void add(const std::string& destination, const NearAllow& near, const Allow& allow);
  /// A sentence: "… is on no allowlist".
  [[nodiscard]] std::string sentence(const std::string& destination) const;

 private:
  std::map<std::string, std::pair<NearAllow, const Allow*>> found_;
};

/// Adds the sentences that the policy has to say to those of the automation: which destinations
/// nobody approved, and which limit was passed.
void append_reasons(Finding& finding, const Rule& rule, const Excess& excess,
                    const NearAllows& near);

/// Who sent of a finding beside the one that it tells of.
struct OtherSender {
  std::string tool;
  std::string user;
  transfer::Verdict automation{};
  std::optional<std::uint64_t> bytes;  ///< Empty: not known.
  transfer::Basis basis{};
  bool is_least{};  ///< See Finding::is_least.
  std::uint64_t transfers{};
};

/// Adds a sentence for each of the few with the most bytes, and one that counts the others.
void append_other_senders(Finding& finding, std::vector<OtherSender> others);

/// Adds what is to be said of the flows that told its bytes.
void append_flow_reasons(Finding& finding, const FlowSigns& signs);

}  // namespace auexfil::policy
