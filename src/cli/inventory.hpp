#pragma once

#include <string>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/pipeline/pipeline.hpp"
#include "auexfil/policy/jobs.hpp"
#include "auexfil/report/inventory.hpp"
#include "options.hpp"
#include "rules.hpp"

namespace auexfil::cli {

/// What the image of the inputs would send, and whether the policy approves it. Points into the
/// inputs; empty where they are of no image.
/// \param hosts  what its log tells. \param ran  jobs of which transfers are in it.
/// \param unfollowed  set: what may hide jobs.
[[nodiscard]] std::vector<report::InventoryRow> inventory_of(
    const Options& options, const Rules& rules, const pipeline::Inputs& inputs,
    const std::vector<coverage::HostCoverage>& hosts, const std::vector<policy::JobRow>& ran,
    artefacts::Unfollowed& unfollowed);

/// Why jobs may be missing, a line each.
[[nodiscard]] std::vector<std::string> texts_of(const artefacts::Unfollowed& unfollowed);

/// Is it what the image itself logged, and not what other hosts sent there?
[[nodiscard]] inline bool is_of_image(const coverage::HostCoverage& host,
                                      const pipeline::Inputs& inputs) {
  return !host.node || host.node == inputs.host;
}

[[nodiscard]] int run_inventory(const Options& options, const Rules& rules);

}  // namespace auexfil::cli
