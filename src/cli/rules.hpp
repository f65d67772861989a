#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "auexfil/host/automation.hpp"
#include "auexfil/input/rule_file.hpp"
#include "auexfil/policy/policy.hpp"
#include "auexfil/transfer/tools.hpp"

namespace auexfil::cli {

/// All rules of a run.
struct Rules {
  host::Signs signs;
  transfer::Tools tools;
  policy::Policy policy;
  std::vector<std::string> notes;  ///< What was left out of lists, for people.
};

/// Mistakes in rule files, or a rule file that cannot be read: nothing is to be judged.
struct RulesError {
  std::vector<std::string> lines;  ///< "file:line: what, and what would be right"
};

/// The files as they were read, the lowest first.
struct RuleLayers {
  std::vector<input::RuleFile> layers;
  std::size_t built_in = 0;           ///< So many of them are compiled in.
  std::vector<std::string> problems;  ///< Files that cannot be read.
};
[[nodiscard]] RuleLayers read_rule_layers(const std::vector<std::string>& paths);

/// Of all that they say, wherever it stands.
[[nodiscard]] std::uint64_t hash_of(const RuleLayers& read);

/// \throws RulesError
[[nodiscard]] Rules rules_of(RuleLayers read);

/// Reads the files that the policy's [list] sections name into them; `notes` get what is left out.
/// \throws RulesError where one cannot be read, or there is too much in them.
void load_lists(Rules& rules);

/// What --baseline names.
/// \throws RulesError with its mistakes, or where it has no [normal] section.
[[nodiscard]] std::vector<policy::Normal> load_baseline(const std::string& path);

/// Built-in rules, under /etc/auexfil/*.conf, under `paths` (files or folders of *.conf).
/// \throws RulesError with every mistake of every file.
[[nodiscard]] Rules load_rules(const std::vector<std::string>& paths);

}  // namespace auexfil::cli
