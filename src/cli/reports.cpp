#include "reports.hpp"

#include "commands.hpp"
#include "logs.hpp"

namespace auexfil::cli {

Reports::Reports(const Options& options) : options_(options) {
  if (!options.summary || !written_place(options.output.path).empty()) {
    report_.emplace(options.output);
  }
  if (!options.coverage_out.path.empty()) {
    coverage_.emplace(options.coverage_out);
  }
}

void Reports::protect(const pipeline::Inputs& inputs) const {
  if (report_) {
    protect_inputs(inputs, *report_);
  }
  if (coverage_) {
    protect_inputs(inputs, *coverage_);
  }
}

report::Sink& Reports::report() {
  return report_ ? static_cast<report::Sink&>(*report_) : nowhere_;
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
  if (report_) {
    report_->seal();
  }
  if (coverage_) {
    coverage_->finish();
  }
  if (report_) {
    report_->finish();
  }
}

std::vector<std::string> Reports::files() const {
  std::vector<std::string> files;
  for (const std::optional<Output>* const output : {&report_, &coverage_}) {
    if (*output && !(*output)->path().empty()) {
      files.push_back((*output)->path());
    }
  }
  return files;
}

}  // namespace auexfil::cli
