#include <vector>

#include "auexfil/report/csv.hpp"
#include "writers.hpp"

namespace auexfil::report {
namespace {

/// A header, then rows. Of hosts only those of coverage have any, and there each host's tells of
/// the summary too; of the summary else what it takes back of earlier reports.
class CsvWriter final : public ReportWriter {
 public:
  CsvWriter(const Options& options, Sink& sink) : ReportWriter(sink), options_(options) {}

  [[nodiscard]] bool is_for_people() const override { return false; }
  void begin(Content content) override {
    content_ = content;
    text() += csv_header(content);
  }
  void finding(const policy::Finding& finding) override {
    append_csv(text(), finding, options_);
    maybe_flush();
  }
  void fact(const facts::Fact& fact) override {
    append_csv(text(), fact, as_it_is(options_));
    maybe_flush();
  }
  void registered(const InventoryRow& row) override {
    append_csv(text(), row, options_);
    maybe_flush();
  }
  void job(const policy::JobRow& row) override {
    append_csv(text(), row, options_);
    maybe_flush();
  }
  void host(const coverage::HostCoverage& host) override {
    if (content_ == Content::coverage) {
      hosts_.push_back(&host);
    }
  }
  void summary(const coverage::ReadSummary& read, const Counts& counts) override {
    if (content_ == Content::findings && counts.judged) {
      for (const std::uint64_t id : counts.judged->withdrawn) {
        append_withdrawn_csv(text(), id);
        maybe_flush();
      }
    }
    for (const coverage::HostCoverage* const host : hosts_) {
      append_csv(text(), *host, read, options_);
      maybe_flush();
    }
  }

 private:
  Options options_;
  Content content_ = Content::findings;
  std::vector<const coverage::HostCoverage*> hosts_;
};

}  // namespace

std::string csv_header(Content content) {
  std::string header;
  if (content == Content::findings) {
    append_findings_csv_header(header);
  } else if (content == Content::facts) {
    append_facts_csv_header(header);
  } else if (content == Content::coverage) {
    append_coverage_csv_header(header);
  } else if (content == Content::registered || content == Content::jobs) {
    append_jobs_csv_header(header);
  }
  return header;
}

std::unique_ptr<ReportWriter> make_csv_writer(const Options& options, Sink& sink) {
  return std::make_unique<CsvWriter>(options, sink);
}

}  // namespace auexfil::report
