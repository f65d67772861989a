#include "inputs.hpp"

#include "auexfil/report/inputs.hpp"
#include "auexfil/report/writer.hpp"
#include "commands.hpp"
#include "logs.hpp"
#include "output.hpp"

namespace auexfil::cli {
namespace {

/// What the hosts sent is not asked for.
struct NoFacts final : facts::Stage {
  void on_fact(const facts::Fact& /*fact*/, const facts::FactDetails& /*details*/) override {}
  void on_host(const coverage::HostCoverage& /*host*/) override {}
};

}  // namespace

int run_inputs(const Options& options) {
  const Rules rules = load_rules(options.rules);
  Messages messages(options.quiet);
  const pipeline::Inputs inputs = pipeline::find_inputs(options.root, options.inputs);
  Output output(options.output, now_ms() / 1000);
  protect_inputs(inputs, output);
  NoFacts stage;
  TerminalObserver observer(options, inputs, messages);
  pipeline::Options reading = pipeline_options(options);
  reading.describe_inputs = true;
  const coverage::ReadSummary summary =
      pipeline::run_hosts(inputs, reading, {rules.tools, rules.signs}, stage, observer);
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
