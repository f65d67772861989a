#include "baseline.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "auexfil/policy/baseline.hpp"
#include "auexfil/report/baseline.hpp"
#include "auexfil/report/format.hpp"
#include "commands.hpp"
#include "output.hpp"
#include "read_facts.hpp"

namespace auexfil::cli {
namespace {

/// The sections, of the user's own files, of entries that approved something.
std::vector<const input::Section*> find_carried(const policy::Policy& policy,
                                                const std::vector<std::uint64_t>& approvals,
                                                const RuleLayers& layers) {
  std::vector<const input::Section*> carried;
  for (std::size_t i = 0; i < policy.allows.size(); ++i) {
    const input::Section* found = nullptr;
    for (std::size_t layer = layers.built_in; layer < layers.layers.size(); ++layer) {
      for (const input::Section& section : layers.layers[layer].sections) {
        const bool is_it = section.kind == "allow" && section.name == policy.allows[i].name;
        found = is_it ? &section : found;
      }
    }
    if (found != nullptr && approvals[i] > 0) {
      carried.push_back(found);
    }
  }
  return carried;
}

/// What the file says too, for who does not read it.
void tell(const policy::BaselineReport& report, Messages& messages) {
  if (!report.steady.empty()) {
    messages.say("baseline",
                 fmt::format("{} proposed for approval: nobody has approved {} yet; read them, and "
                             "fill in owner and reason",
                             report::format_count(report.steady.size(), "steady destination"),
                             report.steady.size() == 1 ? "it" : "them"));
  }
  if (!report.doubtful.empty()) {
    messages.say("baseline",
                 fmt::format("{} for a person to judge; not approved, and in no baseline",
                             report::format_count(report.doubtful.size(), "destination")));
  }
  if (report.left_out > 0) {
    messages.say("baseline", fmt::format("{} left out: more than are kept",
                                         report::format_count(report.left_out, "transfer")));
  }
}

}  // namespace

int run_baseline(const Options& options, const Rules& rules, const RuleLayers& layers) {
  Messages messages(options.quiet);
  Output output(options.output);
  policy::Baseline baseline(rules.policy,
                            {options.role, options.allows, options.start, options.end});
  coverage::ReadSummary summary;
  std::vector<coverage::HostCoverage> hosts;
  read_facts(
      options, [&baseline](const policy::FactPack& facts) { baseline.add(facts); }, summary, hosts,
      messages);
  const policy::BaselineReport report = baseline.finish();
  report::append_rules(output.text(), report, rules.policy,
                       find_carried(rules.policy, report.approvals, layers), now_ms());
  tell(report, messages);
  output.finish();
  return summary.complete && report.left_out == 0 ? 0 : 3;
}

}  // namespace auexfil::cli
