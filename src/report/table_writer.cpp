#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "auexfil/report/format.hpp"
#include "auexfil/report/table.hpp"
#include "writers.hpp"

namespace auexfil::report {
namespace {

/// Findings stand by what is gravest, and share a card where their host's log holds no bytes: they
/// wait until all hosts are known. Facts and, of `coverage`, hosts are written as they come.
class TableWriter final : public ReportWriter {
 public:
  TableWriter(const Options& options, Sink& sink) : ReportWriter(sink), options_(options) {}

  [[nodiscard]] bool is_for_people() const override { return true; }
  void begin(Content content) override { content_ = content; }
  void finding(const policy::Finding& finding) override { findings_.push_back(&finding); }
  void fact(const facts::Fact& fact) override {
    append_table(text(), fact, as_it_is(options_));
    maybe_flush();
  }
  void host(const coverage::HostCoverage& host) override {
    if (content_ == Content::coverage) {
      append_table(text(), host, options_);
      maybe_flush();
    } else {
      hosts_.push_back(&host);
    }
  }
  void registered(const InventoryRow& row) override {
    append_table(text(), row, options_);
    ++registered_;
    to_unapproved_ += may_send(row) && !row.approved ? 1U : 0U;
    maybe_flush();
  }
  void job(const policy::JobRow& row) override {
    append_table(text(), row, options_);
    ++jobs_;
    jobs_unapproved_ += row.out && !row.approved ? 1U : 0U;
    maybe_flush();
  }
  void found(const coverage::ReadSummary::Input& input) override {
    append_table(text(), input);
    maybe_flush();
  }
  void found(const coverage::ReadSummary::FlowFile& file) override {
    append_table(text(), file);
    maybe_flush();
  }
  void passed_over(const input::PassedOver& passed) override { append_table(text(), passed); }
  void end() override {
    if (content_ == Content::registered) {
      text() += fmt::format("{}, {} to addresses that nobody approved.\n",
                            format_count(registered_, "registered transfer"),
                            format_exact(to_unapproved_));
    }
    if (content_ == Content::jobs || jobs_ > 0) {
      text() += fmt::format("{} ran, {} may have sent to addresses that nobody approved.\n",
                            format_count(jobs_, "job"), format_exact(jobs_unapproved_));
    }
  }
  void summary(const coverage::ReadSummary& read, const Counts& counts) override {
    if (content_ == Content::coverage) {
      append_flows(text(), read, options_);
      return;
    }
    for (const Card& card : to_cards(findings_, hosts_, options_.all || options_.verbose)) {
      append_table(text(), card, options_);
      maybe_flush();
    }
    append_table_end(text(), hosts_, read, counts, options_);
  }

 private:
  Options options_;
  Content content_ = Content::findings;
  std::uint64_t registered_ = 0;
  std::uint64_t to_unapproved_ = 0;
  std::uint64_t jobs_ = 0;
  std::uint64_t jobs_unapproved_ = 0;
  std::vector<const policy::Finding*> findings_;
  std::vector<const coverage::HostCoverage*> hosts_;
};

}  // namespace

std::unique_ptr<ReportWriter> make_table_writer(const Options& options, Sink& sink) {
  return std::make_unique<TableWriter>(options, sink);
}

}  // namespace auexfil::report
