#include "baseline.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "auexfil/facts/mask.hpp"
#include "auexfil/policy/baseline.hpp"
#include "auexfil/report/baseline.hpp"
#include "auexfil/report/format.hpp"
#include "commands.hpp"
#include "flows.hpp"
#include "host_collector.hpp"
#include "logs.hpp"
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

bool says_type(std::string_view text, std::string_view type) {
  constexpr std::string_view kKey = R"("type")";
  for (std::size_t at = text.find(kKey); at != std::string_view::npos;
       at = text.find(kKey, at + 1)) {
    std::string_view rest = text.substr(at + kKey.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(" :"), rest.size()));
    if (rest.starts_with(type)) {
      return true;
    }
  }
  return false;
}

/// Facts are known by their beginning; all other files, and folders, are taken for logs, which say
/// themselves when they are none. Of a pipe nothing can be tried: it has facts.
bool is_facts(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (path == "-" || !std::filesystem::is_regular_file(status)) {
    return !std::filesystem::is_directory(status);
  }
  std::array<char, 4096> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  const std::string_view begin(head.data(), static_cast<std::size_t>(file.gcount()));
  return !file.is_open() || (begin.starts_with('{') && (says_type(begin, R"("transfer")") ||
                                                        says_type(begin, R"("coverage")") ||
                                                        says_type(begin, R"("summary")")));
}

bool are_logs(const std::vector<std::string>& inputs) {
  const auto facts = std::count_if(inputs.begin(), inputs.end(), is_facts);
  if (facts != 0 && facts != static_cast<std::ptrdiff_t>(inputs.size())) {
    throw OutputError("baseline: give facts or logs, not both in one run");
  }
  return facts == 0 && !inputs.empty();
}

/// `transfers` and this in one.
class BaselineStage final : public HostCollector {
 public:
  explicit BaselineStage(policy::Baseline& baseline) : baseline_(baseline) {}
  void on_fact(const facts::Fact& fact, const facts::FactDetails& /*details*/) override {
    baseline_.add(fact);
  }

 private:
  policy::Baseline& baseline_;
};

coverage::ReadSummary read_logs(const Options& options, const Rules& rules, const Output& output,
                                policy::Baseline& baseline,
                                std::vector<coverage::HostCoverage>& hosts, Messages& messages) {
  const pipeline::Inputs inputs = pipeline::find_inputs({}, options.inputs);
  protect_inputs(inputs, output);
  BaselineStage stage(baseline);
  WithFlows flows(options, &inputs, rules, stage);
  facts::Masker masker;
  coverage::ReadSummary summary =
      run_hosts(options, inputs, rules, options.mask ? &masker : nullptr, flows.front(), messages);
  flows.finish({output.path()}, summary, messages);
  hosts = std::move(stage.hosts);
  return summary;
}

coverage::ReadSummary read_all_facts(const Options& options, const Rules& rules,
                                     const Output& output, policy::Baseline& baseline,
                                     std::vector<coverage::HostCoverage>& hosts,
                                     Messages& messages) {
  coverage::ReadSummary summary;
  BaselineStage stage(baseline);
  WithFlows flows(options, nullptr, rules, stage);
  read_facts(
      options, [&baseline](const policy::FactPack& facts) { baseline.add(facts); }, false,
      flows.is_on() ? &flows.front() : nullptr, summary, hosts, messages);
  if (flows.is_on()) {
    for (const coverage::HostCoverage& host : hosts) {
      flows.front().on_host(host);
    }
    flows.finish({output.path()}, summary, messages);
  }
  return summary;
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
  std::vector<coverage::HostCoverage> hosts;
  const coverage::ReadSummary summary =
      are_logs(options.inputs) ? read_logs(options, rules, output, baseline, hosts, messages)
                               : read_all_facts(options, rules, output, baseline, hosts, messages);
  const policy::BaselineReport report = baseline.finish();
  report::append_rules(output.text(), report, rules.policy,
                       find_carried(rules.policy, report.approvals, layers), now_ms());
  tell(report, messages);
  output.finish();
  if (!summary.complete || report.left_out > 0) {
    return 3;
  }
  return none_or_any_blind(hosts) ? 4 : 0;
}

}  // namespace auexfil::cli
