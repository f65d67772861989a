#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/input/rule_file.hpp"
#include "auexfil/policy/judge.hpp"

/// What is wrong with a policy that has no mistake: sections that can do nothing, that do more than
/// is meant, or of which nobody knows why they are there.
namespace auexfil::policy {

/// note: how it is read. warning: somebody should look. error: it does not do what it says.
enum class Weight : std::uint8_t { note, warning, error };

[[nodiscard]] const char* to_word(Weight);

/// Prints as `file:line: weight: what [check]`, or as {"type":"remark",…}.
struct Remark {
  std::string file;
  int line{};
  Weight weight = Weight::note;
  std::string check;  ///< A word of doc/output.md, for who filters.
  std::string what;
};

struct LintOptions {
  audit::TimeMs now{};       ///< Judges what has expired.
  std::size_t built_in = 0;  ///< So many of the lowest layers are nobody's own: never remarked on.
  const Uses* uses = nullptr;  ///< Of facts that the policy was held against; null: none given.
};

/// \param layers_bottom_first  as load_policy() takes them, without mistakes.
/// \return by layer and line.
[[nodiscard]] std::vector<Remark> lint(const std::vector<input::RuleFile>& layers_bottom_first,
                                       const LintOptions& options);

}  // namespace auexfil::policy
