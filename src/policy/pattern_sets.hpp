#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "auexfil/input/pattern.hpp"

/// What can be said of two patterns without any text to ask. Of globs everything; of regular
/// expressions only what follows from the same text, or from a literal on the other side.
namespace auexfil::policy {

/// Comparisons that are left: files may be long, and every pair of sections is looked at.
class Budget {
 public:
  /// Takes `steps`. \return false once there are none left.
  bool take(std::size_t steps) {
    spent_ = spent_ || steps > left_;
    left_ -= spent_ ? 0 : steps;
    return !spent_;
  }
  [[nodiscard]] bool is_spent() const { return spent_; }

 private:
  std::size_t left_ = std::size_t{1} << 26;
  bool spent_ = false;
};

/// Does every text that `inner` matches match `outer` too? False where that cannot be told.
[[nodiscard]] bool covers(const input::Pattern& outer, const input::Pattern& inner, Budget& budget);

/// Each of `inner` is covered by one of `outer`. Lists as in Allow: an empty one is every text.
[[nodiscard]] bool covers(const std::vector<input::Pattern>& outer,
                          const std::vector<input::Pattern>& inner, Budget& budget);

/// Is there a text that both match? False where that cannot be told.
[[nodiscard]] bool meet(const input::Pattern& one, const input::Pattern& other, Budget& budget);

/// The same of lists; an empty one is every text.
[[nodiscard]] bool meet(const std::vector<input::Pattern>& one,
                        const std::vector<input::Pattern>& other, Budget& budget);

/// Does one of them match one of `words`?
[[nodiscard]] bool match_any(const std::vector<input::Pattern>& patterns,
                             const std::vector<std::string>& words);

}  // namespace auexfil::policy
