#pragma once

#include <memory>

#include "auexfil/report/writer.hpp"

/// The writers, one a file: NAME_writer.cpp. writer.cpp lists them by format.
namespace auexfil::report {

/// For facts, which come masked.
[[nodiscard]] inline Options as_it_is(Options options) {
  options.mask = false;
  return options;
}

[[nodiscard]] std::unique_ptr<ReportWriter> make_table_writer(const Options& options, Sink& sink);
[[nodiscard]] std::unique_ptr<ReportWriter> make_csv_writer(const Options& options, Sink& sink);
[[nodiscard]] std::unique_ptr<ReportWriter> make_jsonl_writer(const Options& options, Sink& sink);

}  // namespace auexfil::report
