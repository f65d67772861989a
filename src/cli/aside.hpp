#pragma once

#include <string>

namespace auexfil::cli {

/// Opens, to be written, a new file beside the one that it will be renamed to, and holds it locked:
/// another run's is never taken, what a killed one has left is in nobody's way.
/// \param name  of that file then
/// \return its descriptor; -1 with errno set
[[nodiscard]] int open_aside(const std::string& path, std::string& name);

/// Removes what killed runs have left beside `path`. Before the run is confined: it looks into the
/// folder.
void remove_stale(const std::string& path);

/// \return false with errno set, EEXIST where the name is taken.
[[nodiscard]] bool rename_to_free(const std::string& from, const std::string& to);

}  // namespace auexfil::cli
