#pragma once

#include <cstdint>
#include <string>

#include "auexfil/facts/fact.hpp"

namespace auexfil::facts {

/// 16 hex digits.
[[nodiscard]] std::string format_id(std::uint64_t id);

/// Appends a fact as one line of JSON ({"type":"transfer",…}); facts::FactReader reads it back.
void append_json(std::string& out, const Fact& fact);

}  // namespace auexfil::facts
