#pragma once

#include <cstdint>
#include <optional>

#include "archive_bytes.hpp"

namespace auexfil::input {

/// Behind which byte a zip is over, by the end of its directory.
/// \param from  where that directory begins, if nothing at the file's end says where
/// \return nothing where no end is seen.
[[nodiscard]] std::optional<std::uint64_t> end_of_zip(ArchiveBytes& bytes, std::uint64_t from);

/// Behind which byte a 7z is over, by its first header.
[[nodiscard]] std::optional<std::uint64_t> end_of_7z(ArchiveBytes& bytes);

}  // namespace auexfil::input
