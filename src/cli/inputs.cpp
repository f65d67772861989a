#include "inputs.hpp"

#include "auexfil/report/writer.hpp"
#include "commands.hpp"
#include "flows.hpp"
#include "host_collector.hpp"
#include "logs.hpp"
#include "output.hpp"

namespace auexfil::cli {

int run_inputs(const Options& options, const Rules& rules) {
  Messages messages(options.quiet);
  const pipeline::Inputs inputs = pipeline::find_inputs(options.root, options.inputs);
  Output output(options.output);
  protect_inputs(inputs, output);
  HostCollector stage;
  coverage::ReadSummary summary = run_hosts(options, inputs, rules, nullptr, stage, messages);
  const input::PassedOver passed = tell_flows(inputs, output.path(), summary, messages);
  const auto writer = report::make_writer(options.format.value_or(report::Format::table),
                                          report_options(options), output);
  writer->begin(report::Content::inputs);
  for (const coverage::ReadSummary::Input& input : summary.inputs) {
    writer->found(input);
  }
  for (const coverage::ReadSummary::FlowFile& file : summary.flows) {
    writer->found(file);
  }
  writer->passed_over(passed);
  writer->end();
  output.finish();
  return summary.complete ? 0 : 3;
}

}  // namespace auexfil::cli
