#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/report/counts.hpp"
#include "auexfil/report/inputs.hpp"
#include "auexfil/report/inventory.hpp"
#include "auexfil/report/jobs.hpp"
#include "auexfil/report/options.hpp"

namespace auexfil::report {

/// Where a writer's text goes.
class Sink {
 public:
  virtual ~Sink() = default;
  /// The buffer to append to.
  [[nodiscard]] virtual std::string& text() = 0;
  /// A record has been appended: now the buffer may be written out and emptied.
  virtual void maybe_flush() = 0;
};

/// What a report tells, whatever its format.
enum class Content : std::uint8_t { findings, facts, coverage, registered, jobs, inputs };

/// One report in one format: `begin`, then all findings or all facts, then all hosts, then the
/// summary, then `end`; or, between the two, what an image would send and which jobs ran, or what
/// was found. A writer
/// writes what its format has a place for, and each record as it comes where the format allows.
class ReportWriter {
 public:
  explicit ReportWriter(Sink& sink) : sink_(sink) {}
  virtual ~ReportWriter() = default;
  ReportWriter(const ReportWriter&) = delete;
  ReportWriter& operator=(const ReportWriter&) = delete;

  /// For people: nobody judges it again, so hosts come with what the policy makes of their unseen
  /// bytes.
  [[nodiscard]] virtual bool is_for_people() const = 0;

  virtual void begin(Content content) = 0;
  /// \param finding  lives until `end`: a table stands in an order of its own.
  virtual void finding(const policy::Finding& finding) = 0;
  /// \param fact  lives for the call, and is masked where it is to be (facts::Masker).
  virtual void fact(const facts::Fact& fact) = 0;
  /// \param host  lives until `end`.
  virtual void host(const coverage::HostCoverage& host) = 0;
  virtual void registered(const InventoryRow& /*row*/) {}
  virtual void job(const policy::JobRow& /*row*/) {}
  virtual void found(const coverage::ReadSummary::Input& /*input*/) {}
  virtual void found(const coverage::ReadSummary::FlowFile& /*file*/) {}
  virtual void passed_over(const input::PassedOver& /*passed*/) {}
  virtual void summary(const coverage::ReadSummary& read, const Counts& counts) = 0;
  virtual void end() {}

 protected:
  [[nodiscard]] std::string& text() { return sink_.text(); }
  void maybe_flush() { sink_.maybe_flush(); }

 private:
  Sink& sink_;
};

enum class Format : std::uint8_t { table, csv, jsonl };

/// The word of `--format`.
[[nodiscard]] std::string_view to_word(Format format);

/// The first line of a CSV of this content, with its end; empty where there is no such CSV.
[[nodiscard]] std::string csv_header(Content content);

/// \param sink  lives as long as the writer.
[[nodiscard]] std::unique_ptr<ReportWriter> make_writer(Format format, const Options& options,
                                                        Sink& sink);

}  // namespace auexfil::report
