#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/report/counts.hpp"

namespace auexfil::cli {

/// A finding as it was last reported.
struct Reported {
  audit::TimeMs start{};  ///< of its first transfer, be it forgotten
  audit::TimeMs end{};
  std::uint64_t kind{};                  ///< policy::kind_of()
  std::vector<std::uint64_t> transfers;  ///< ids, sorted
  std::string figures;  ///< all else that a reader of that report would want to know to be other
};
using ReportedById = std::map<std::uint64_t, Reported>;

/// What a run knows of those before it.
struct Memory {
  audit::TimeMs forgotten{};  ///< transfers that were over before are not among this run's
  bool is_whole{};            ///< all logs that runs before have read are among this run's
  /// So long after that rules may find no more what they found then: they lack the time before.
  std::int64_t looks_back_ms{};
};

/// Leaves of `findings` those that are new or are other than they were when last reported, and
/// marks the latter; counts the rest, and those of runs before that are not among them. One whose
/// first transfers are forgotten goes on under the id that it was reported under.
/// \param reported  of the runs before; what the next one is to know of them afterwards
void keep_news(std::vector<policy::Finding>& findings, ReportedById& reported, const Memory& memory,
               report::Counts::Judged& counts);

}  // namespace auexfil::cli
