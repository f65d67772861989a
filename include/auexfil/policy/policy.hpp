#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/audit/address.hpp"
#include "auexfil/audit/stamp.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/input/pattern.hpp"
#include "auexfil/input/rule_file.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/policy/geo.hpp"
#include "auexfil/policy/list.hpp"
#include "auexfil/policy/normal.hpp"
#include "auexfil/policy/rule_keys.hpp"

/// A loaded policy, as values. The files' grammar and keys: rules/policy.conf.
namespace auexfil::policy {

/// A set of enumerators of a small enum.
template <typename Enum>
class EnumSet {
 public:
  constexpr void add(Enum value) noexcept { bits_ |= bit(value); }
  [[nodiscard]] constexpr bool has(Enum value) const noexcept { return (bits_ & bit(value)) != 0; }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  [[nodiscard]] constexpr bool meets(EnumSet other) const noexcept {
    return (bits_ & other.bits_) != 0;
  }

 private:
  static constexpr std::uint32_t bit(Enum value) noexcept {
    return std::uint32_t{1} << static_cast<unsigned>(value);
  }
  std::uint32_t bits_ = 0;
};

/// What a kind of host may send.
struct Role {
  std::string name;
  std::vector<input::Pattern> hosts;  ///< Empty for `default`: every host that no other names.
  std::uint64_t limit_bytes{};
  std::int64_t window_ms{};
};

struct PortRange {
  std::uint16_t first{};
  std::uint16_t last{};
};

/// An empty list covers every port, and an unknown one; else an unknown one is in no range.
[[nodiscard]] inline bool covers(const std::vector<PortRange>& ports,
                                 std::optional<std::uint16_t> port) {
  return ports.empty() ||
         (port && std::any_of(ports.begin(), ports.end(), [&](const PortRange& range) {
            return range.first <= *port && *port <= range.last;
          }));
}

/// A trusted destination. A list that is empty holds for all.
struct Allow {
  std::string name;
  std::vector<audit::Cidr> addresses;
  std::vector<input::Pattern> names;  ///< Asked only for destinations without an address.
  std::vector<PortRange> ports;
  std::vector<input::Pattern> roles;
  std::vector<input::Pattern> users;  ///< Name or number, of uid or auid.
  std::vector<input::Pattern> tools;
  std::string owner;
  std::string reason;
  std::string expires;                        ///< As written: the last day (UTC) it holds.
  std::optional<audit::TimeMs> expired_from;  ///< First moment at which it no longer holds.
};

enum class GroupKey : std::uint8_t { host, destination, user, tool, job, role };

[[nodiscard]] const char* to_word(GroupKey);

struct Limit {
  enum class Kind : std::uint8_t {
    none,  ///< Every transfer that the rule selects is held against.
    role,  ///< The role's bytes.
    bytes,
    connections,
  };
  Kind kind = Kind::none;
  std::uint64_t amount{};  ///< For bytes and connections. Exceeded by more, not by as much.
};

struct Rule {
  std::string name;
  EnumSet<transfer::Verdict> automation;
  EnumSet<transfer::Direction> directions;  ///< Of a destination.
  EnumSet<transfer::Side> sides;
  EnumSet<transfer::Basis> bases;     ///< Of a destination; `unknown` where it has no bytes.
  std::vector<input::Pattern> tools;  ///< Empty: any.
  std::vector<input::Pattern> signs;  ///< One of the transfer's reasons; empty: any.
  std::vector<PortRange> ports;       ///< Of a destination; empty: any.
  bool estimates{};                   ///< Counts bytes that nobody saw leave, see Row::guessed.
  bool public_only{};                 ///< Leaves out destinations with private addresses.
  bool unseen_flows{};                ///< Of no transfers, but of flows that no program made.
  std::vector<GroupKey> group_by;
  Limit limit;
  EnumSet<Deviation> deviations;          ///< One of a destination's; empty: any, and none.
  std::uint64_t min_destinations = 1;     ///< Distinct ones that a finding has to cover.
  std::optional<std::int64_t> window_ms;  ///< Empty: the role's.
  Severity severity = Severity::high;
  std::vector<std::string> technique;
  RuleKeys keys;
};

/// Of a host with that role; empty: the rule has none.
[[nodiscard]] std::optional<std::uint64_t> limit_of(const Rule& rule, const Role& role);
[[nodiscard]] inline bool wants_geo(const Rule& rule) {
  return rule.keys.countries.is_given() || rule.keys.asns.is_given();
}

/// It asks for files that transfers read: who makes packs of facts has to put them in.
[[nodiscard]] inline bool wants_files(const Rule& rule) {
  return !rule.keys.files.empty();
}

struct Policy {
  std::vector<Role> roles;  ///< In the order in which they are asked; `default` last.
  std::vector<Allow> allows;
  std::vector<Rule> rules;
  /// By tool, the ports that its protocols have; of others nothing is unusual. Of tools.conf, which
  /// is another room's.
  std::map<std::string, std::vector<PortRange>, std::less<>> usual_ports;
  std::shared_ptr<const Geo> geo;  ///< Of --geo; null: nobody asked, and no place is known.
  std::vector<List> lists;  ///< Without entries, until somebody has read the files: read_list().
  /// What is normal, of --baseline; nothing: nobody asked. What [normal] sections of rule files say
  /// is read for its mistakes and not used: who may write rules should say what he compares with.
  std::optional<std::vector<Normal>> normals;

  /// The role of that name, or null.
  [[nodiscard]] const Role* find_role(std::string_view name) const;
};

[[nodiscard]] inline bool wants_files(const Policy& policy) {
  return std::any_of(policy.rules.begin(), policy.rules.end(),
                     [](const Rule& rule) { return wants_files(rule); });
}

struct LoadedPolicy {
  Policy policy;  ///< To be used only when there are no mistakes.
  /// Every mistake of every file, by layer and line: of the grammar, sections given twice in a
  /// layer, and of the policy's own sections (also of those that a layer above replaces).
  std::vector<input::Mistake> mistakes;
};

/// Kinds of sections in rule files that belong to other rooms and are passed over.
inline const std::vector<std::string_view> kForeignKinds = {
    "tool",   "multicall", "sign", "words",   "lookup", "broker",
    "reason", "control",   "own",  "staging", "removal"};

/// The [normal] sections of a file that `baseline` wrote; its other sections are passed over.
[[nodiscard]] std::vector<Normal> load_normals(const input::RuleFile& file,
                                               std::vector<input::Mistake>& mistakes);

/// \param layers_bottom_first built-in, /etc, --rules…, as parse_rule_file() gave them; see
///        input::overlay() for what lies over what.
[[nodiscard]] LoadedPolicy load_policy(
    const std::vector<input::RuleFile>& layers_bottom_first,
    const std::vector<std::string_view>& foreign_kinds = kForeignKinds);

}  // namespace auexfil::policy
