#pragma once

#include <cstdint>
#include <string>

#include "auexfil/facts/make_facts.hpp"
#include "auexfil/input/fnv.hpp"

namespace auexfil::facts {

/// Hash of host, node, and the time and serial of the exec that began a program. The time tells
/// the boot too, whose number would change when the log's beginning is rotated away.
inline std::uint64_t id_of(const HostName& name, const audit::Stamp& began) {
  std::uint64_t id =
      input::fnv(input::kFnvBegin, name.is_label ? std::string{} : name.host.value_or(""));
  id = input::fnv(id, name.node.value_or(""));
  id = input::fnv(id, static_cast<std::uint64_t>(began.time));
  return input::fnv(id, std::uint64_t{began.serial});
}

}  // namespace auexfil::facts
