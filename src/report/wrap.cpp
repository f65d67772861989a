#include "wrap.hpp"

#include <algorithm>
#include <array>

#include "auexfil/facts/utf8.hpp"

namespace auexfil::report {
namespace {

using facts::CodePoint;
using facts::decode_utf8;

struct Codes {
  char32_t first;
  char32_t last;
};

/// Unicode's East_Asian_Width W and F, its blocks taken whole where single holes do not matter.
constexpr std::array<Codes, 11> kWide = {{{0x1100, 0x115f},
                                          {0x2e80, 0x303e},
                                          {0x3041, 0xa4cf},
                                          {0xa960, 0xa97f},
                                          {0xac00, 0xd7a3},
                                          {0xf900, 0xfaff},
                                          {0xfe30, 0xfe6f},
                                          {0xff00, 0xff60},
                                          {0xffe0, 0xffe6},
                                          {0x1f300, 0x1faff},
                                          {0x20000, 0x3fffd}}};
/// The blocks of combining marks that stand in most text.
constexpr std::array<Codes, 4> kCombining = {
    {{0x0300, 0x036f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0xfe00, 0xfe0f}}};

template <std::size_t N>
bool holds(const std::array<Codes, N>& codes, char32_t code) {
  return std::any_of(codes.begin(), codes.end(),
                     [code](Codes c) { return c.first <= code && code <= c.last; });
}

std::size_t width_of(char32_t code) {
  if (code < 0x0300) {
    return 1;
  }
  return holds(kCombining, code) ? 0 : holds(kWide, code) ? 2 : 1;
}

/// How much of `text` fits in `room` columns: up to the last blank there, or hard at the end of the
/// room where no blank stands behind the first `least` bytes.
std::size_t length_of_line(std::string_view text, std::size_t least, std::size_t room) {
  std::size_t at = 0;
  std::size_t used = 0;
  std::size_t blank = 0;
  while (at < text.size()) {
    const CodePoint point = decode_utf8(text, at);
    const std::size_t width = width_of(point.code);
    if (point.code == ' ' && at > least) {
      blank = at;
    }
    if (used + width > room) {
      return blank != 0 ? blank : at;
    }
    used += width;
    at += point.length;
  }
  return at;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    columns += width_of(point.code);
    at += point.length;
  }
  return columns;
}

void append_wrapped(std::string& out, std::string_view line, std::size_t indent) {
  // Blanks in front are the line's own indent, no place to break at.
  std::size_t least = std::min(line.find_first_not_of(' '), line.size());
  std::size_t room = kColumns;
  for (;;) {
    const std::size_t length = length_of_line(line, least, room);
    const std::size_t end = line.substr(0, length).find_last_not_of(' ');
    out.append(line.substr(0, end == std::string_view::npos ? 0 : end + 1)).push_back('\n');
    line.remove_prefix(length);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (line.empty()) {
      return;
    }
    out.append(indent, ' ');
    room = kColumns - indent;
    least = 0;
  }
}

}  // namespace auexfil::report
