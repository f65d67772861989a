#pragma once

#include <string>
#include <string_view>

#include "auexfil/transfer/invocation.hpp"

namespace auexfil::transfer {

/// Appends an invocation as bytes that unpack() of the same run gives back.
void pack(Invocation& invocation, const Tools& tools, std::string& bytes);
/// \param bytes of pack() and more; \param invocation is filled anew.
void unpack(std::string_view bytes, const Tools& tools, Invocation& invocation);

}  // namespace auexfil::transfer
