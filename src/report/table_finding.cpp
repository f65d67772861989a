#include <algorithm>

#include <fmt/format.h>

#include "auexfil/report/format.hpp"
#include "auexfil/report/masked.hpp"
#include "auexfil/report/safe.hpp"
#include "auexfil/report/table.hpp"
#include "table_parts.hpp"

namespace auexfil::report {
namespace {

constexpr std::size_t kMostIds = 3;

/// By what the amount is written: of flows that nobody saw all of it is a bound as any other.
template <typename Of>
transfer::Basis shown_basis(const Of& of) {
  return of.is_least && of.basis == transfer::Basis::flow ? transfer::Basis::at_least : of.basis;
}

void append_destinations(std::string& out, const policy::Finding& finding, const Options& options) {
  const std::size_t all = finding.destinations.size();
  if (all < 2) {
    return;
  }
  const std::size_t listed = options.verbose ? all : std::min(all, kMostListed);
  for (std::size_t i = 0; i < listed; ++i) {
    const policy::Finding::Destination& to = finding.destinations[i];
    append_line(out, fmt::format("  {}  {}    {}", format_endpoint(to_safe(to.address), to.port),
                                 format_amount(to.bytes_out, shown_basis(to)), to_word(to.basis)));
  }
  if (listed < all) {
    append_line(out, fmt::format("  … and {} more", format_exact(all - listed)));
  }
}

/// Of the transfer that the card shows.
void append_files(std::string& out, const policy::Finding& finding) {
  if (finding.files_count == 0) {
    return;
  }
  append_line(out, fmt::format("files: {}{}",
                               finding.transfers.size() > 1 ? "by the heaviest transfer, " : "",
                               opened_text(finding.files_count, finding.files.size())));
  append_file_lines(out, finding.files);
}

void append_ids(std::string& out, const policy::Finding& finding, const Options& options) {
  const std::size_t all = finding.transfers.size();
  const std::size_t listed = options.verbose ? all : std::min(all, kMostIds);
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < listed; ++i) {
    ids.push_back(format_id(finding.transfers[i]));
  }
  if (all == 0) {  // of flows that no program made
    append_line(out, "finding " + format_id(finding.id));
    return;
  }
  append_line(
      out,
      fmt::format("finding {}{}; {} {}{}", format_id(finding.id),
                  finding.is_update ? " (update: reported before, other since)" : "",
                  all == 1 ? "transfer" : "transfers", join(ids, ", "),
                  listed < all ? fmt::format(" and {} more", format_exact(all - listed)) : ""));
}

void append_record(std::string& out, const policy::Finding& finding, const Options& options) {
  append_finding_head(out, finding, format_span(finding.start, finding.end), options);
  const bool is_of_nobody = finding.transfers.empty();
  append_line(
      out, fmt::format("{}{} by {}{}    {}", format_amount(finding.bytes_out, shown_basis(finding)),
                       destination_text(finding),
                       is_of_nobody ? "no program of the log" : to_safe(finding.tool),
                       limit_text(finding), to_word(finding.basis)));
  append_destinations(out, finding, options);
  if (!is_of_nobody) {
    append_line(out, fmt::format("{}    {}", chain_text(finding.chain, finding.command, options),
                                 user_text(finding.user, finding.auid_user)));
  }
  if (finding.login && options.verbose) {
    append_line(out, "login: " + shown(*finding.login, options));
  }
  if (finding.script) {
    append_line(out, "script: " + shown(*finding.script, options));
  }
  if (finding.job && options.verbose) {
    append_line(out,
                fmt::format("job: {}: {}", to_safe(finding.job->kind), to_safe(finding.job->what)));
  }
  if (!finding.reasons.empty()) {
    append_line(out, "why: " + sentences(finding.reasons, options));
  }
  append_files(out, finding);
  append_ids(out, finding, options);
}

}  // namespace

void append_table(std::string& out, const policy::Finding& finding, const Options& options) {
  append_record(out, options.mask ? masked(finding) : finding, options);
}

}  // namespace auexfil::report
