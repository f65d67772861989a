#pragma once

#include <optional>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/transfer/transfer_builder.hpp"

namespace auexfil::pipeline {

/// Where unattended programs may have sent what the log does not count. Connections that show
/// nothing are silent no longer where others show that calls that send are not in the log.
[[nodiscard]] std::optional<coverage::Uncounted> uncounted_of(const transfer::Untold& untold);

}  // namespace auexfil::pipeline
