#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "auexfil/flow/read_flows.hpp"

/// What nfdump's fields mean; CSV and JSON differ in how they are written.
/// Source: phaag/nfdump, src/output/output_{csv,csv_fast,json}.c.
namespace auexfil::flow::nfdump {

enum Field : std::size_t {
  kFirst,
  kLast,
  kReceived,
  kDuration,
  kProtocol,
  kFrom,
  kFromPort,
  kTo,
  kToPort,
  kFlags,
  kPackets,
  kBytes,
  kBackPackets,
  kBackBytes,
  kNatFrom,
  kNatFromPort,
  kNatTo,
  kNatToPort,
  kRouter,
  kSampled,
  kCount
};

/// The fields of one record. Empty: it has no such column.
using Values = std::array<std::string_view, kCount>;

/// \return the fault of it, or Fault::count_.
[[nodiscard]] Fault read(const Values& values, FlowRecord& record);

}  // namespace auexfil::flow::nfdump
