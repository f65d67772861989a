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
/// \param doubts takes up the bytes that are not believed to have gone over a socket, and those
/// that
///        went to peers without an address.
[[nodiscard]] std::vector<Made> facts_of(const Invocation& invocation, const HostName& name,
                                         const ByteSight& sight, Doubts& doubts);

}  // namespace auexfil::transfer
