#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace auexfil::input {

/// A text that is a number in decimal and nothing else.
template <typename Number>
[[nodiscard]] std::optional<Number> whole_number(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  return text.empty() || error != std::errc() || rest != end ? std::nullopt : std::optional(value);
}

}  // namespace auexfil::input
