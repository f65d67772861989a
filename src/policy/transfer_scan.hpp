#pragma once

#include <string_view>

#include "auexfil/facts/fact.hpp"

namespace auexfil::policy {

/// What a line of facts begins with when `transfers` wrote it.
inline constexpr std::string_view kScanned = R"({"type":"transfer","schema":1,"id":")";

/// Reads a transfer that is written to the letter as `transfers` writes it: fields in its order, no
/// blanks, nothing but ASCII. Of its fields it takes what FactDetail::judged takes.
///
/// Everything else is left to the general reader, mistakes too: where this says yes, that would
/// have given the same values.
/// \param line begins with kScanned, and 64 bytes behind it are readable.
/// \return false when the line is not of that form; `fact` then holds anything.
[[nodiscard]] bool scan_transfer(std::string_view line, facts::Fact& fact);

}  // namespace auexfil::policy
