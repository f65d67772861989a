#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auexfil/artefacts/artefact.hpp"

namespace auexfil::artefacts {

/// What the name of a job of at says: "b0000301c8a383" is queue b, job 3, due at minute 0x01c8a383
/// of the epoch. A leading = is on jobs that run. Nothing for other names.
struct AtName {
  char queue{};
  std::uint32_t job{};
  std::int64_t due{};  ///< seconds since the epoch
  bool runs{};
};
[[nodiscard]] std::optional<AtName> parse_at_name(std::string_view name);

/// A job: what stands behind its environment and its change of folder.
[[nodiscard]] std::optional<Artefact> parse_at_job(std::string_view text, const std::string& path);

}  // namespace auexfil::artefacts
