#include <cstddef>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "auexfil/policy/units.hpp"
#include "auexfil/report/format.hpp"
#include "auexfil/report/masked.hpp"
#include "auexfil/report/safe.hpp"
#include "auexfil/report/table.hpp"
#include "wrap.hpp"

namespace auexfil::report {
namespace {

constexpr std::size_t kReasonIndent = 4;

void append_record(std::string& out, const coverage::HostCoverage& host) {
  const auto word = [](bool seen) { return seen ? "in the log" : "not in the log"; };
  append_wrapped(
      out,
      fmt::format("{}: {}", to_safe(host.host.value_or("(host unknown)")), to_word(host.verdict)),
      kReasonIndent);
  if (host.first != 0) {
    out += fmt::format("  log                 {}\n", format_span(host.first, host.last));
  }
  out += fmt::format(
      "  program starts      {}\n  connections         {}\n  bytes               {}\n"
      "  ends of descriptors {}\n",
      word(host.execs), word(host.connects), word(host.bytes), word(host.descriptors));
  for (const std::string& reason : host.reasons) {
    append_wrapped(out, "  - " + to_safe(reason), kReasonIndent);
  }
  for (const coverage::Gap& gap : host.gaps) {
    append_wrapped(out,
                   fmt::format("  gap {}: {}", format_span(gap.from, gap.to), to_safe(gap.why)),
                   kReasonIndent);
  }
}

std::string amount_of(const coverage::FlowsOfHost::Unseen& one) {
  const std::string least = policy::format_size(one.bytes);
  if (one.bytes_most == one.bytes) {
    return least;
  }
  if (!one.bytes_most) {
    return one.bytes > 0 ? least + " at least" : "nobody tells how much";
  }
  return one.bytes > 0 ? fmt::format("{} to {}", least, policy::format_size(*one.bytes_most))
                       : policy::format_size(*one.bytes_most) + " at most";
}

/// Flows that no program made: where to, how much, when.
void append_unseen(std::string& out, const coverage::HostCoverage& host, const Options& options) {
  constexpr std::size_t kMostUnseen = 8;
  if (!host.flows) {
    return;
  }
  std::size_t listed = 0;
  for (const coverage::FlowsOfHost::Unseen& one : host.flows->unseen) {
    if (listed++ == kMostUnseen && !options.verbose) {
      out += fmt::format("  … and {} more (-v)\n",
                         format_count(host.flows->unseen.size() - kMostUnseen, "destination"));
      return;
    }
    const std::string where = one.addresses > 0
                                  ? fmt::format("{} more addresses", format_exact(one.addresses))
                                  : format_endpoint(one.address, one.port);
    append_wrapped(out,
                   fmt::format("  flows of no program to {}: {} in {}, {}, the largest at {}",
                               to_safe(where), amount_of(one), format_count(one.flows, "flow"),
                               format_span(one.first, one.last), to_safe(one.evidence)),
                   kReasonIndent);
  }
}

/// "unit backup.service: 3 starts, …"
void append_jobs(std::string& out, const coverage::HostCoverage& host, const Options& options) {
  constexpr std::size_t kMostJobs = 12;
  std::size_t listed = 0;
  for (const coverage::SeenJob& job : host.jobs) {
    if (listed++ == kMostJobs && !options.verbose) {
      out += fmt::format("  … and {} more jobs (-v)\n", format_exact(host.jobs.size() - kMostJobs));
      return;
    }
    append_wrapped(out,
                   fmt::format("  job {} {}{}: {}, {}{}", to_safe(job.kind), to_safe(job.name),
                               job.user ? " as " + to_safe(*job.user) : "",
                               format_count(job.starts, "start"), format_span(job.first, job.last),
                               job.vouched ? "" : " (on the record's own word)"),
                   kReasonIndent);
  }
}

}  // namespace

void append_table(std::string& out, const coverage::HostCoverage& host, const Options& options) {
  if (!options.mask) {
    append_record(out, host);
    append_unseen(out, host, options);
    append_jobs(out, host, options);
    return;
  }
  coverage::HostCoverage shown = host;
  shown = masked(std::move(shown));
  append_record(out, shown);
  append_unseen(out, shown, options);
  append_jobs(out, shown, options);
}

}  // namespace auexfil::report
