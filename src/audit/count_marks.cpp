#include "count_marks.hpp"

#include <cstdint>
#include <cstring>

namespace auexfil::audit {
namespace {

constexpr std::size_t kWidth = 16;
// A vector of bytes of the compiler's own: what the machine has of SSE, AVX or NEON.
using Bytes = std::uint8_t __attribute__((vector_size(kWidth)));

}  // namespace

std::size_t count_marks(std::string_view text) {
  std::size_t count = 0;
  const char* p = text.data();
  const char* const end = p + text.size();
  constexpr std::size_t kStep = 4 * kWidth;
  if (text.size() > kStep) {
    const char* const last = end - kStep - 1;
    while (p <= last) {
      Bytes sums{};
      // A lane counts to 255 before it is added up.
      for (int round = 0; round < 63 && p <= last; ++round, p += kStep) {
        for (std::size_t part = 0; part < kStep; part += kWidth) {
          Bytes here;
          Bytes next;
          std::memcpy(&here, p + part, sizeof here);
          std::memcpy(&next, p + part + 1, sizeof next);
          const auto hits = (here == static_cast<std::uint8_t>('t')) &
                            (next == static_cast<std::uint8_t>('('));
          Bytes ones;
          std::memcpy(&ones, &hits, sizeof ones);
          sums -= ones;  // a hit is 0xff, minus one
        }
      }
      for (std::size_t lane = 0; lane < kWidth; ++lane) {
        count += sums[lane];
      }
    }
  }
  for (; end - p > 1; ++p) {
    count += p[0] == 't' && p[1] == '(' ? 1U : 0U;
  }
  return count;
}

}  // namespace auexfil::audit
