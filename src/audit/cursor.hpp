#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "auexfil/audit/fields.hpp"
#include "auexfil/input/find_byte.hpp"
#include "digits.hpp"

namespace auexfil::audit {

/// A cursor over "key=value key=value …" that takes fields in the kernel's order, checking each
/// key where it is expected. Any surprise ends the fast way.
/// Source: kernel/auditsc.c, audit_log_exit(), audit_log_task_info().
struct Cursor {
  const char* p;
  const char* end;
  const char* begin = p;

  template <std::size_t Size>
  bool key(const char (&text)[Size]) {
    constexpr std::size_t size = Size - 1;
    if (static_cast<std::size_t>(end - p) < size || std::memcmp(p, text, size) != 0) {
      return false;
    }
    p += size;
    return true;
  }

  /// Takes the blank behind a value. A value at the end of the line may be cut: the slow way.
  bool blank() {
    if (p < end && *p == ' ') {
      ++p;
      return true;
    }
    return false;
  }

  /// Can so many bytes be read at once?
  [[nodiscard]] bool can_load(std::size_t bytes) const {
    return digits::kUsable && static_cast<std::size_t>(end - p) >= bytes;
  }

  bool hex(std::uint64_t& value) {
    constexpr std::size_t kMost = 17;  // sixteen digits and the blank
    if (!can_load(kMost) || p - begin < 16) {
      return hex_by_digit(value);
    }
    const unsigned length = digits::read_hex_to_blank(p, value);
    p += length + 1;
    return length > 0;
  }

  bool hex_by_digit(std::uint64_t& value) {
    value = 0;
    const char* const start = p;
    for (; p < end; ++p) {
      const auto c = static_cast<unsigned char>(*p);
      unsigned digit = static_cast<unsigned>(c) - '0';
      if (digit > 9) {
        digit = (static_cast<unsigned>(c) | 0x20U) - 'a';
        if (digit > 5) {
          break;
        }
        digit += 10;
      }
      value = value << 4 | digit;
    }
    return p != start && p - start <= 16 && blank();
  }

  bool decimal(std::uint64_t& value) {
    constexpr std::size_t kMost = 9;
    if (can_load(kMost)) {
      const std::uint64_t text = digits::load(p);
      const unsigned length = digits::length_to(' ', text);
      if (length > 0 && length < 8) {
        if (!digits::read_decimal8(digits::align(text, length), value)) {
          return false;
        }
        p += length + 1;
        return true;
      }
    }
    return decimal_by_digit(value);
  }

  bool decimal_by_digit(std::uint64_t& value) {
    value = 0;
    const char* const start = p;
    for (; p < end; ++p) {
      const unsigned digit = static_cast<unsigned>(static_cast<unsigned char>(*p)) - '0';
      if (digit > 9) {
        break;
      }
      value = value * 10 + digit;
    }
    return p != start && p - start <= 19 && blank();
  }

  bool decimal32(std::uint32_t& value) {
    std::uint64_t wide = 0;
    if (!decimal(wide) || wide > 0xffffffffU) {
      return false;
    }
    value = static_cast<std::uint32_t>(wide);
    return true;
  }

  /// A value of bare characters that cannot be the beginning of anything else.
  bool word(std::string_view& value) {
    const char* const start = p;
    while (p<end&& * p> ' ' && *p != '#' && *p != '"') {
      ++p;
    }
    value = {start, static_cast<std::size_t>(p - start)};
    return p != start && blank();
  }

  /// A string as the kernel writes it, quoted or not.
  bool string(Field& field) {
    if (p == end || *p != '"') {
      field.form = Form::bare;
      return word(field.value);
    }
    const char* const start = p + 1;
    p = input::find_byte<'"', '\x1d'>(start, end);
    if (p == end || *p != '"') {
      return false;
    }
    field.form = Form::quoted;
    field.value = {start, static_cast<std::size_t>(p - start)};
    ++p;
    return blank();
  }
};

}  // namespace auexfil::audit
