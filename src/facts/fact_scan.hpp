#pragma once

#include <string_view>

#include "auexfil/facts/fact.hpp"

namespace auexfil::facts {

/// What a line of facts begins with when `transfers` wrote it.
inline constexpr std::string_view kScanned = R"({"type":"transfer","schema":1)";

/// Reads a transfer that is written to the letter as `transfers` writes it: fields in its order, no
/// blanks, nothing but ASCII. Of its fields it takes what FactDetail::judged takes.
///
/// Everything else is left to the general reader, mistakes too: where this says yes, that would
/// have given the same values.
/// \param line begins with kScanned, and 64 bytes behind it are readable.
/// \return false when the line is not of that form; `fact` then holds anything.
[[nodiscard]] bool scan_transfer(std::string_view line, Fact& fact);

}  // namespace auexfil::facts
