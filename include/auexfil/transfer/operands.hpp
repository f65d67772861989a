#pragma once

#include <string>
#include <vector>

#include "auexfil/transfer/tools.hpp"

namespace auexfil::transfer {

/// The words of a command line that are neither options nor values of them, as its tool would read
/// it; words of another program (of ssh HOST COMMAND) are none.
[[nodiscard]] std::vector<std::string> operands_of(const Tool& tool,
                                                   const std::vector<std::string>& argv);

}  // namespace auexfil::transfer
