#include "auexfil/facts/utf8.hpp"

namespace auexfil::facts {
namespace {

struct Lead {
  std::size_t length;
  char32_t bits;
  char32_t least;  ///< Below this the form is overlong.
};

/// What a lead byte announces; length 0 for a byte that leads nothing.
Lead lead_of(unsigned char byte) noexcept {
  if (byte < 0x80) {
    return {1, byte, 0};
  }
  if ((byte & 0xe0U) == 0xc0) {
    return {2, byte & 0x1fU, 0x80};
  }
  if ((byte & 0xf0U) == 0xe0) {
    return {3, byte & 0x0fU, 0x800};
  }
  if ((byte & 0xf8U) == 0xf0) {
    return {4, byte & 0x07U, 0x10000};
  }
  return {0, 0, 0};
}

}  // namespace

CodePoint decode_utf8(std::string_view text, std::size_t at) noexcept {
  const auto byte_at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const CodePoint bad{byte_at(at), 1, false};
  const Lead lead = lead_of(byte_at(at));
  if (lead.length == 0 || lead.length > text.size() - at) {
    return bad;
  }
  char32_t code = lead.bits;
  for (std::size_t i = 1; i < lead.length; ++i) {
    const unsigned char next = byte_at(at + i);
    if ((next & 0xc0U) != 0x80) {
      return bad;
    }
    code = (code << 6U) | (next & 0x3fU);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < lead.least || surrogate || code > 0x10ffff) {
    return bad;
  }
  return {code, lead.length, true};
}

bool is_deceptive(char32_t code) noexcept {
  const auto within = [code](char32_t first, char32_t last) {
    return code >= first && code <= last;
  };
  return within(0x80, 0x9f) || code == 0x061c || within(0x200b, 0x200f) || within(0x2028, 0x202e) ||
         within(0x2060, 0x2069) || code == 0xfeff;
}

}  // namespace auexfil::facts
