#pragma once

#include "auexfil/coverage/host_coverage.hpp"
#include "json_fields.hpp"

namespace auexfil::facts {

/// One field of an object of type `coverage`, and of one of type `summary`.
[[nodiscard]] bool read_coverage(JsonFields& fields, JsonKey key, Json value,
                                 coverage::HostCoverage& host);
[[nodiscard]] bool read_summary(JsonFields& fields, JsonKey key, Json value,
                                coverage::ReadSummary& summary);

}  // namespace auexfil::facts
