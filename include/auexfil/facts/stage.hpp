#pragma once

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/fact.hpp"

namespace auexfil::facts {

/// Where facts go: a judge, a writer, or something between that hands them on. Host by host: its
/// facts in the order of their start, then what its log could have shown.
class Stage {
 public:
  virtual ~Stage() = default;
  /// \param fact  lives for the call.
  virtual void on_fact(const Fact& fact, const FactDetails& details) = 0;
  virtual void on_host(const coverage::HostCoverage& host) = 0;
};

}  // namespace auexfil::facts
