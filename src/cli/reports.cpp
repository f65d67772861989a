#include "reports.hpp"

#include "auexfil/report/writer.hpp"
#include "commands.hpp"
#include "logs.hpp"

namespace auexfil::cli {

Reports::Reports(const Options& options) : options_(options), report_(options.output) {
  if (!options.coverage_out.path.empty()) {
    coverage_.emplace(options.coverage_out);
  }
}

void Reports::protect(const pipeline::Inputs& inputs) const {
  protect_inputs(inputs, report_);
  if (coverage_) {
    protect_inputs(inputs, *coverage_);
  }
}

void Reports::write_coverage(const std::vector<coverage::HostCoverage>& hosts,
                             const coverage::ReadSummary& summary) {
  if (!coverage_) {
    return;
  }
  const auto writer =
      report::make_writer(report::Format::csv, report_options(options_), *coverage_);
  writer->begin(report::Content::coverage);
  for (const coverage::HostCoverage& host : hosts) {
    writer->host(host);
  }
  writer->summary(summary, {});
  writer->end();
}

void Reports::finish() {
  report_.seal();
  if (coverage_) {
    coverage_->finish();
  }
  report_.finish();
}

}  // namespace auexfil::cli
