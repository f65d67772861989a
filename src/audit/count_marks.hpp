#pragma once

#include <cstddef>
#include <string_view>

namespace auexfil::audit {

/// How often "t(" stands in the text: once in every stamp ("audit("), rarely elsewhere.
[[nodiscard]] std::size_t count_marks(std::string_view text);

}  // namespace auexfil::audit
