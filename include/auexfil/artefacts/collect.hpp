#pragma once

#include <cstddef>

#include "auexfil/artefacts/artefact.hpp"
#include "auexfil/input/tree.hpp"

namespace auexfil::artefacts {

/// What an image may make us read and keep; what is above is left out and counted.
struct Bounds {
  std::size_t file_bytes = std::size_t{1} << 20U;  ///< a larger file is read that far, whole lines
  std::size_t all_bytes = std::size_t{64} << 20U;
  std::size_t files = 65536;
  std::size_t entries = 16384;  ///< of a folder
  std::size_t artefacts = 65536;
  std::size_t command_bytes = std::size_t{64} << 10U;
  std::size_t variable_bytes = std::size_t{32} << 20U;  ///< that tables and units set, of all
};

/// Reads all that an image has of what starts things. Nothing is run or written.
/// \param image  paths are those inside the image ("/etc/crontab"); links have to stay in it.
[[nodiscard]] Inventory collect(const input::Tree& image, const Bounds& bounds = {});

}  // namespace auexfil::artefacts
