#pragma once

#include <cstdint>
#include <string_view>

#include "auexfil/facts/make_facts.hpp"

namespace auexfil::facts {

/// FNV-1a, 64 bits: ids are the same in every run, on every machine.
inline std::uint64_t fnv(std::uint64_t hash, std::string_view bytes) {
  for (const char c : bytes) {
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

/// Hash of host, node, and the time and serial of the exec that began a program. The time tells
/// the boot too, whose number would change when the log's beginning is rotated away.
inline std::uint64_t id_of(const HostName& name, const audit::Stamp& began) {
  std::uint64_t id =
      fnv(0xcbf29ce484222325ULL, name.is_label ? std::string{} : name.host.value_or(""));
  id = fnv(id, name.node.value_or(""));
  id = fnv(id, static_cast<std::uint64_t>(began.time));
  return fnv(id, std::uint64_t{began.serial});
}

}  // namespace auexfil::facts
