#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/pipeline/pipeline.hpp"
#include "auexfil/report/writer.hpp"
#include "options.hpp"
#include "output.hpp"

namespace auexfil::cli {

/// What one run writes: its report, and beside it the coverage where that is asked for.
class Reports {
 public:
  /// \param options  lives as long.
  /// \throws OutputError when one of them cannot be written.
  explicit Reports(const Options& options);

  /// Refuses to write over the logs.
  void protect(const pipeline::Inputs& inputs) const;
  /// With --summary and no -o: a report that nobody reads.
  [[nodiscard]] report::Sink& report();
  /// \param hosts  as the policy judges their unseen bytes
  void write_coverage(const std::vector<coverage::HostCoverage>& hosts,
                      const coverage::ReadSummary& summary);
  /// Both or none, as far as the disk decides; and no report without its coverage.
  void finish();
  /// What stands in its place now.
  [[nodiscard]] std::vector<std::string> files() const;

 private:
  class Nowhere final : public report::Sink {
   public:
    [[nodiscard]] std::string& text() override { return text_; }
    void maybe_flush() override { text_.clear(); }

   private:
    std::string text_;
  };

  const Options& options_;
  Nowhere nowhere_;
  std::optional<Output> report_;
  std::optional<Output> coverage_;
};

}  // namespace auexfil::cli
