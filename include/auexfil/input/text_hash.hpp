#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace auexfil::input {

/// Another one in every run, so that nobody can write texts that meet in a table.
extern const std::uint64_t kHashSecret;

/// A hash for tables in memory, sixteen bytes a step; never printed, and never what decides.
[[nodiscard]] inline std::uint64_t text_hash(std::string_view text) {
  constexpr std::uint64_t kA = 0xa0761d6478bd642fULL;
  constexpr std::uint64_t kB = 0xe7037ed1a0b428dbULL;
  const auto fold = [](std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{a} * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  const auto load = [](const char* from) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
  };
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t hash = kHashSecret ^ left;
  for (; left > 16; at += 16, left -= 16) {
    hash = fold(load(at) ^ kA, load(at + 8) ^ hash);
  }
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  if (left >= 8) {
    low = load(at);
    high = load(at + left - 8);
  } else {
    for (std::size_t i = 0; i < left; ++i) {
      low = low << 8 | static_cast<unsigned char>(at[i]);
    }
  }
  return fold(kA ^ fold(low ^ kA, high ^ hash), kB);
}

/// For maps and sets of texts that are looked up by views.
struct TextHash {
  using is_transparent = void;
  [[nodiscard]] std::size_t operator()(std::string_view text) const noexcept {
    return static_cast<std::size_t>(text_hash(text));
  }
};

}  // namespace auexfil::input
