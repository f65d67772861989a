#include "auexfil/report/json.hpp"
#include "writers.hpp"

namespace auexfil::report {
namespace {

/// One line a record, the summary last.
class JsonlWriter final : public ReportWriter {
 public:
  JsonlWriter(const Options& options, Sink& sink) : ReportWriter(sink), options_(options) {}

  [[nodiscard]] bool is_for_people() const override { return false; }
  void begin(Content /*content*/) override {}
  void finding(const policy::Finding& finding) override {
    append_json(text(), finding, options_);
    maybe_flush();
  }
  void fact(const facts::Fact& fact) override {
    append_json(text(), fact, as_it_is(options_));
    maybe_flush();
  }
  void host(const coverage::HostCoverage& host) override {
    append_json(text(), host, options_);
    maybe_flush();
  }
  void registered(const InventoryRow& row) override {
    append_json(text(), row, options_);
    maybe_flush();
  }
  void job(const policy::JobRow& row) override {
    append_json(text(), row, options_);
    maybe_flush();
  }
  void found(const coverage::ReadSummary::Input& input) override {
    append_json(text(), input);
    maybe_flush();
  }
  void found(const coverage::ReadSummary::FlowFile& file) override {
    append_json(text(), file);
    maybe_flush();
  }
  void passed_over(const input::PassedOver& passed) override { append_json(text(), passed); }
  void summary(const coverage::ReadSummary& read, const Counts& counts) override {
    append_json(text(), read, counts);
  }

 private:
  Options options_;
};

}  // namespace

std::unique_ptr<ReportWriter> make_jsonl_writer(const Options& options, Sink& sink) {
  return std::make_unique<JsonlWriter>(options, sink);
}

}  // namespace auexfil::report
