#pragma once

#include <memory>
#include <string_view>

#include "carrier.hpp"

namespace auexfil::input {

/// The carriers, each in a file of its own. Another one: its file, a line here, a row in
/// carriers.cpp.

/// JSON: a document a line, or an array or a search's answer in any number of lines; documents by
/// json_document.hpp.
[[nodiscard]] bool is_json(std::string_view head);
[[nodiscard]] std::unique_ptr<Carrier> make_json(std::string_view head);

}  // namespace auexfil::input
