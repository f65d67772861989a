#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "auexfil/report/format.hpp"
#include "auexfil/report/masked.hpp"
#include "auexfil/report/safe.hpp"
#include "auexfil/report/table.hpp"
#include "coverage_texts.hpp"
#include "table_parts.hpp"
#include "wrap.hpp"

namespace auexfil::report {
namespace {

using coverage::HostCoverage;
using Hosts = std::vector<HostCoverage>;

constexpr std::size_t kEndIndent = 2;

std::string counts_text(const Hosts& hosts, const Counts& counts) {
  const std::string transfers = format_count(counts.transfers.value_or(0), "transfer");
  const std::string seen = format_count(hosts.size(), "host");
  if (!counts.judged) {
    return fmt::format("{}, {}.", transfers, seen);
  }
  return fmt::format("{}, {}; {}, {} approved, {} unmeasured.",
                     format_count(counts.judged->findings, "finding"), seen, transfers,
                     format_exact(counts.judged->approved),
                     format_exact(counts.judged->unmeasured));
}

/// Of findings that are in the reports of runs before, not in this one.
std::string earlier_text(const Counts::Judged& judged) {
  std::string text;
  if (judged.standing.value_or(0) != 0) {
    text = fmt::format("{} that runs before have reported still {}.",
                       format_count(*judged.standing, "finding"),
                       *judged.standing == 1 ? "holds" : "hold");
  }
  if (!judged.withdrawn.empty()) {
    std::vector<std::string> ids;
    for (const std::uint64_t id : judged.withdrawn) {
      ids.push_back(format_id(id));
    }
    text += fmt::format("{}By the log and the rules as they are now, no longer held: {}.",
                        text.empty() ? "" : "  ", join(ids, ", "));
  }
  return text;
}

void append_problems(std::string& out, const coverage::ReadSummary& read, const Options& options) {
  std::vector<std::string> problems;
  for (const coverage::ReadSummary::Input& input : read.inputs) {
    if (input.status != "read") {
      problems.push_back(to_safe(input.name) + " " + to_safe(input.status) +
                         (input.note.empty() ? "" : " (" + to_safe(input.note) + ")"));
    }
  }
  if (problems.empty()) {
    return;
  }
  const std::size_t hidden =
      options.verbose || problems.size() <= kMostListed ? 0 : problems.size() - kMostListed;
  problems.resize(problems.size() - hidden);
  append_wrapped(out,
                 fmt::format("Inputs: {}{}.", join(problems, "; "),
                             hidden == 0 ? "" : fmt::format(" and {} more", hidden)),
                 kEndIndent);
}

/// "conn.log.gz: 125 records (zeek tsv), 2026-12-02 01:00:21 – 01:09:02 UTC"
std::string flow_text(const coverage::ReadSummary::FlowFile& file) {
  std::string text = to_safe(file.name) + ": ";
  if (file.format.empty()) {
    return text + to_safe(file.status) + (file.note.empty() ? "" : " (" + to_safe(file.note) + ")");
  }
  text += fmt::format("{} ({})", format_count(file.records, "record"), file.format);
  if (file.records > 0) {
    text += ", " + format_span(file.first, file.last);
  }
  if (file.with_bytes < file.records) {
    text += fmt::format(", {} without bytes", format_exact(file.records - file.with_bytes));
  }
  if (file.left_out > 0) {
    text += fmt::format(", {} left out", format_count(file.left_out, "line"));
  }
  return file.status == "read" ? text : text + ", " + to_safe(file.status);
}

}  // namespace

void append_flows(std::string& out, const coverage::ReadSummary& read, const Options& options) {
  std::vector<std::string> files;
  std::transform(read.flows.begin(), read.flows.end(), std::back_inserter(files), flow_text);
  if (files.empty()) {
    return;
  }
  const std::size_t hidden =
      options.verbose || files.size() <= kMostListed ? 0 : files.size() - kMostListed;
  files.resize(files.size() - hidden);
  append_wrapped(out,
                 fmt::format("Flow records: {}{}.", join(files, "; "),
                             hidden == 0 ? "" : fmt::format(" and {} more", hidden)),
                 kEndIndent);
}

namespace {

void append_tally(std::string& out, std::string_view title,
                  const std::map<std::string, std::uint64_t>& tally) {
  std::vector<std::string> parts;
  for (const auto& [kind, times] : tally) {
    if (times != 0) {
      parts.push_back(to_safe(kind) + " " + format_exact(times));
    }
  }
  if (!parts.empty()) {
    append_wrapped(out, fmt::format("{}: {}.", title, join(parts, ", ")), kEndIndent);
  }
}

}  // namespace

void append_table_end(std::string& out, const std::vector<const HostCoverage*>& hosts,
                      const coverage::ReadSummary& read, const Counts& counts,
                      const Options& options) {
  Hosts seen;
  std::transform(
      hosts.begin(), hosts.end(), std::back_inserter(seen),
      [&options](const HostCoverage* host) { return options.mask ? masked(*host) : *host; });
  const std::string earlier = counts.judged ? earlier_text(*counts.judged) : "";
  if (!earlier.empty()) {
    append_wrapped(out, earlier, kEndIndent);
  }
  if (counts.judged && counts.judged->findings == 0 && counts.judged->standing.value_or(0) == 0) {
    append_wrapped(out, absence_text(seen, read.complete), kEndIndent);
  }
  std::string last = counts_text(seen, counts);
  if (!seen.empty()) {
    last += "  Coverage: " + coverage_text(seen, options) + '.';
  }
  append_wrapped(out, last, kEndIndent);
  append_problems(out, read, options);
  append_flows(out, read, options);
  append_tally(out, "Malformed lines", read.malformed);
  append_tally(out, "Bounds reached", read.bounds);
}

}  // namespace auexfil::report
