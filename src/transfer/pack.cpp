#include "pack.hpp"

#include <cassert>

#include "packing.hpp"

namespace auexfil::transfer {

void pack(Invocation& invocation, const Tools& tools, std::string& bytes) {
  [[maybe_unused]] const std::size_t before = bytes.size();
  input::StateWriter writer(bytes);
  Packing(writer, tools).invocation(invocation);
  writer.flush();
#ifndef NDEBUG
  // Both ways take the same fields in the same order.
  Invocation again;
  input::StateReader reader(std::string_view(bytes).substr(before));
  Packing(reader, tools).invocation(again);
  assert(reader.is_at_end());
#endif
}

}  // namespace auexfil::transfer
