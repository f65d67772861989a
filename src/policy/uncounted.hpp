#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "auexfil/coverage/host_coverage.hpp"
#include "selection.hpp"

namespace auexfil::policy {

/// Of what one rule asks for, where it may be more than its limit.
struct UncountedExcess {
  std::string rule;
  std::uint64_t limit{};  ///< bytes
  std::uint64_t messages{};
  std::uint64_t connections{};
  std::optional<std::uint64_t> most_bytes;  ///< empty: no bound
  std::string programs;                     ///< names of the first
};

/// Of what nobody counted, to addresses that nobody approved, as far as they are known.
struct UnapprovedUncounted {
  std::optional<UncountedExcess> excess;  ///< of the first such rule
  std::uint64_t silent{};                 ///< connections, see coverage::Uncounted
};

[[nodiscard]] UnapprovedUncounted weigh_uncounted(Selection& selection,
                                                  const coverage::HostCoverage& host);

}  // namespace auexfil::policy
