#include "json_text.hpp"

#include <cstdint>
#include <optional>

#include "auexfil/input/append_utf8.hpp"

namespace auexfil::facts {
namespace {

std::optional<std::uint32_t> hex4(const char* text) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = text[i];  // a quote that ends the text early is no digit: it is not passed
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint32_t>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint32_t>(c - 'A') + 10;
    } else {
      return std::nullopt;
    }
    value = value << 4 | digit;
  }
  return value;
}

bool is_high(std::uint32_t unit) {
  return unit >= 0xd800 && unit < 0xdc00;
}
bool is_low(std::uint32_t unit) {
  return unit >= 0xdc00 && unit < 0xe000;
}

/// Decodes the \u escapes at `text` (behind the first 'u'); \return behind what was read, or null.
const char* decode_unicode(const char* text, std::string& out) {
  const auto unit = hex4(text);
  if (!unit) {
    return nullptr;
  }
  text += 4;
  if (is_high(*unit) && text[0] == '\\' && text[1] == 'u') {
    const auto second = hex4(text + 2);
    if (!second) {
      return nullptr;
    }
    if (is_low(*second)) {
      input::append_utf8(out, 0x10000 + ((*unit - 0xd800) << 10) + (*second - 0xdc00));
      return text + 6;
    }
  }
  if (*unit >= 0xdc80 && *unit <= 0xdcff) {
    out += static_cast<char>(*unit - 0xdc00);
  } else {
    input::append_utf8(out, is_high(*unit) || is_low(*unit) ? 0xfffd : *unit);
  }
  return text;
}

char simple_escape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '"':
    case '\\':
    case '/':
      return c;
    default:
      return '\0';
  }
}

}  // namespace

bool decode_json_text(const char* raw, std::string& out) {
  out.clear();
  for (;;) {
    const char* end = raw;
    while (*end != '"' && *end != '\\') {
      ++end;
    }
    out.append(raw, end);
    if (*end == '"') {
      return true;
    }
    const char escape = end[1];
    raw = end + 2;
    if (escape == 'u') {
      raw = decode_unicode(raw, out);
      if (raw == nullptr) {
        return false;
      }
    } else if (const char c = simple_escape(escape); c != '\0') {
      out += c;
    } else {
      return false;
    }
  }
}

}  // namespace auexfil::facts
