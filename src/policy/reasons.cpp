#include "reasons.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "auexfil/policy/units.hpp"

namespace auexfil::policy {
namespace {

/// Destinations that get a sentence each; the others are counted.
constexpr std::size_t kMostNamed = 5;

constexpr std::array kAllowKeys = {"pair of address and name", "port", "role", "user", "tool"};

/// "port and user": what an entry has of its own, of which the transfer has another.
std::string others(const NearAllow& near) {
  std::string text;
  for (std::size_t i = 0; i < kAllowKeys.size(); ++i) {
    if (near.lacks_key(static_cast<AllowKey>(i))) {
      text += (text.empty() ? "" : " and ") + std::string(kAllowKeys.at(i));
    }
  }
  return text;
}

void append_destinations(Finding& finding, const NearAllows& near) {
  std::set<std::string> named;  // an address stands once for each of its ports
  std::set<std::string> more;
  for (const Finding::Destination& destination : finding.destinations) {
    if (named.contains(destination.address)) {
      continue;
    }
    if (named.size() < kMostNamed) {
      finding.reasons.push_back(near.sentence(destination.address));
      named.insert(destination.address);
    } else {
      more.insert(destination.address);
    }
  }
  if (more.size() == 1) {
    finding.reasons.push_back(near.sentence(*more.begin()));
  } else if (!more.empty()) {
    finding.reasons.push_back(
        fmt::format("{} more destinations are on no valid allowlist", more.size()));
  }
}

/// How sure a sum is, in a word before it.
std::string_view sureness(transfer::Basis basis, bool is_least) {
  switch (basis) {
    case transfer::Basis::at_least:
      return "at least ";
    case transfer::Basis::estimated:
      return "about ";
    case transfer::Basis::flow:
      return is_least ? "at least " : "";
    case transfer::Basis::measured:
    case transfer::Basis::unknown:
      return "";
  }
  return "";
}

std::string limit_sentence(const Finding& finding, const Rule& rule, const Excess& excess) {
  const std::string window = format_duration(excess.window_ms);
  if (!excess.limit && excess.guessed) {
    return fmt::format(
        "the log cannot give the volume; by the image it may be {}, which nothing "
        "shows to have left",
        format_size(finding.bytes_out.value_or(0)));
  }
  if (!excess.limit) {
    return finding.bytes_out
               ? fmt::format("rule {} has no limit", rule.name)
               : std::string("the log cannot give the volume; no limit can be held against it");
  }
  if (rule.limit.kind == Limit::Kind::connections) {
    return fmt::format("{} {} in {} {} over the limit of {} of rule {}", excess.peak,
                       excess.peak == 1 ? "connection" : "connections", window,
                       excess.peak == 1 ? "is" : "are", *excess.limit, rule.name);
  }
  std::string sent = format_size(excess.peak);
  std::string limit = format_size(*excess.limit);
  if (sent == limit) {  // over by less than the rounding shows
    sent = fmt::format("{} B", excess.peak);
    limit = fmt::format("{} B", *excess.limit);
  }
  const std::string owner = rule.limit.kind == Limit::Kind::role
                                ? fmt::format("role {}", excess.role)
                                : fmt::format("rule {}", rule.name);
  return fmt::format("{}{} in {} is over the limit of {} of {}",
                     sureness(finding.basis, finding.is_least), sent, window, limit, owner);
}

}  // namespace

void NearAllows::add(const std::string& destination, const NearAllow& near, const Allow& allow) {
  const auto [place, is_new] = found_.try_emplace(destination, near, &allow);
  if (!is_new && near.is_nearer_than(place->second.first)) {
    place->second = {near, &allow};
  }
}

std::string NearAllows::sentence(const std::string& destination) const {
  const auto hit = found_.find(destination);
  if (hit == found_.end()) {
    return fmt::format("{} is on no allowlist", destination);
  }
  const auto& [near, allow] = hit->second;
  const std::string other = others(near);
  if (other.empty()) {
    return fmt::format("allow {} for {} expired {}", allow->name, destination, allow->expires);
  }
  return fmt::format(
      "allow {} has {}, but for another {}{}", allow->name, destination, other,
      near.lacks_key(AllowKey::expires) ? " and expired " + allow->expires : std::string());
}

void append_other_senders(Finding& finding, std::vector<OtherSender> others) {
  std::sort(others.begin(), others.end(), [](const OtherSender& a, const OtherSender& b) {
    // An empty optional sorts below every number.
    return std::tie(b.bytes, a.tool, a.user, a.automation) <
           std::tie(a.bytes, b.tool, b.user, b.automation);
  });
  for (std::size_t i = 0; i < std::min(others.size(), kMostNamed); ++i) {
    const OtherSender& other = others[i];
    const std::string amount =
        other.bytes ? std::string(sureness(other.basis, other.is_least)) + format_size(*other.bytes)
                    : "an unknown volume";
    std::string_view seat = "unattended";
    if (other.automation != transfer::Verdict::unattended) {
      seat = other.automation == transfer::Verdict::attended ? "attended" : "attendance unknown";
    }
    finding.reasons.push_back(fmt::format("{} of it by {} of user {} ({}), {} {}", amount,
                                          other.tool, other.user, seat, other.transfers,
                                          other.transfers == 1 ? "transfer" : "transfers"));
  }
  if (others.size() > kMostNamed) {
    finding.reasons.push_back(
        fmt::format("part of it by {} other tools or users", others.size() - kMostNamed));
  }
}

void append_deviations(Finding& finding, const Deviations& deviations) {
  std::size_t named = 0;
  for (const std::string& destination : deviations.destinations) {
    if (named == kMostNamed) {
      finding.reasons.push_back(
          fmt::format("new-destination: so are {} more", deviations.destinations.size() - named));
      break;
    }
    finding.reasons.push_back(
        fmt::format("new-destination: {} is in no baseline of role {}", destination, finding.role));
    ++named;
  }
  if (!deviations.users.empty()) {
    finding.reasons.push_back(fmt::format(
        "new-user: user {}{} sent nothing in the baseline", *deviations.users.begin(),
        deviations.users.size() == 1 ? ""
                                     : fmt::format(" (and {} more)", deviations.users.size() - 1)));
  }
  if (deviations.has_new_job) {
    finding.reasons.emplace_back("new-job: this job sent nothing in the baseline");
  }
  if (deviations.bytes > 0) {
    // A limit of 0 is none that anything is a multiple of.
    const double times = static_cast<double>(deviations.bytes) /
                         static_cast<double>(std::max<std::uint64_t>(1, deviations.limit));
    finding.reasons.push_back(
        fmt::format("above-baseline: {} in one run, {:.1f} times the {} that its job may send",
                    format_size(deviations.bytes), times, format_size(deviations.limit)));
  }
}

void append_reasons(Finding& finding, const Rule& rule, const Excess& excess,
                    const NearAllows& near) {
  append_destinations(finding, near);
  finding.reasons.push_back(limit_sentence(finding, rule, excess));
  if (rule.estimates) {
    finding.reasons.emplace_back(
        "it is by the image, by its files or by a log in it: the audit log does not show that it "
        "left");
  }
}

void append_flow_reasons(Finding& finding, const FlowSigns& signs) {
  if (signs.any) {
    finding.reasons.push_back(fmt::format("bytes are told by network flows ({}){}",
                                          signs.headers ? "with headers" : "payload",
                                          signs.shared   ? ", some of which may be others': bounds"
                                          : signs.open   ? ", and nobody saw all of them: a bound"
                                          : signs.summed ? ", some as the sum of several transfers'"
                                          : signs.by_time ? ", joined by address and time"
                                                          : ""));
  }
  if (signs.disagrees) {
    finding.reasons.emplace_back(
        "network flows tell other figures than the log, by more than headers");
  }
}

}  // namespace auexfil::policy
