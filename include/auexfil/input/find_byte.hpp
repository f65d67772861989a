#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace auexfil::input {

/// The first of some bytes in [at, end), or `end`. Values are a few bytes long: a loop over each
/// would end at a place that no branch predictor sees.
template <char... kBytes>
inline const char* find_byte(const char* at, const char* end) {
#if defined(__SSE2__)
  constexpr std::ptrdiff_t kWide = 16;
  for (; end - at >= kWide; at += kWide) {
    const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    __m128i found = _mm_setzero_si128();
    ((found = _mm_or_si128(found, _mm_cmpeq_epi8(text, _mm_set1_epi8(kBytes)))), ...);
    if (const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found)); mask != 0) {
      return at + std::countr_zero(mask);
    }
  }
#endif
  while (at < end && ((*at != kBytes) && ...)) {
    ++at;
  }
  return at;
}

/// As std::string_view::find_first_of(), which calls memchr for each character.
template <char... kBytes>
[[nodiscard]] inline std::size_t find_first(std::string_view text, std::size_t from = 0) {
  const char* const end = text.data() + text.size();
  const char* const at = find_byte<kBytes...>(text.data() + std::min(from, text.size()), end);
  return at == end ? std::string_view::npos : static_cast<std::size_t>(at - text.data());
}

/// `text == word`, compared in place: a view's own operator calls memcmp, of an unknown length.
template <std::size_t kSize>
[[nodiscard]] constexpr bool is_word(std::string_view text, const char (&word)[kSize]) {
  return text.size() == kSize - 1 && __builtin_memcmp(text.data(), word, kSize - 1) == 0;
}

}  // namespace auexfil::input
