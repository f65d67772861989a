#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "auexfil/report/format.hpp"
#include "auexfil/report/masked.hpp"
#include "auexfil/report/safe.hpp"
#include "auexfil/report/table.hpp"
#include "table_parts.hpp"

namespace auexfil::report {
namespace {

using coverage::HostCoverage;
using policy::Finding;

constexpr std::size_t kMostKinds = 12;  ///< Lines of one host's card.
constexpr std::size_t kMostPeers = 6;   ///< Destinations of one line.

/// Hosts whose log holds no call that carries bytes.
std::set<std::optional<std::string>> without_bytes(const std::vector<const HostCoverage*>& hosts) {
  std::set<std::optional<std::string>> names;
  for (const HostCoverage* const host : hosts) {
    if (!host->bytes) {
      names.insert(host->host);
    }
  }
  return names;
}

/// What is grave keeps a card of its own, with or without a volume.
bool may_share(const Finding& finding) {
  return !finding.bytes_out && finding.severity <= policy::Severity::medium;
}

/// By severity, then bytes; an unknown volume comes last. Equal ones stay in the judge's order.
bool stands_before(const Card& a, const Card& b) {
  const Finding& x = *a.findings.front();
  const Finding& y = *b.findings.front();
  // An empty optional sorts below every number.
  return std::tie(y.severity, y.bytes_out) < std::tie(x.severity, x.bytes_out);
}

/// Who sent to whom, by kind of job and tool ("cron: scp").
using Senders = std::map<std::string, std::set<std::string>>;

struct HostTally {
  Senders senders;
  std::set<std::string> jobs;
  std::set<std::string> peers;
  audit::TimeMs start{};
  audit::TimeMs end{};
};

HostTally tally_of(const Card& card) {
  HostTally tally;
  tally.start = card.findings.front()->start;
  for (const Finding* finding : card.findings) {
    tally.start = std::min(tally.start, finding->start);
    tally.end = std::max(tally.end, finding->end);
    for (const Finding::Destination& to : finding->destinations) {
      const std::string peer = format_endpoint(to_safe(to.address), to.port);
      const std::string kind = to.sender.job ? to.sender.job->kind : "no known job";
      tally.senders[to_safe(kind) + ": " + to_safe(to.sender.tool)].insert(peer);
      tally.peers.insert(peer);
      if (to.sender.job) {
        tally.jobs.insert(to.sender.job->kind + ' ' + to.sender.job->what);
      }
    }
  }
  return tally;
}

std::string listed(const std::set<std::string>& all, std::size_t most) {
  std::vector<std::string> shown;
  for (const std::string& one : all) {
    if (shown.size() == most) {
      return join(shown, ", ") + fmt::format(" and {} more", format_exact(all.size() - most));
    }
    shown.push_back(one);
  }
  return join(shown, ", ");
}

/// A host whose log cannot give a volume: one card for all that it sent.
void append_host(std::string& out, const Card& card, const Options& options) {
  const HostTally tally = tally_of(card);
  append_finding_head(out, *card.findings.front(), format_span(tally.start, tally.end), options);
  append_line(out, fmt::format("no call that carries bytes is in the log: {} without a volume, {}, "
                               "{} (--all shows each)",
                               format_count(card.findings.size(), "finding"),
                               format_count(tally.jobs.size(), "job"),
                               format_count(tally.peers.size(), "destination")));
  std::size_t lines = 0;
  for (const auto& [sender, peers] : tally.senders) {
    if (lines++ == kMostKinds) {
      append_line(out,
                  fmt::format("  … and {} more", format_exact(tally.senders.size() - kMostKinds)));
      return;
    }
    append_line(out, fmt::format("  {} to {}", sender, listed(peers, kMostPeers)));
  }
}

}  // namespace

std::vector<Card> to_cards(const std::vector<const Finding*>& findings,
                           const std::vector<const HostCoverage*>& hosts, bool every) {
  const auto blind = without_bytes(hosts);
  std::map<std::pair<std::optional<std::string>, std::string>, std::size_t> shared;
  std::vector<Card> cards;
  for (const Finding* const finding : findings) {
    if (!every && may_share(*finding) && blind.count(finding->host) != 0) {
      const auto [place, is_new] = shared.try_emplace({finding->host, finding->rule}, cards.size());
      if (!is_new) {
        cards[place->second].findings.push_back(finding);
        continue;
      }
    }
    cards.push_back({{finding}});
  }
  std::stable_sort(cards.begin(), cards.end(), stands_before);
  return cards;
}

void append_table(std::string& out, const Card& card, const Options& options) {
  if (card.findings.size() == 1) {
    append_table(out, *card.findings.front(), options);
    return;
  }
  append_host(out, card, options);
}

}  // namespace auexfil::report
