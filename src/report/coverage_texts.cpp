#include "coverage_texts.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "auexfil/report/safe.hpp"

namespace auexfil::report {
namespace {

using coverage::CoverageVerdict;
using coverage::HostCoverage;
using Hosts = std::vector<HostCoverage>;

constexpr std::size_t kMostHosts = 8;

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

std::string first_reason(const Hosts& hosts, CoverageVerdict verdict) {
  for (const HostCoverage& host : hosts) {
    if (host.verdict == verdict && !host.reasons.empty()) {
      return to_safe(host.reasons.front());
    }
  }
  return "it does not say why";
}

}  // namespace

std::string worst_text(const Hosts& hosts) {
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

std::string coverage_text(const Hosts& hosts, const Options& options) {
  if (hosts.size() > kMostHosts && !options.verbose) {
    return worst_text(hosts);
  }
  std::vector<std::string> all;
  std::transform(hosts.begin(), hosts.end(), std::back_inserter(all), host_text);
  return join(all, ", ");
}

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
  const auto hides = [](const HostCoverage& host) { return host.may_hide_excess; };
  const auto hiding = std::find_if(hosts.begin(), hosts.end(), hides);
  if (hiding != hosts.end() && !hiding->reasons.empty()) {
    const std::string where =
        hosts.size() == 1 ? ""
                          : fmt::format(" on {} of {} hosts",
                                        std::count_if(hiding, hosts.end(), hides), hosts.size());
    return fmt::format("{}, but more than a rule lets out may have gone unseen{}: {}.", none, where,
                       to_safe(hiding->reasons.front()));
  }
  if (partial != 0) {
    return fmt::format("{}, but coverage is partial, so that proves little: {}.", none,
                       first_reason(hosts, CoverageVerdict::partial));
  }
  return none +
         ". Coverage adequate: programs, connections and their bytes are audited, nothing was "
         "lost.";
}

}  // namespace auexfil::report
