#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// Numbers read several digits at a time: a loop over them ends at a place that no branch
/// predictor sees. Little-endian machines only; callers have a way of their own for others.
namespace auexfil::audit::digits {

inline constexpr bool kUsable = std::endian::native == std::endian::little;

constexpr std::uint64_t bytes_of(unsigned char byte) {
  return 0x0101010101010101ULL * byte;
}
inline constexpr std::uint64_t kHigh = bytes_of(0x80);

/// Eight bytes, the first in the lowest.
inline std::uint64_t load(const char* p) {
  std::uint64_t text = 0;
  std::memcpy(&text, p, sizeof text);
  return text;
}

/// The number of bytes before the first `stop` of eight; 8: none.
inline unsigned length_to(unsigned char stop, std::uint64_t text) {
  const std::uint64_t other = text ^ bytes_of(stop);
  const std::uint64_t found = (other - bytes_of(1)) & ~other & kHigh;  // exact up to the first
  return found == 0 ? 8U : static_cast<unsigned>(std::countr_zero(found)) / 8U;
}

/// The first `length` of eight bytes moved to the end, '0' in front of them.
inline std::uint64_t align(std::uint64_t text, unsigned length) {
  if (length >= 8) {
    return text;
  }
  return length == 0 ? bytes_of('0') : text << (64U - 8U * length) | bytes_of('0') >> (8U * length);
}

/// The high bit of each byte from `first` to `last`. Bytes are below 0x80.
constexpr std::uint64_t are_between(std::uint64_t text, unsigned char first, unsigned char last) {
  return (text + bytes_of(static_cast<unsigned char>(0x80 - first))) &
         ~(text + bytes_of(static_cast<unsigned char>(0x7f - last)));
}

/// Not 0 where one of eight bytes is a blank, below it, or no ASCII.
constexpr std::uint64_t are_below_blank(std::uint64_t text) {
  return ((text - bytes_of(' ' + 1)) | text) & kHigh;
}

/// Eight decimal digits. \return false for another byte.
inline bool read_decimal8(std::uint64_t text, std::uint64_t& value) {
  if ((are_between(text, '0', '9') & ~text & kHigh) != kHigh) {
    return false;
  }
  std::uint64_t x = text - bytes_of('0');
  x = (x * 10 + (x >> 8)) & 0x00ff00ff00ff00ffULL;
  x = (x * 100 + (x >> 16)) & 0x0000ffff0000ffffULL;
  value = (x * 10000 + (x >> 32)) & 0xffffffffU;
  return true;
}

/// Eight hexadecimal digits. \return false for another byte.
inline bool read_hex8(std::uint64_t text, std::uint64_t& value) {
  const std::uint64_t is_digit = are_between(text, '0', '9');
  const std::uint64_t is_letter = are_between(text | bytes_of(0x20), 'a', 'f');
  if (((is_digit | is_letter) & ~text & kHigh) != kHigh) {
    return false;
  }
  std::uint64_t x = (text & bytes_of(0x0f)) + (text >> 6 & bytes_of(1)) * 9;
  x = (x << 4 | x >> 8) & 0x00ff00ff00ff00ffULL;
  x = (x << 8 | x >> 16) & 0x0000ffff0000ffffULL;
  value = (x << 16 | x >> 32) & 0xffffffffU;
  return true;
}

/// One to sixteen hexadecimal digits in front of a blank. \param p 17 bytes behind and 16 before
/// are readable.
/// \return the number of digits; 0 for none, for more, or for another byte.
inline unsigned read_hex_to_blank(const char* p, std::uint64_t& value) {
#if defined(__SSE2__)
  const auto take = [](const char* from) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  };
  const auto blanks =
      static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(take(p), _mm_set1_epi8(' '))));
  const unsigned length = static_cast<unsigned>(std::countr_zero(blanks | 1U << 16));
  if (length == 0 || p[length] != ' ') {
    return 0;
  }
  // The sixteen bytes that end where the digits do; those in front of them do not count.
  alignas(16) static constexpr std::uint8_t kCounts[32] = {
      0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
      0,    0,    0,    0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  const __m128i counts = take(reinterpret_cast<const char*>(kCounts) + length);
  const __m128i text = take(p + length - 16);
  const __m128i decimal = _mm_sub_epi8(text, _mm_set1_epi8('0'));
  const __m128i is_decimal = _mm_cmpeq_epi8(_mm_min_epu8(decimal, _mm_set1_epi8(9)), decimal);
  const __m128i letter = _mm_sub_epi8(_mm_or_si128(text, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
  const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);
  const __m128i other = _mm_andnot_si128(_mm_or_si128(is_decimal, is_letter), counts);
  if (_mm_movemask_epi8(other) != 0) {
    return 0;
  }
  __m128i nibbles =
      _mm_or_si128(_mm_and_si128(is_decimal, decimal),
                   _mm_andnot_si128(is_decimal, _mm_add_epi8(letter, _mm_set1_epi8(10))));
  nibbles = _mm_and_si128(nibbles, counts);
  // Pairs to bytes, the first of the two on top.
  const __m128i bytes = _mm_and_si128(
      _mm_or_si128(_mm_slli_epi16(nibbles, 4), _mm_srli_epi16(nibbles, 8)), _mm_set1_epi16(0xff));
  const __m128i packed = _mm_packus_epi16(bytes, bytes);
  std::uint64_t swapped = 0;
  std::memcpy(&swapped, &packed, sizeof swapped);
  value = __builtin_bswap64(swapped);
  return length;
#else
  const std::uint64_t first = load(p);
  unsigned length = length_to(' ', first);
  if (length == 0 || !read_hex8(align(first, length), value)) {
    return 0;
  }
  if (length == 8) {
    const std::uint64_t second = load(p + 8);
    const unsigned more = length_to(' ', second);
    std::uint64_t low = 0;
    if (!read_hex8(align(second, more), low)) {
      return 0;
    }
    value = value << (4U * more) | low;
    length += more;
  }
  return p[length] == ' ' ? length : 0;
#endif
}

}  // namespace auexfil::audit::digits
