#pragma once

#include <cstddef>
#include <string_view>

namespace auexfil::facts {

/// One step through text that may hold anything.
struct CodePoint {
  char32_t code{};       ///< The raw byte when `valid` is false.
  std::size_t length{};  ///< Bytes taken, 1 to 4; 1 when not valid.
  bool valid{};
};

/// Decodes the character at `at` (which must lie inside `text`) as RFC 3629 has it: no overlong
/// forms, no surrogates, nothing past U+10FFFF.
[[nodiscard]] CodePoint decode_utf8(std::string_view text, std::size_t at) noexcept;

/// Characters outside ASCII that a terminal obeys or that make text read as something else: C1
/// controls, zero-width and bidirectional marks, line and paragraph separators. All lie in the BMP.
[[nodiscard]] bool is_deceptive(char32_t code) noexcept;

}  // namespace auexfil::facts
