#pragma once

#include <vector>

#include "auexfil/transfer/book.hpp"
#include "auexfil/transfer/invocation.hpp"

namespace auexfil::transfer {

struct Made {
  Fact fact;
  FactDetails details;
};

/// The transfers of one invocation: one as a client, one for each peer that it serves.
/// \param sight of the whole log, its `seen` set.
[[nodiscard]] std::vector<Made> facts_of(const Invocation& invocation, const HostName& name,
                                         const ByteSight& sight);

}  // namespace auexfil::transfer
