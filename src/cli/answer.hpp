#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/pipeline/pipeline.hpp"
#include "options.hpp"
#include "rules.hpp"

namespace auexfil::cli {

/// Hash of all that a scan's answer depends on beside the logs themselves: rules, options, who the
/// logs are of, the logs beside them as far as their sizes and times tell.
/// \return nothing where it depends on more: an image, a baseline, flows, lists, places
[[nodiscard]] std::optional<std::uint64_t> question_of(const Options& options,
                                                       const RuleLayers& rules,
                                                       const pipeline::Inputs& inputs);

/// For Answer::hosts, and back.
/// \return nothing for what was not written so
[[nodiscard]] std::string text_of(const std::vector<coverage::HostCoverage>& hosts);
[[nodiscard]] std::optional<std::vector<coverage::HostCoverage>> hosts_of(const std::string& text);

}  // namespace auexfil::cli
