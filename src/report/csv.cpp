#include "auexfil/report/csv.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "auexfil/report/format.hpp"
#include "auexfil/report/masked.hpp"
#include "auexfil/report/safe.hpp"
#include "csv_row.hpp"
#include "table_parts.hpp"

namespace auexfil::report {
namespace {

constexpr std::string_view kFindingColumns =
    "finding,rule,severity,host,role,start,end,address,port,bytes_out,basis,limit_bytes,window_s,"
    "tool,user,auid_user,automation,job,script,command,reasons,transfers,technique,update";

constexpr std::string_view kFactColumns =
    "id,host,start,end,tool,side,direction,automation,job,user,auid_user,address,port,name,"
    "bytes_out,bytes_in,basis,script,command,reasons,notes";

std::string job_text(const std::optional<facts::Job>& job) {
  if (!job) {
    return {};
  }
  return job->what.empty() ? job->kind : job->kind + ": " + job->what;
}

std::vector<std::string> ids_of(const policy::Finding& finding) {
  std::vector<std::string> ids;
  ids.reserve(finding.transfers.size());
  for (const std::uint64_t id : finding.transfers) {
    ids.push_back(format_id(id));
  }
  return ids;
}

/// Why the sender of a row has its verdict, then what is to be said of the finding.
std::vector<std::string> reasons_of(const policy::Finding& finding, const policy::Sender& sender) {
  std::vector<std::string> reasons = sender.started;
  const auto own = std::min(finding.started.size(), finding.reasons.size());
  reasons.insert(reasons.end(), finding.reasons.begin() + static_cast<std::ptrdiff_t>(own),
                 finding.reasons.end());
  return reasons;
}

void append_row(std::string& out, const policy::Finding& finding,
                const policy::Finding::Destination* to) {
  const policy::Sender& sender = to != nullptr ? to->sender : finding;
  CsvRow row(out);
  row.text(format_id(finding.id));
  row.text(finding.rule);
  row.text(to_word(finding.severity));
  row.maybe(finding.host);
  row.text(finding.role);
  row.time(finding.start);
  row.time(finding.end);
  row.text(to != nullptr ? to->address : std::string{});
  row.number(to != nullptr ? to->port : std::nullopt);
  row.number(to != nullptr ? to->bytes_out : finding.bytes_out);
  row.text(to_word(to != nullptr ? to->basis : finding.basis));
  row.number(finding.limit_bytes);
  row.number(std::optional(finding.window_s));
  row.text(sender.tool);
  row.maybe(sender.user);
  row.maybe(sender.auid_user);
  row.text(to_word(sender.automation));
  row.text(job_text(sender.job));
  row.maybe(sender.script);
  row.text(join_command(sender.command));
  row.list(reasons_of(finding, sender));
  row.list(ids_of(finding));
  row.list(finding.technique);
  row.yes_no(finding.is_update);
}

std::vector<std::string> reasons_of(const facts::Fact& fact) {
  std::vector<std::string> reasons;
  reasons.reserve(fact.reasons.size());
  for (const facts::Reason& reason : fact.reasons) {
    reasons.push_back(reason.text);
  }
  return reasons;
}

void append_row(std::string& out, const facts::Fact& fact, const facts::Destination* to) {
  CsvRow row(out);
  row.text(format_id(fact.id));
  row.maybe(fact.host);
  row.time(fact.start);
  row.time(fact.end);
  row.text(fact.tool);
  row.text(to_word(fact.side));
  row.text(to_word(to != nullptr ? to->direction : fact.direction));
  row.text(to_word(fact.automation));
  row.text(job_text(fact.job));
  row.maybe(name_or_number(fact.uid_name, fact.uid));
  row.maybe(name_or_number(fact.auid_name, fact.auid));
  row.text(to != nullptr && to->address ? to->address->to_string() : std::string{});
  row.number(to != nullptr ? to->port : std::nullopt);
  row.maybe(to != nullptr ? to->name : std::nullopt);
  row.number(to != nullptr ? to->bytes_out : fact.bytes_out);
  row.number(to != nullptr ? to->bytes_in : fact.bytes_in);
  row.text(to_word(to != nullptr ? to->basis : fact.basis));
  row.maybe(fact.script);
  row.text(join_command(fact.process.argv));
  row.list(reasons_of(fact));
  row.list(fact.notes);
}

template <typename T>
void append_rows(std::string& out, const T& record) {
  if (record.destinations.empty()) {
    append_row(out, record, nullptr);
  }
  for (const auto& to : record.destinations) {
    append_row(out, record, &to);
  }
}

bool runs_in_spreadsheet(std::string_view text) {
  return !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
}

}  // namespace

void append_csv_cell(std::string& out, std::string_view text) {
  std::string cell = runs_in_spreadsheet(text) ? "'" : "";
  append_safe(cell, text);
  if (cell.find_first_of("\",;") == std::string::npos) {
    out.append(cell);
    return;
  }
  out.push_back('"');
  for (const char c : cell) {
    out.append(c == '"' ? 2 : 1, c);
  }
  out.push_back('"');
}

void append_findings_csv_header(std::string& out) {
  out.append(kFindingColumns).append(kCsvLineEnd);
}

void append_withdrawn_csv(std::string& out, std::uint64_t id) {
  CsvRow row(out);
  row.text(format_id(id));
  const auto others = std::count(kFindingColumns.begin(), kFindingColumns.end(), ',') - 1;
  for (std::ptrdiff_t i = 0; i < others; ++i) {
    row.text({});
  }
  row.text("withdrawn");
}

void append_facts_csv_header(std::string& out) {
  out.append(kFactColumns).append(kCsvLineEnd);
}

void append_csv(std::string& out, const policy::Finding& finding, const Options& options) {
  append_rows(out, options.mask ? masked(finding) : finding);
}

void append_csv(std::string& out, const facts::Fact& fact, const Options& options) {
  append_rows(out, options.mask ? masked(fact) : fact);
}

}  // namespace auexfil::report
