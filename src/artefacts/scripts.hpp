#pragma once

#include <string>

#include "reader.hpp"

namespace auexfil::artefacts {

/// Adds a script that is run by where it lies, with any arguments.
void add_script(Reader& reader, Kind kind, const std::string& path, const std::string& user,
                const std::string& schedule);

}  // namespace auexfil::artefacts
