#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace auexfil::facts {

inline constexpr std::string_view kMask = "****";

/// A stretch of text that holds a credential.
struct Range {
  std::size_t begin{};
  std::size_t end{};
  /// Quotes to write behind the mask, so that a line whose quoting the range cuts stays balanced.
  std::string_view behind;
};

using Ranges = std::vector<Range>;

/// `text` with every range replaced by the mask. Ranges may overlap and come in any order; empty
/// ones are skipped.
[[nodiscard]] std::string replace_ranges(std::string_view text, Ranges ranges);

}  // namespace auexfil::facts
