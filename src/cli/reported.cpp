#include "reported.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "auexfil/input/fnv.hpp"

namespace auexfil::cli {
namespace {

/// Of who it was and why it is one.
std::uint64_t hash_of_words(const policy::Finding& finding) {
  std::uint64_t hash = input::kFnvBegin;
  const auto add = [&hash](std::string_view word) { hash = input::fnv(hash, word); };
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
  return hash;
}

/// See Reported::figures.
std::string figures_of(const policy::Finding& finding) {
  std::string text = fmt::format("{} {} {} {}", finding.start, finding.end,
                                 finding.bytes_out ? fmt::to_string(*finding.bytes_out) : "?",
                                 to_word(finding.basis));
  for (const policy::Finding::Destination& to : finding.destinations) {
    text += fmt::format(" {}:{}={}{}", to.address, to.port.value_or(0),
                        to.bytes_out ? fmt::to_string(*to.bytes_out) : "?", to_word(to.basis));
  }
  // A run may end amid an event: its other records tell the command.
  return fmt::format("{} {:016x}", text, hash_of_words(finding));
}

Reported reported_of(const policy::Finding& finding) {
  Reported made{finding.start, finding.end, policy::kind_of(finding), finding.transfers,
                figures_of(finding)};
  std::sort(made.transfers.begin(), made.transfers.end());
  return made;
}

/// A finding of this run, and what runs before have reported of it.
struct Match {
  policy::Finding* finding{};
  Reported now;
  const ReportedById::value_type* known{};  ///< null: nothing

  /// What is left of one whose beginning is forgotten is no news by itself.
  [[nodiscard]] bool is_rest(audit::TimeMs forgotten) const {
    return known->second.start < forgotten && now.end <= known->second.end &&
           std::includes(known->second.transfers.begin(), known->second.transfers.end(),
                         now.transfers.begin(), now.transfers.end());
  }
  [[nodiscard]] bool is_update() const { return known != nullptr && known->first == finding->id; }
  [[nodiscard]] bool is_news(audit::TimeMs forgotten) const {
    if (known == nullptr) {
      return true;
    }
    return !is_rest(forgotten) && (!is_update() || known->second.figures != now.figures ||
                                   known->second.transfers != now.transfers);
  }
};

bool share_one(const std::vector<std::uint64_t>& some, const std::vector<std::uint64_t>& others) {
  return std::any_of(some.begin(), some.end(), [&](std::uint64_t id) {
    return std::binary_search(others.begin(), others.end(), id);
  });
}

/// By id; else the first of the same kind with a transfer in common whose beginning is forgotten.
std::vector<Match> match(std::vector<policy::Finding>& findings, const ReportedById& before,
                         audit::TimeMs forgotten) {
  std::multimap<std::uint64_t, const ReportedById::value_type*> by_kind;
  for (const ReportedById::value_type& known : before) {
    if (known.second.start < forgotten) {
      by_kind.emplace(known.second.kind, &known);
    }
  }
  std::vector<Match> matches;
  for (policy::Finding& finding : findings) {
    Match made{&finding, reported_of(finding), nullptr};
    if (const auto known = before.find(finding.id); known != before.end()) {
      made.known = &*known;
    } else {
      const auto [first, last] = by_kind.equal_range(made.now.kind);
      for (auto at = first; at != last; ++at) {
        const Reported& known_then = at->second->second;
        if ((made.known == nullptr || known_then.start < made.known->second.start) &&
            share_one(made.now.transfers, known_then.transfers)) {
          made.known = at->second;
        }
      }
    }
    matches.push_back(std::move(made));
  }
  return matches;
}

/// The id is of the first transfer, which may be forgotten: one that was reported goes on under the
/// id of then, and of several that it has fallen into the last.
void give_ids_of_then(std::vector<Match>& matches) {
  std::set<std::uint64_t> taken;
  std::vector<Match*> others;
  for (Match& match : matches) {
    if (match.is_update()) {
      taken.insert(match.finding->id);
    } else if (match.known != nullptr) {
      others.push_back(&match);
    }
  }
  std::stable_sort(others.begin(), others.end(),
                   [](const Match* a, const Match* b) { return a->now.end > b->now.end; });
  for (Match* const match : others) {
    if (taken.insert(match->known->first).second) {
      match->finding->id = match->known->first;
      match->now.start = match->known->second.start;
    }
  }
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
    if (known.start - std::max(kDay, memory.looks_back_ms) >= memory.forgotten) {
      counts.withdrawn.push_back(id);
    }
  }
}

}  // namespace

void keep_news(std::vector<policy::Finding>& findings, ReportedById& reported, const Memory& memory,
               report::Counts::Judged& counts) {
  ReportedById before = std::move(reported);
  reported.clear();
  std::vector<Match> matches = match(findings, before, memory.forgotten);
  give_ids_of_then(matches);
  std::vector<policy::Finding> news;
  for (Match& match : matches) {
    policy::Finding& finding = *match.finding;
    finding.is_update = match.is_update();
    const bool is_news = match.is_news(memory.forgotten);
    reported[finding.id] = std::move(match.now);
    if (is_news) {
      news.push_back(std::move(finding));
    }
  }
  std::erase_if(before, [&](const auto& known) { return reported.contains(known.first); });
  counts.standing = findings.size() - news.size();
  put_by(before, reported, memory, counts);
  findings = std::move(news);
}

}  // namespace auexfil::cli
