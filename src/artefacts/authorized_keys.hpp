#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auexfil/artefacts/artefact.hpp"

namespace auexfil::artefacts {

/// The keys of an authorized_keys file that are bound to a command (sshd(8), "AUTHORIZED_KEYS FILE
/// FORMAT").
[[nodiscard]] std::vector<Artefact> parse_authorized_keys(std::string_view text,
                                                          const std::string& path);

}  // namespace auexfil::artefacts
