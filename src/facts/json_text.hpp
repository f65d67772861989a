#pragma once

#include <string>

namespace auexfil::facts {

/// Decodes one JSON string into bytes, see fact_reader.hpp for surrogates.
/// \param raw behind the opening quote; the closing quote exists and is not escaped, and what
///            stands between is valid UTF-8 without control characters (simdjson's first stage).
/// \return false for an escape that JSON does not have.
[[nodiscard]] bool decode_json_text(const char* raw, std::string& out);

}  // namespace auexfil::facts
