#pragma once

#include <memory>
#include <string>
#include <vector>

#include "auexfil/policy/geo.hpp"

namespace auexfil::cli {

/// Opens databases in MaxMind's format (MMDB). Of what several of them know of an address the first
/// counts. To be called before the run is confined; addresses are looked up without opening more.
/// \throws RulesError with each that cannot be read.
[[nodiscard]] std::shared_ptr<const policy::Geo> open_geo(const std::vector<std::string>& paths);

}  // namespace auexfil::cli
