#include "lint.hpp"

#include <algorithm>

#include "auexfil/policy/judge.hpp"
#include "auexfil/policy/lint.hpp"
#include "auexfil/report/remarks.hpp"
#include "commands.hpp"
#include "output.hpp"
#include "read_facts.hpp"

namespace auexfil::cli {

int run_lint(const Options& options, const Rules& rules, const RuleLayers& layers) {
  Messages messages(options.quiet);
  Output output(options.output);
  coverage::ReadSummary summary;
  policy::Uses uses;
  bool is_asked = true;  // of facts, where any were given
  if (!options.inputs.empty()) {
    policy::Judge judge(rules.policy, {{}, {}, options.start, options.end});
    std::vector<coverage::HostCoverage> hosts;
    read_facts(
        options, [&judge](const policy::FactPack& facts) { judge.add(facts); },
        wants_files(rules.policy), nullptr, summary, hosts, messages);
    judge.add(hosts);
    is_asked = !hosts.empty();
    const policy::Judgement judgement = judge.finish();
    uses = judgement.uses;
    for (const std::string& problem : judgement.problems) {
      messages.say("rule", problem);
    }
  }
  const std::vector<policy::Remark> remarks = policy::lint(
      layers.layers, {now_ms(), layers.built_in, options.inputs.empty() ? nullptr : &uses});
  const bool as_json = options.format == report::Format::jsonl;
  for (const policy::Remark& remark : remarks) {
    as_json ? report::append_json(output.text(), remark)
            : report::append_text(output.text(), remark);
    output.maybe_flush();
  }
  if (!as_json) {
    report::append_end(output.text(), remarks);
  }
  output.finish();
  const bool fails =
      std::any_of(remarks.begin(), remarks.end(), [&options](const policy::Remark& remark) {
        return options.fail_on_remark && remark.weight >= *options.fail_on_remark;
      });
  if (fails) {
    return 1;
  }
  return !summary.complete ? 3 : is_asked ? 0 : 4;
}

}  // namespace auexfil::cli
