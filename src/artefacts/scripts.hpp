#pragma once

#include <string>
#include <vector>

#include "reader.hpp"

namespace auexfil::artefacts {

/// Adds a script that is run by where it lies, with any arguments.
/// \param names  its paths, by any of which it may be started; the first stands for it.
void add_script(Reader& reader, Kind kind, const std::vector<std::string>& names,
                const std::string& user, const std::string& schedule);

}  // namespace auexfil::artefacts
