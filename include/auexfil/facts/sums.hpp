#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "auexfil/facts/fact.hpp"
#include "auexfil/transfer/tools.hpp"

/// What bytes say of the way that content went, and destinations of their transfer.
namespace auexfil::facts {

/// Byte counts never go beyond what has a place: whoever writes them may make them large.
[[nodiscard]] constexpr std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) {
  return a + std::min(b, std::numeric_limits<std::uint64_t>::max() - a);
}

/// What the log proves of a sum.
struct Proof {
  bool whole{};       ///< all writes of that program are in the log
  bool conclusive{};  ///< by all calls: where nothing is seen, nothing went
};

/// Of two parts of one transfer.
[[nodiscard]] Direction join(Direction a, Direction b);

/// Which way the content went, by bytes where the log has both ways, else by argv and by whether
/// more was sent than the protocol itself needs.
[[nodiscard]] Direction direction_by(Direction argv, const transfer::Tool* tool,
                                     std::optional<std::uint64_t> out,
                                     std::optional<std::uint64_t> in, Proof proof,
                                     std::uint64_t calls_out);

/// Sets the direction, the bytes and the basis of a fact by its destinations'.
void sum_up(Fact& fact);

}  // namespace auexfil::facts
