#pragma once

#include <string_view>

#include "ranges.hpp"

namespace auexfil::facts {

/// Credentials that show by themselves inside one word, whatever program it belongs to: the
/// password of a URL, NAME=VALUE with a secret name, a member of a JSON object.
/// Ranges are appended to `found`.
void find_url_passwords(std::string_view word, Ranges& found);
void find_json_members(std::string_view text, Ranges& found);

/// \param whole_value what is assigned first runs to the end of the word, blanks and all.
void find_assignments(std::string_view word, bool whole_value, Ranges& found);

/// user:password@host without a scheme.
void find_bare_userinfo(std::string_view word, Ranges& found);

}  // namespace auexfil::facts
