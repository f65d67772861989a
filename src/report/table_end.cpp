#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "auexfil/report/format.hpp"
#include "auexfil/report/masked.hpp"
#include "auexfil/report/safe.hpp"
#include "auexfil/report/table.hpp"
#include "table_parts.hpp"
#include "wrap.hpp"

namespace auexfil::report {
namespace {

using coverage::CoverageVerdict;
using coverage::HostCoverage;
using Hosts = std::vector<HostCoverage>;

constexpr std::size_t kMostHosts = 8;
constexpr std::size_t kEndIndent = 2;

std::string host_name(const HostCoverage& host) {
  const auto& name = host.host ? host.host : host.node;
  return name ? to_safe(*name) : "(host unknown)";
}

std::size_t count(const Hosts& hosts, CoverageVerdict verdict) {
  return static_cast<std::size_t>(
      std::count_if(hosts.begin(), hosts.end(),
                    [verdict](const HostCoverage& h) { return h.verdict == verdict; }));
}

/// "bk-07 partial (lost records 02:10–02:14)".
std::string host_text(const HostCoverage& host) {
  std::string out = host_name(host) + " " + to_word(host.verdict);
  if (host.verdict != CoverageVerdict::adequate && !host.reasons.empty()) {
    out += " (" + to_safe(host.reasons.front()) + ")";
  }
  return out;
}

/// Every host, or of many only those that are not adequate, blind ones first.
std::string coverage_text(const Hosts& hosts, const Options& options) {
  if (hosts.size() <= kMostHosts || options.verbose) {
    std::vector<std::string> all;
    std::transform(hosts.begin(), hosts.end(), std::back_inserter(all), host_text);
    return join(all, ", ");
  }
  std::vector<std::string> worst;
  for (const CoverageVerdict verdict : {CoverageVerdict::blind, CoverageVerdict::partial}) {
    for (const HostCoverage& host : hosts) {
      if (host.verdict == verdict && worst.size() < kMostHosts) {
        worst.push_back(host_text(host));
      }
    }
  }
  const std::size_t adequate = count(hosts, CoverageVerdict::adequate);
  const std::size_t hidden = hosts.size() - adequate - worst.size();
  std::string out =
      fmt::format("{} adequate, {} partial, {} blind", adequate,
                  count(hosts, CoverageVerdict::partial), count(hosts, CoverageVerdict::blind));
  if (!worst.empty()) {
    out += ": " + join(worst, ", ");
  }
  return hidden == 0 ? out : out + fmt::format(" and {} more", hidden);
}

std::string first_reason(const Hosts& hosts, CoverageVerdict verdict) {
  for (const HostCoverage& host : hosts) {
    if (host.verdict == verdict && !host.reasons.empty()) {
      return to_safe(host.reasons.front());
    }
  }
  return "it does not say why";
}

/// What the absence of findings is worth.
std::string absence_text(const Hosts& hosts, bool complete) {
  const std::string none = complete ? "No findings" : "No findings in what could be read";
  const std::size_t blind = count(hosts, CoverageVerdict::blind);
  const std::size_t partial = count(hosts, CoverageVerdict::partial);
  if (hosts.empty()) {
    return none + ", but no host's audit log was read, so none could have shown.";
  }
  if (blind == hosts.size()) {
    return fmt::format("{}, but {} could not have shown one: {}.", none,
                       blind == 1 ? "this log" : "these logs",
                       first_reason(hosts, CoverageVerdict::blind));
  }
  if (blind != 0) {
    return fmt::format("{}, but the logs of {} of {} hosts could not have shown one: {}.", none,
                       blind, hosts.size(), first_reason(hosts, CoverageVerdict::blind));
  }
  if (partial != 0) {
    return fmt::format("{}, but coverage is partial, so that proves little: {}.", none,
                       first_reason(hosts, CoverageVerdict::partial));
  }
  return none +
         ". Coverage adequate: programs, connections and their bytes are audited, nothing was "
         "lost.";
}

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
    text += fmt::format("{}By what the log says since, no longer held: {}.",
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
  append_tally(out, "Malformed lines", read.malformed);
  append_tally(out, "Bounds reached", read.bounds);
}

}  // namespace auexfil::report
