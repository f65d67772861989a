#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace auexfil::report {

/// Appends text of a log so that no terminal obeys it and no line breaks: controls and bytes that
/// are not UTF-8 as \x1b, characters that deceive a reader (C1, bidirectional, zero-width, U+2028)
/// as \u009b. Everything else passes through.
void append_safe(std::string& out, std::string_view text);
[[nodiscard]] std::string to_safe(std::string_view text);

/// The same, cut after `most` characters with "…" behind. 0 means no limit.
[[nodiscard]] std::string to_safe(std::string_view text, std::size_t most);

/// An argv as one line for people: words that hold blanks or characters of the shell in single
/// quotes. Not yet safe.
[[nodiscard]] std::string join_command(const std::vector<std::string>& argv);

[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view between);

}  // namespace auexfil::report
