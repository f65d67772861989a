#include "inputs.hpp"

#include "auexfil/report/inputs.hpp"
#include "auexfil/report/writer.hpp"
#include "commands.hpp"
#include "host_collector.hpp"
#include "logs.hpp"
#include "output.hpp"

namespace auexfil::cli {
int run_inputs(const Options& options) {
  const Rules rules = load_rules(options.rules);
  Messages messages(options.quiet);
  const pipeline::Inputs inputs = pipeline::find_inputs(options.root, options.inputs);
  Output output(options.output, now_ms() / 1000);
  protect_inputs(inputs, output);
  HostCollector stage;
  const coverage::ReadSummary summary = run_hosts(options, inputs, rules, nullptr, stage, messages);
  std::string& text = output.text();
  if (options.format.value_or(report::Format::table) == report::Format::jsonl) {
    for (const coverage::ReadSummary::Input& input : summary.inputs) {
      report::append_json(text, input);
    }
    report::append_json(text, inputs.passed_over);
  } else {
    for (const coverage::ReadSummary::Input& input : summary.inputs) {
      report::append_table(text, input);
    }
    report::append_table(text, inputs.passed_over);
  }
  output.finish();
  return summary.complete ? 0 : 3;
}

}  // namespace auexfil::cli
