#include <map>
#include <optional>

#include <fmt/format.h>

#include "auexfil/report/csv.hpp"
#include "auexfil/report/masked.hpp"
#include "csv_row.hpp"

namespace auexfil::report {
namespace {

constexpr std::string_view kCoverageColumns =
    "host,node,verdict,reasons,first,last,execs,connects,bytes,descriptors,gaps,"
    "unattributed_bytes,unattributed_programs,unaddressed_bytes,unaddressed_programs,complete,"
    "bounds,flow_hours";

std::vector<std::string> gap_texts(const std::vector<coverage::Gap>& gaps) {
  std::vector<std::string> texts;
  texts.reserve(gaps.size());
  for (const coverage::Gap& gap : gaps) {
    texts.push_back(fmt::format("{}/{} {}", time_text(gap.from), time_text(gap.to), gap.why));
  }
  return texts;
}

std::vector<std::string> bound_texts(const std::map<std::string, std::uint64_t>& bounds) {
  std::vector<std::string> texts;
  texts.reserve(bounds.size());
  for (const auto& [bound, times] : bounds) {
    texts.push_back(fmt::format("{} {}", bound, times));
  }
  return texts;
}

std::vector<std::string> hour_texts(const std::optional<coverage::FlowsOfHost>& flows) {
  std::vector<std::string> texts;
  if (flows) {
    for (const coverage::FlowsOfHost::Stretch& stretch : flows->hours) {
      texts.push_back(fmt::format("{}/{}", time_text(stretch.from), time_text(stretch.to)));
    }
  }
  return texts;
}

void append_unseen(CsvRow& row, const std::optional<coverage::UnseenBytes>& unseen) {
  row.number(unseen ? std::optional(unseen->bytes) : std::nullopt);
  row.list(unseen ? unseen->programs : std::vector<std::string>());
}

void append_record(std::string& out, const coverage::HostCoverage& host,
                   const coverage::ReadSummary& read) {
  CsvRow row(out);
  row.maybe(host.host);
  row.maybe(host.node);
  row.text(to_word(host.verdict));
  row.list(host.reasons);
  row.time(host.first);
  row.time(host.last);
  row.yes_no(host.execs);
  row.yes_no(host.connects);
  row.yes_no(host.bytes);
  row.yes_no(host.descriptors);
  row.list(gap_texts(host.gaps));
  append_unseen(row, host.unattributed);
  append_unseen(row, host.unaddressed);
  row.yes_no(read.complete);
  row.list(bound_texts(read.bounds));
  row.list(hour_texts(host.flows));
}

}  // namespace

void append_coverage_csv_header(std::string& out) {
  out.append(kCoverageColumns).append(kCsvLineEnd);
}

void append_csv(std::string& out, const coverage::HostCoverage& host,
                const coverage::ReadSummary& read, const Options& options) {
  append_record(out, options.mask ? masked(host) : host, read);
}

}  // namespace auexfil::report
