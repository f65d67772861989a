#pragma once

#include <vector>

#include "auexfil/facts/stage.hpp"

namespace auexfil::cli {

/// Collects what the logs of hosts could have shown.
class HostCollector : public facts::Stage {
 public:
  void on_fact(const facts::Fact& /*fact*/, const facts::FactDetails& /*details*/) override {}
  void on_host(const coverage::HostCoverage& host) final { hosts.push_back(host); }

  std::vector<coverage::HostCoverage> hosts;
};

}  // namespace auexfil::cli
