#pragma once

#include <string>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/report/options.hpp"

/// What people are told of coverage in a line. Everything returned is safe for a terminal.
namespace auexfil::report {

/// Every host, or of many only those that are not adequate, blind ones first.
[[nodiscard]] std::string coverage_text(const std::vector<coverage::HostCoverage>& hosts,
                                        const Options& options);

/// How many there are of each verdict, and those that are not adequate.
[[nodiscard]] std::string worst_text(const std::vector<coverage::HostCoverage>& hosts);

/// What the absence of findings is worth.
[[nodiscard]] std::string absence_text(const std::vector<coverage::HostCoverage>& hosts,
                                       bool complete);

}  // namespace auexfil::report
