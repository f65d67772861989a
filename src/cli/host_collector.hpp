#pragma once

#include <algorithm>
#include <vector>

#include "auexfil/facts/stage.hpp"
#include "options.hpp"

namespace auexfil::cli {

/// Collects what the logs of hosts could have shown.
class HostCollector : public facts::Stage {
 public:
  void on_fact(const facts::Fact& /*fact*/, const facts::FactDetails& /*details*/) override {}
  void on_host(const coverage::HostCoverage& host) final { hosts.push_back(host); }

  std::vector<coverage::HostCoverage> hosts;
};

/// What their logs could have shown is of the time that was asked for.
inline void hold_to_time(const Options& options, std::vector<coverage::HostCoverage>& hosts) {
  for (coverage::HostCoverage& host : hosts) {
    coverage::hold_to(options.start, options.end, host);
  }
}

/// Where there is no host, or one whose log could not have shown anything, nothing is clean.
[[nodiscard]] inline bool none_or_any_blind(const std::vector<coverage::HostCoverage>& hosts) {
  return hosts.empty() || std::any_of(hosts.begin(), hosts.end(), [](const auto& host) {
           return host.verdict == coverage::CoverageVerdict::blind;
         });
}

}  // namespace auexfil::cli
