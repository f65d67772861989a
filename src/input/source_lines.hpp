#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "source.hpp"

namespace auexfil::input {

struct SourceLines {
  std::uint64_t count{};     ///< that were gone past
  std::uint64_t overlong{};  ///< of them, left out
};

/// Hands on the lines of a source, one that lacks its newline at the end too, with their numbers
/// from 0, until `use` returns false. \param longest  a line of more bytes is left out.
template <typename Use>
SourceLines each_line_of(Source& source, std::size_t longest, Use use) {
  constexpr std::size_t kPiece = std::size_t{256} << 10;
  SourceLines lines;
  std::string text;
  bool is_overlong = false;
  const auto end_line = [&](std::string_view line) {
    const bool is_left_out = is_overlong || line.size() > longest;
    is_overlong = false;
    lines.overlong += is_left_out ? 1U : 0U;
    return is_left_out ? (++lines.count, true) : use(line, lines.count++);
  };
  for (std::size_t got = kPiece; got == kPiece;) {
    const std::size_t had = text.size();
    text.resize(had + kPiece);
    got = source.read(text.data() + had, kPiece);
    text.resize(had + got);
    std::size_t at = 0;
    for (auto end = text.find('\n', had); end != std::string::npos; end = text.find('\n', at)) {
      if (!end_line(std::string_view(text).substr(at, end - at))) {
        return lines;
      }
      at = end + 1;
    }
    text.erase(0, at);
    if (text.size() > longest) {
      is_overlong = true;
      text.clear();
    }
  }
  if (!text.empty() || is_overlong) {
    static_cast<void>(end_line(text));
  }
  return lines;
}

}  // namespace auexfil::input
