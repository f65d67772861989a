#include "auexfil/report/digest.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "auexfil/policy/units.hpp"
#include "auexfil/report/format.hpp"
#include "auexfil/report/masked.hpp"
#include "auexfil/report/safe.hpp"
#include "coverage_texts.hpp"
#include "table_parts.hpp"

namespace auexfil::report {
namespace {

/// Of four bytes each they still fit into a line of a mail (998).
constexpr std::size_t kLongestLine = 240;
constexpr std::size_t kLongestName = 60;

std::string name(const std::string& text) {
  return to_safe(text, kLongestName);
}

/// "3 (1 high, 2 low)"
std::string severities_text(const std::vector<policy::Finding>& findings) {
  using policy::Severity;
  std::vector<std::string> parts;
  for (const Severity severity :
       {Severity::critical, Severity::high, Severity::medium, Severity::low}) {
    const auto number = std::count_if(
        findings.begin(), findings.end(),
        [severity](const policy::Finding& finding) { return finding.severity == severity; });
    if (number != 0) {
      parts.push_back(fmt::format("{} {}", format_exact(static_cast<std::uint64_t>(number)),
                                  to_word(severity)));
    }
  }
  return parts.empty() ? "none"
                       : fmt::format("{} ({})", format_exact(findings.size()), join(parts, ", "));
}

/// ", 3 of earlier reports still hold, 1 holds no longer"
std::string earlier_text(const Counts::Judged& judged) {
  std::string text;
  const auto add = [&text](std::uint64_t number, std::string_view how) {
    if (number != 0) {
      text +=
          fmt::format(", {}{} {}", format_exact(number), text.empty() ? " of earlier reports" : "",
                      fmt::format(fmt::runtime(how), number == 1 ? "holds" : "hold"));
    }
  };
  add(judged.standing.value_or(0), "still {}");
  add(judged.withdrawn.size(), "{} no longer");
  return text;
}

std::string findings_text(const Ended& ended) {
  const std::string text = severities_text(ended.findings);
  const std::string earlier = ended.counts.judged ? earlier_text(*ended.counts.judged) : "";
  return text + (ended.findings.empty() && !earlier.empty() ? " new" : "") + earlier;
}

std::string counts_text(const Counts& counts) {
  std::string text = format_count(counts.transfers.value_or(0), "transfer");
  if (counts.judged) {
    text += fmt::format(", {} approved, {} unmeasured", format_exact(counts.judged->approved),
                        format_exact(counts.judged->unmeasured));
  }
  return text;
}

std::string coverage_line(const Ended& ended, const Options& options) {
  std::vector<coverage::HostCoverage> hosts;
  std::transform(ended.hosts.begin(), ended.hosts.end(), std::back_inserter(hosts),
                 [&options](const auto& host) { return options.mask ? masked(host) : host; });
  const bool any =
      !ended.findings.empty() || (ended.counts.judged && ended.counts.judged->standing.value_or(0));
  if (!any || hosts.empty()) {
    return absence_text(hosts, ended.read.complete);
  }
  return hosts.size() == 1 ? coverage_text(hosts, options) : worst_text(hosts);
}

std::string read_text(const coverage::ReadSummary& read) {
  std::string text =
      fmt::format("{}, {}, {}", format_count(read.inputs.size(), "input"),
                  format_count(read.events, "event"), policy::format_size(read.bytes_read));
  const auto is_not_whole = [](const coverage::ReadSummary::Input& input) {
    return input.status != "read";
  };
  const auto bad = std::find_if(read.inputs.begin(), read.inputs.end(), is_not_whole);
  if (bad != read.inputs.end()) {
    const auto more = std::count_if(std::next(bad), read.inputs.end(), is_not_whole);
    text += fmt::format("; not whole: {} {}{}", name(bad->name), name(bad->status),
                        more == 0 ? "" : fmt::format(" and {} more", more));
  } else if (!read.complete) {
    text += "; not whole";
  }
  if (!read.bounds.empty()) {
    const auto& [bound, times] = *read.bounds.begin();
    text += fmt::format(
        "; bounds reached: {} {}{}", name(bound), format_exact(times),
        read.bounds.size() == 1 ? "" : fmt::format(" and {} more", read.bounds.size() - 1));
  }
  return text;
}

/// Of equals the first; what has no number is the smallest.
const policy::Finding* biggest(const std::vector<policy::Finding>& findings) {
  const auto found = std::max_element(
      findings.begin(), findings.end(), [](const policy::Finding& a, const policy::Finding& b) {
        return std::pair(a.bytes_out, a.severity) < std::pair(b.bytes_out, b.severity);
      });
  return found == findings.end() ? nullptr : &*found;
}

void append_line_of(std::string& out, std::string_view head, std::string_view text) {
  out += fmt::format("{:<10}{}\n", head, text);
}

}  // namespace

std::string finding_line(const policy::Finding& finding) {
  std::vector<std::string> chain;
  std::transform(finding.chain.begin(), finding.chain.end(), std::back_inserter(chain), name);
  const std::string line =
      fmt::format("{} {} {}: {}{} by {}{}, {}{}", to_word(finding.severity), name(finding.rule),
                  finding.host ? name(*finding.host) : "(host unknown)",
                  format_amount(finding.bytes_out, finding.basis), destination_text(finding),
                  name(finding.tool), chain.empty() ? "" : " from " + join(chain, " → "),
                  user_text(finding.user, finding.auid_user), limit_text(finding));
  return fmt::format("{} (finding {})", to_safe(line, kLongestLine), format_id(finding.id));
}

void append_digest(std::string& out, const Ended& ended, const Options& options) {
  append_line_of(
      out, "Findings:", fmt::format("{}; {}", findings_text(ended), counts_text(ended.counts)));
  if (const policy::Finding* const most = biggest(ended.findings)) {
    append_line_of(out, "Biggest:", finding_line(options.mask ? masked(*most) : *most));
  }
  append_line_of(out, "Coverage:", to_safe(coverage_line(ended, options), kLongestLine));
  append_line_of(out, "Read:", to_safe(read_text(ended.read), kLongestLine));
  std::string files = "not written (-o FILE)";
  if (!ended.files.empty()) {
    std::vector<std::string> safe;
    std::transform(ended.files.begin(), ended.files.end(), std::back_inserter(safe),
                   [](const std::string& file) { return to_safe(file); });
    files = join(safe, ", ");
  }
  append_line_of(out, "Report:",
                 ended.counts.judged
                     ? fmt::format("{}; exit code {}", files, ended.counts.judged->exit_code)
                     : files);
}

}  // namespace auexfil::report
