#include "reported.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <zlib.h>

#include <fmt/format.h>

namespace auexfil::cli {
namespace {

/// Who it was and why it is one, for a hash.
std::string words_of(const policy::Finding& finding) {
  std::string text;
  const auto add = [&](std::string_view word) {
    text += word;
    text.push_back('\0');
  };
  const auto add_sender = [&](const policy::Sender& sender) {
    add(sender.tool);
    add(sender.user.value_or(""));
    add(sender.auid_user.value_or(""));
    add(sender.script.value_or(""));
    add(to_word(sender.automation));
    if (sender.job) {
      add(sender.job->kind);
      add(sender.job->what);
      add(sender.job->artefact.value_or(""));
    }
    std::for_each(sender.command.begin(), sender.command.end(), add);
    std::for_each(sender.chain.begin(), sender.chain.end(), add);
  };
  add_sender(finding);
  for (const policy::Finding::Destination& to : finding.destinations) {
    add_sender(to.sender);
  }
  add(finding.role);
  add(to_word(finding.severity));
  std::for_each(finding.reasons.begin(), finding.reasons.end(), add);
  return text;
}

/// All of a finding that a reader of its last report would want to know to be other.
std::string figures_of(const policy::Finding& finding) {
  std::string text = fmt::format("{} {} {} {}", finding.start, finding.end,
                                 finding.bytes_out ? fmt::to_string(*finding.bytes_out) : "?",
                                 to_word(finding.basis));
  for (const policy::Finding::Destination& to : finding.destinations) {
    text += fmt::format(" {}:{}={}{}", to.address, to.port.value_or(0),
                        to.bytes_out ? fmt::to_string(*to.bytes_out) : "?", to_word(to.basis));
  }
  for (const std::uint64_t transfer : finding.transfers) {
    text += fmt::format(" {:016x}", transfer);
  }
  // A run may end amid an event: its other records tell the command.
  const std::string words = words_of(finding);
  return fmt::format(
      "{} {:08x}", text,
      crc32_z(0, reinterpret_cast<const unsigned char*>(words.data()), words.size()));
}

/// Of findings that were reported and are not among those of this run.
void put_by(ReportedById& gone, ReportedById& reported, const Memory& memory,
            report::Counts::Judged& counts) {
  if (!memory.is_whole) {
    reported.merge(gone);  // of a log that was not read this time
    return;
  }
  constexpr audit::TimeMs kDay = 86'400'000;
  for (const auto& [id, known] : gone) {
    if (known.start - kDay >= memory.forgotten) {
      counts.withdrawn.push_back(id);
    }
  }
}

}  // namespace

void keep_news(std::vector<policy::Finding>& findings, ReportedById& reported, const Memory& memory,
               report::Counts::Judged& counts) {
  std::vector<policy::Finding> news;
  ReportedById before = std::move(reported);
  reported.clear();
  for (policy::Finding& finding : findings) {
    Reported now{finding.start, finding.end, figures_of(finding)};
    const std::uint64_t id = finding.id;
    const auto known = before.find(id);
    finding.is_update = known != before.end();
    // What is left of one whose beginning is forgotten is no news by itself.
    const bool is_rest = finding.start - finding.window_s * 1000 < memory.forgotten &&
                         (!finding.is_update || known->second.end >= finding.end);
    if (!is_rest && (!finding.is_update || known->second.figures != now.figures)) {
      news.push_back(std::move(finding));
    }
    if (known != before.end()) {
      before.erase(known);
    }
    reported[id] = std::move(now);
  }
  counts.standing = findings.size() - news.size();
  put_by(before, reported, memory, counts);
  findings = std::move(news);
}

}  // namespace auexfil::cli
