#pragma once

#include <string>
#include <vector>

#include "auexfil/policy/lint.hpp"

/// What `lint` says of rule files.
namespace auexfil::report {

/// One line: {"type":"remark",…}.
void append_json(std::string& out, const policy::Remark& remark);

/// "FILE:LINE: warning: what [check]", as compilers write theirs.
void append_text(std::string& out, const policy::Remark& remark);

/// "2 errors, 1 warning, 0 notes."
void append_end(std::string& out, const std::vector<policy::Remark>& remarks);

}  // namespace auexfil::report
