#pragma once

#include <cstdint>
#include <string_view>

namespace auexfil::input {

/// FNV-1a, 64 bits: ids are the same in every run, on every machine.
constexpr std::uint64_t kFnvBegin = 0xcbf29ce484222325ULL;

/// Goes on from `hash`; a byte that no UTF-8 has ends the text.
inline std::uint64_t fnv(std::uint64_t hash, std::string_view text) {
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return (hash ^ 0xff) * 0x100000001b3ULL;
}

inline std::uint64_t fnv(std::uint64_t hash, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) {
    hash = (hash ^ (number >> shift & 0xff)) * 0x100000001b3ULL;
  }
  return hash;
}

}  // namespace auexfil::input
