#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/facts/fact.hpp"

namespace auexfil::policy {

enum class Severity : std::uint8_t { low, medium, high, critical };

[[nodiscard]] const char* to_word(Severity);

/// Who sent: of several transfers, the one with the most bytes (the first of equals).
struct Sender {
  std::string tool;
  std::optional<std::string> user;       ///< uid's name, else its number
  std::optional<std::string> auid_user;  ///< auid's name, else its number
  std::optional<facts::Job> job;
  transfer::Verdict automation = transfer::Verdict::unknown;
  std::vector<std::string> started;  ///< Sentences: why that is its verdict.
  std::optional<std::string> script;
  std::vector<std::string> command;  ///< argv
  /// comm of the programs between the starter and the tool, outermost first ("cron", "sh").
  std::vector<std::string> chain;
  std::optional<std::string> login;  ///< to its session, see facts::login_text()
  /// What it read, if JudgeOptions ask for that: the first hundred, and how many in all.
  std::vector<facts::FileUse> files;
  std::uint64_t files_count{};
};

/// One group of transfers that a rule holds against. Prints as {"type":"finding",…}.
struct Finding : Sender {
  std::uint64_t id{};  ///< Hash of rule, group and first transfer: the same in every run.
  std::string rule;
  std::vector<std::string> technique;
  Severity severity = Severity::high;
  std::optional<std::string> host;
  std::string role;
  /// The group_by keys of the rule in the rule's order, with this group's values.
  std::vector<std::pair<std::string, std::string>> group;
  audit::TimeMs start{};                     ///< First start of the transfers covered.
  audit::TimeMs end{};                       ///< Last end.
  std::optional<std::uint64_t> limit_bytes;  ///< Empty where the rule counts none.
  std::optional<std::uint64_t> limit_connections;
  std::int64_t window_s{};
  std::optional<std::uint64_t> bytes_out;  ///< Of the whole stretch; empty if nothing was measured.
  transfer::Basis basis = transfer::Basis::unknown;

  struct Destination {
    std::string address;  ///< Literal, or the name as typed where no address is known.
    std::optional<std::uint16_t> port;
    std::optional<std::uint64_t> bytes_out;
    transfer::Basis basis = transfer::Basis::unknown;
    Sender sender{};  ///< Of the transfers to there.
    bool is_least{};  ///< Of flows of some of which nobody saw all. Not printed as a field.
  };
  std::vector<Destination> destinations;  ///< Most bytes first, then by address and port.
  std::vector<std::uint64_t> transfers;   ///< Ids in order of time.

  /// Sentences: those of `started`, who else sent of it, why not approved, what limit.
  std::vector<std::string> reasons;

  bool is_least{};   ///< See Destination::is_least.
  bool is_update{};  ///< A run before has reported it, with other figures.
};

/// Hash of rule and group: what findings of one thing that goes on share.
[[nodiscard]] std::uint64_t kind_of(const Finding&);

}  // namespace auexfil::policy
