#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace auexfil::report {

/// What every line of the table fits in, whatever the terminal: a screen of the last resort (a
/// console, a mail, a ticket) has no more.
inline constexpr std::size_t kColumns = 80;

/// Columns that text takes on a terminal: two for wide characters (East Asian ones, pictures), none
/// for those that combine with the one in front. Text must be safe already (safe.hpp).
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// Appends one line and its newline, broken at blanks where it is wider than kColumns; what goes on
/// stands `indent` columns in. A word that fills a line by itself is broken where the line ends.
void append_wrapped(std::string& out, std::string_view line, std::size_t indent);

}  // namespace auexfil::report
