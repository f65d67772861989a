#include "scan_lines.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace auexfil::audit {
namespace {

constexpr std::size_t kStep = 64;

void make_room(std::vector<std::uint32_t>& newlines, std::size_t used) {
  if (newlines.size() < used + kStep) {
    newlines.resize(std::max<std::size_t>(1024, newlines.size() * 2));
  }
}

/// What is left from `at` on, byte by byte.
void scan_rest(std::string_view text, std::size_t at, std::vector<std::uint32_t>& newlines,
               Scanned& scanned) {
  for (; at < text.size(); ++at) {
    if (text[at] == '\n') {
      make_room(newlines, scanned.lines);
      newlines[scanned.lines++] = static_cast<std::uint32_t>(at);
    }
    scanned.marks += text[at] == 't' && at + 1 < text.size() && text[at + 1] == '(' ? 1U : 0U;
  }
}

Scanned scan_portable(std::string_view text, std::vector<std::uint32_t>& newlines) {
  constexpr std::size_t kWidth = 16;
  // A vector of bytes of the compiler's own: what the machine has, NEON for one.
  using Bytes = std::uint8_t __attribute__((vector_size(kWidth)));
  Scanned scanned;
  std::size_t at = 0;
  while (at + kStep + 1 <= text.size()) {
    Bytes sums{};
    const std::size_t begin = at;
    // A lane counts to 255 before it is added up.
    for (int round = 0; round < 63 && at + kStep + 1 <= text.size(); ++round, at += kStep) {
      for (std::size_t part = 0; part < kStep; part += kWidth) {
        Bytes here;
        Bytes next;
        std::memcpy(&here, text.data() + at + part, sizeof here);
        std::memcpy(&next, text.data() + at + part + 1, sizeof next);
        const auto hits =
            (here == static_cast<std::uint8_t>('t')) & (next == static_cast<std::uint8_t>('('));
        Bytes ones;
        std::memcpy(&ones, &hits, sizeof ones);
        sums -= ones;  // a hit is 0xff, minus one
      }
    }
    for (std::size_t lane = 0; lane < kWidth; ++lane) {
      scanned.marks += sums[lane];
    }
    for (const char* p = text.data() + begin; p < text.data() + at; ++p) {
      const auto left = static_cast<std::size_t>(text.data() + at - p);
      p = static_cast<const char*>(std::memchr(p, '\n', left));
      if (p == nullptr) {
        break;
      }
      make_room(newlines, scanned.lines);
      newlines[scanned.lines++] = static_cast<std::uint32_t>(p - text.data());
    }
  }
  scan_rest(text, at, newlines, scanned);
  return scanned;
}

#if defined(__x86_64__)

void take_newlines(std::uint64_t bits, std::size_t at, std::vector<std::uint32_t>& newlines,
                   Scanned& scanned) {
  make_room(newlines, scanned.lines);
  for (; bits != 0; bits &= bits - 1) {
    newlines[scanned.lines++] =
        static_cast<std::uint32_t>(at + static_cast<std::size_t>(std::countr_zero(bits)));
  }
}

Scanned scan_sse2(std::string_view text, std::vector<std::uint32_t>& newlines) {
  Scanned scanned;
  const __m128i newline = _mm_set1_epi8('\n');
  const __m128i letter = _mm_set1_epi8('t');
  const __m128i bracket = _mm_set1_epi8('(');
  __m128i marks = _mm_setzero_si128();
  std::size_t at = 0;
  for (; at + kStep + 1 <= text.size(); at += kStep) {
    std::uint64_t bits = 0;
    __m128i hits = _mm_setzero_si128();
    for (unsigned part = 0; part < kStep; part += 16) {
      const char* const p = text.data() + at + part;
      const __m128i here = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
      const __m128i next = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 1));
      bits |= static_cast<std::uint64_t>(
                  static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(here, newline))))
              << part;
      hits = _mm_sub_epi8(
          hits, _mm_and_si128(_mm_cmpeq_epi8(here, letter), _mm_cmpeq_epi8(next, bracket)));
    }
    marks = _mm_add_epi64(marks, _mm_sad_epu8(hits, _mm_setzero_si128()));
    take_newlines(bits, at, newlines, scanned);
  }
  std::uint64_t sums[2];
  std::memcpy(sums, &marks, sizeof sums);
  scanned.marks = sums[0] + sums[1];
  scan_rest(text, at, newlines, scanned);
  return scanned;
}

__attribute__((target("avx2"))) Scanned scan_avx2(std::string_view text,
                                                  std::vector<std::uint32_t>& newlines) {
  Scanned scanned;
  const __m256i newline = _mm256_set1_epi8('\n');
  const __m256i letter = _mm256_set1_epi8('t');
  const __m256i bracket = _mm256_set1_epi8('(');
  __m256i marks = _mm256_setzero_si256();
  std::size_t at = 0;
  for (; at + kStep + 1 <= text.size(); at += kStep) {
    const char* const p = text.data() + at;
    const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    const __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32));
    const __m256i a_next = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 1));
    const __m256i b_next = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 33));
    const __m256i a_marks =
        _mm256_and_si256(_mm256_cmpeq_epi8(a, letter), _mm256_cmpeq_epi8(a_next, bracket));
    const __m256i b_marks =
        _mm256_and_si256(_mm256_cmpeq_epi8(b, letter), _mm256_cmpeq_epi8(b_next, bracket));
    // Two lanes of -1 each: their sum, made positive, is added up at once.
    const __m256i hits = _mm256_sub_epi8(_mm256_setzero_si256(), _mm256_add_epi8(a_marks, b_marks));
    marks = _mm256_add_epi64(marks, _mm256_sad_epu8(hits, _mm256_setzero_si256()));
    const auto low = static_cast<unsigned>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, newline)));
    const auto high = static_cast<unsigned>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, newline)));
    const std::uint64_t bits = std::uint64_t{high} << 32 | low;
    if (bits != 0) {
      take_newlines(bits, at, newlines, scanned);
    }
  }
  std::uint64_t sums[4];
  std::memcpy(sums, &marks, sizeof sums);
  scanned.marks = sums[0] + sums[1] + sums[2] + sums[3];
  scan_rest(text, at, newlines, scanned);
  return scanned;
}

#endif

}  // namespace

const std::vector<ScanWay>& scan_ways() {
  static const std::vector<ScanWay> ways = [] {
    std::vector<ScanWay> found = {ScanWay::portable};
#if defined(__x86_64__)
    found.push_back(ScanWay::sse2);
    if (__builtin_cpu_supports("avx2")) {
      found.push_back(ScanWay::avx2);
    }
#endif
    return found;
  }();
  return ways;
}

Scanned scan_lines(std::string_view text, std::vector<std::uint32_t>& newlines, ScanWay way) {
#if defined(__x86_64__)
  if (way == ScanWay::avx2) {
    return scan_avx2(text, newlines);
  }
  if (way == ScanWay::sse2) {
    return scan_sse2(text, newlines);
  }
#endif
  static_cast<void>(way);
  return scan_portable(text, newlines);
}

}  // namespace auexfil::audit
