#pragma once

#include <optional>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/pipeline/pipeline.hpp"
#include "options.hpp"
#include "output.hpp"

namespace auexfil::cli {

/// The files of one run: its report, and beside it the coverage where that is asked for.
class Reports {
 public:
  /// \param options  lives as long.
  /// \throws OutputError when one of them cannot be written.
  explicit Reports(const Options& options);

  /// Refuses to write over the logs.
  void protect(const pipeline::Inputs& inputs) const;
  [[nodiscard]] Output& report() { return report_; }
  /// \param hosts  as the policy judges their unseen bytes
  void write_coverage(const std::vector<coverage::HostCoverage>& hosts,
                      const coverage::ReadSummary& summary);
  /// Both or none, as far as the disk decides; and no report without its coverage.
  void finish();

 private:
  const Options& options_;
  Output report_;
  std::optional<Output> coverage_;
};

}  // namespace auexfil::cli
