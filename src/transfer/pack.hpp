#pragma once

#include <string>
#include <string_view>

#include "auexfil/transfer/invocation.hpp"

namespace auexfil::transfer {

/// Appends an invocation as bytes that Packing gives back.
void pack(Invocation& invocation, const Tools& tools, std::string& bytes);

}  // namespace auexfil::transfer
