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

/// Rows with the raw line in a column.
[[nodiscard]] bool is_csv(std::string_view head);
[[nodiscard]] std::unique_ptr<Carrier> make_csv(std::string_view head);

/// `journalctl -o export`.
[[nodiscard]] bool is_journal_export(std::string_view head);
[[nodiscard]] std::unique_ptr<Carrier> make_journal_export(std::string_view head);

/// UTF-16, in which any other form may be.
[[nodiscard]] bool is_utf16(std::string_view head);
[[nodiscard]] std::unique_ptr<Carrier> make_utf16(std::string_view head);

}  // namespace auexfil::input
