#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/policy/rule_keys.hpp"
#include "section.hpp"
#include "selection.hpp"

namespace auexfil::policy {

struct Store;

/// What a key is asked about: a transfer.
struct AskedTransfer {
  audit::TimeMs start{};
  std::string_view files;  ///< Paths, each with a NUL behind it.
};

/// And where it went.
struct AskedDestination {
  const Peer& peer;
  std::string_view tool;
  std::optional<std::uint16_t> port;
  std::optional<std::uint64_t> bytes_out;  ///< That were seen to leave.
  std::optional<std::uint64_t> bytes_in;
  audit::TimeMs first{};  ///< When the transfer began and ended.
  audit::TimeMs last{};
};

/// Rows of a finding, or of what may be one, in their order.
using Rows = std::span<const std::uint32_t>;

/// A key by which a rule narrows what it counts, in a file of its own (key_*.cpp). Of its functions
/// those that it does not need are null; they are called for rules that have the key, and no rule
/// has a cost of keys that it does not have.
struct RuleKey {
  const char* name = nullptr;
  /// Of a section that has the key; mistakes go to the reader.
  void (*read)(SectionReader&, const input::Entry&, RuleKeys&) = nullptr;
  bool (*is_given)(const RuleKeys&) = nullptr;
  bool (*holds_of)(const Rule&, PatternProblems&, const AskedTransfer&) = nullptr;
  bool (*holds_to)(const Rule&, const Selection&, const AskedDestination&) = nullptr;
  /// Of all rows that a finding would have.
  bool (*holds_together)(const Store&, const Rule&, Rows) = nullptr;
  /// Takes out of a rule's rows those for which it does not hold, once all facts are there.
  void (*sift)(Store&, const Rule&, std::vector<std::uint32_t>& rows) = nullptr;
  /// What speaks for it in a finding of these rows: a sentence or more. Null where tell_peer() is
  /// not.
  void (*tell)(const Store&, const Rule&, Rows, std::vector<std::string>& reasons) = nullptr;
  /// Of a key that asks for nothing but the address, so that it holds for flows that no program
  /// made as well (`unseen_flows`): a sentence that speaks for it.
  std::string (*tell_peer)(const Rule&, const Policy&, const Peer&) = nullptr;
};

extern const RuleKey kListKey;
extern const RuleKey kFilesKey;
extern const RuleKey kHoursKey;
extern const RuleKey kWeekdaysKey;
extern const RuleKey kUnusualPortKey;
extern const RuleKey kRatioKey;
extern const RuleKey kCountryKey;
extern const RuleKey kAsnKey;
extern const RuleKey kFirstSeenKey;
extern const RuleKey kChunksKey;
extern const RuleKey kPeriodKey;

/// A sentence for each destination of these rows, of more than a few for the first.
void tell_each_peer(const Store& store, Rows rows, std::vector<std::string>& reasons,
                    const std::function<std::string(const Peer&)>& sentence);

/// Calls tell() or, for each destination, tell_peer().
void tell(const RuleKey& key, const Store& store, const Rule& rule, Rows rows,
          std::vector<std::string>& reasons);

/// All of them, in the order in which they are asked and told.
[[nodiscard]] std::span<const RuleKey* const> rule_keys();
[[nodiscard]] std::vector<const RuleKey*> keys_of(const Rule& rule);

/// Is everything that `inner` lets pass let through by `outer`, as far as is easily seen?
[[nodiscard]] bool covers(const RuleKeys& outer, const RuleKeys& inner);
/// May a transfer be let through by both?
[[nodiscard]] bool may_meet(const RuleKeys& one, const RuleKeys& other);

}  // namespace auexfil::policy
