#pragma once

#include <string_view>

namespace auexfil::input {

/// What the tools of audit make of a log that cannot be read back: calls, addresses and programs
/// are left out, or written in words. \return what it is, for people; empty: it is none of it.
[[nodiscard]] std::string_view lossy_form(std::string_view head);

}  // namespace auexfil::input
