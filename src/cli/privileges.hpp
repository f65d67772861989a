#pragma once

#include <string>

#include "confine.hpp"

namespace auexfil::cli {

/// Gives up every capability (capabilities(7)) but those that a run may need: CAP_DAC_READ_SEARCH,
/// to read any log; where it writes into a folder that is not root's own, CAP_DAC_OVERRIDE and
/// CAP_FOWNER too. For the main thread before there are others.
/// \return a line that says which are left; empty: there was none to give up.
[[nodiscard]] std::string give_up_privileges(const Access& access);

}  // namespace auexfil::cli
