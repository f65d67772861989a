#pragma once

#include <string>
#include <vector>

#include "auexfil/input/rule_file.hpp"
#include "auexfil/policy/baseline.hpp"

namespace auexfil::report {

/// A rule file: roles with proposed limits, approvals in force that were needed, proposed approvals
/// of steady destinations, and what is normal, with what speaks for each of it in comments.
/// \param policy  in force
/// \param carried  sections of entries that approved something
/// \param now  proposed approvals end 90 days after it, or after the data
void append_rules(std::string& out, const policy::BaselineReport& baseline,
                  const policy::Policy& policy, const std::vector<const input::Section*>& carried,
                  audit::TimeMs now);

}  // namespace auexfil::report
