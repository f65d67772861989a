#include "adjoin.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "log_ends.hpp"

namespace auexfil::input {
namespace {

constexpr std::uint64_t kDisorder = 16;  // serials that events of one moment may be written apart
constexpr std::uint64_t kNear = 16;      // that are missing where a log that names none goes on
constexpr std::uint64_t kMayBeNear = 1024;
constexpr std::size_t kEnough = 8;  // events that make the numbers of a log its own
constexpr std::uint64_t kHour = 3'600'000;
constexpr std::uint64_t kStep = 10'000;    // of a clock that is set
constexpr std::size_t kMostGroups = 1024;  // of a folder

/// One host's events at the end of a log and at the beginning of another.
struct Border {
  const std::vector<RecordStamp>& last;   ///< the newest first
  const std::vector<RecordStamp>& first;  ///< the oldest first
  std::uint64_t begun{};                  ///< the lowest serial where the earlier log begins
  bool is_cut{};                          ///< inside a line
  bool is_start{};                        ///< auditd was started there
};

/// fits: one, if what lies on its other side says so too.
enum class Verdict : std::uint8_t { unrelated, apart, fits, one };

struct Relation {
  Verdict verdict = Verdict::unrelated;
  std::string why{};     ///< what follows "… as FILE, " or "…, but "
  bool is_sure = false;  ///< one: the next number is there; apart: both cannot be one log
};

std::uint64_t lowest_serial(const std::vector<RecordStamp>& events) {
  return std::min_element(events.begin(), events.end(),
                          [](const auto& a, const auto& b) { return a.serial < b.serial; })
      ->serial;
}

std::uint64_t highest_serial(const std::vector<RecordStamp>& events) {
  return std::max_element(events.begin(), events.end(),
                          [](const auto& a, const auto& b) { return a.serial < b.serial; })
      ->serial;
}

bool share_event(const Border& at) {
  return std::any_of(at.first.begin(), at.first.end(), [&](const RecordStamp& event) {
    return std::find(at.last.begin(), at.last.end(), event) != at.last.end();
  });
}

/// One number, two events.
bool contradict(const Border& at) {
  return std::any_of(at.first.begin(), at.first.end(), [&](const RecordStamp& event) {
    return std::any_of(at.last.begin(), at.last.end(), [&](const RecordStamp& other) {
      return other.serial == event.serial && other.ms != event.ms;
    });
  });
}

Relation relate_told(const Border& at, std::uint64_t last, std::uint64_t first) {
  const std::uint64_t from = time_at(at.last);
  const std::uint64_t to = time_at(at.first);
  const bool is_next = first > last && first <= last + kNear && !contradict(at);
  // A clock that is set back a little does not tear what its numbers join.
  if (to < from && !(is_next && from - to <= kStep)) {
    return {Verdict::apart, "but of the same time", true};
  }
  if (first + kDisorder < last || first <= at.begun) {
    return at.is_start && to > from
               ? Relation{Verdict::one, "and begins behind that, where auditd was started"}
               : Relation{Verdict::apart, "but with numbers that begin anew"};
  }
  if (contradict(at)) {
    return {Verdict::apart, "but with the same numbers for other events", true};
  }
  const std::uint64_t missing = first > last ? first - last - 1 : 0;
  return missing <= std::max(kMayBeNear, last - std::min(last, at.begun))
             ? Relation{Verdict::one,
                        fmt::format("and goes on where that ends: number {} behind {}", first,
                                    last),
                        is_next}
             : Relation{Verdict::apart, fmt::format("but with {} events between them that are in "
                                                    "neither",
                                                    missing)};
}

/// What a name says beside numbers, single letters and its ending: "web" of "web-03.log.gz".
std::string words_of(std::string_view name) {
  name.remove_prefix(name.find_last_of('/') + 1);  // npos + 1: 0
  std::string words;
  std::string word;
  for (const char c : name.substr(0, name.find('.', 1))) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0) {
      word += c;
    } else {
      words += word.size() > 1 ? word + " " : std::string();
      word.clear();
    }
  }
  return words + (word.size() > 1 ? word : std::string());
}

/// \param are_near  what they are called, or who is at work in them, speaks for one host
Relation relate_untold(const Border& at, std::uint64_t last, std::uint64_t first, bool are_near) {
  const std::uint64_t from = time_at(at.last);
  const std::uint64_t to = time_at(at.first);
  if (to < from || first + kDisorder < last || first <= at.begun || contradict(at) ||
      highest_serial(at.first) <= last || first > last + kMayBeNear || to - from > 24 * kHour) {
    return {};
  }
  const bool is_one_event = share_event(at);
  const bool are_many = at.last.size() >= kEnough && at.first.size() >= kEnough;
  const bool is_next = first <= last + kNear && to - from <= kHour && !at.is_start;
  if (is_one_event || (is_next && (at.is_cut || are_near))) {
    return {is_one_event || at.is_cut || are_many ? Verdict::one : Verdict::fits,
            is_one_event
                ? fmt::format("goes on where that ends: both have records of number {}",
                              std::min(first, last))
                : fmt::format("goes on where that ends: number {} behind {}", first, last)};
  }
  return {Verdict::apart, fmt::format("{} behind {}", first, last)};
}

/// A group, with what was seen of it so far.
class Log {
 public:
  Log(const std::vector<RotatedFile>& group, KnownEnds& ends)
      : files_(to_set(group).files), ends_(&ends), first_(&ends.oldest(files_.front())) {}

  [[nodiscard]] const std::optional<LogEnd>& first() const { return *first_; }
  [[nodiscard]] const std::optional<LogEnd>& last() const { return ends_->newest(files_.back()); }
  [[nodiscard]] const std::string& name() const { return files_.front().name; }

 private:
  std::vector<LogFile> files_;
  KnownEnds* ends_;
  const std::optional<LogEnd>* first_;
};

using Events = std::map<std::string, std::vector<RecordStamp>, std::less<>>;

/// May the one begin behind the other, as far as their beginnings tell?
bool may_follow(const LogEnd& before, const LogEnd& after) {
  const auto may = [](const std::vector<RecordStamp>& a, const std::vector<RecordStamp>& b) {
    return time_at(a) <= time_at(b);
  };
  if (before.hosts.size() == 1 && after.hosts.size() == 1) {
    const auto& [a, a_events] = *before.hosts.begin();
    const auto& [b, b_events] = *after.hosts.begin();
    return may(a_events, b_events) &&
           ((a == b && !a.empty()) ||
            ((a.empty() || b.empty()) && lowest_serial(a_events) < lowest_serial(b_events)));
  }
  return std::any_of(before.hosts.begin(), before.hosts.end(), [&](const auto& host) {
    const auto same = after.hosts.find(host.first);
    return !host.first.empty() && same != after.hosts.end() && may(host.second, same->second);
  });
}

Relation relate(const Log& before, const Log& after) {
  if (!before.first() || !after.first() || !may_follow(*before.first(), *after.first()) ||
      !before.last() || before.last()->hosts.empty()) {
    return {};
  }
  const Events& begun = before.first()->hosts;
  const Events& ended = before.last()->hosts;
  const Events& begins = after.first()->hosts;
  const bool is_cut = before.last()->is_cut && after.first()->is_cut;
  const auto border = [&](const std::string& host, const std::vector<RecordStamp>& last,
                          const std::vector<RecordStamp>& first) {
    const auto begin = begun.find(host);
    return Border{last, first, lowest_serial(begin == begun.end() ? last : begin->second), is_cut,
                  after.first()->is_start};
  };
  if (ended.size() == 1 && begins.size() == 1 && begun.size() == 1 &&
      begun.begin()->first == ended.begin()->first) {
    const auto& [a, last] = *ended.begin();
    const auto& [b, first] = *begins.begin();
    const bool is_told = !a.empty() && a == b;
    const Border at = border(a, last, first);
    const std::set<std::uint64_t>& working = after.first()->processes;
    const bool are_near = words_of(before.name()) == words_of(after.name()) ||
                          std::any_of(working.begin(), working.end(), [&](std::uint64_t process) {
                            return before.last()->processes.contains(process);
                          });
    Relation relation =
        is_told ? relate_told(at, highest_serial(last), lowest_serial(first))
                : relate_untold(at, highest_serial(last), lowest_serial(first), are_near);
    if (!relation.why.empty()) {
      relation.why = is_told ? fmt::format("of {} as {}, {}", a, before.name(), relation.why)
                     : relation.verdict >= Verdict::fits
                         ? fmt::format("names no host as {}, and {}", before.name(), relation.why)
                         : fmt::format(
                               "may go on from {} (number {}), but no host is named and that alone "
                               "does not tell{}",
                               before.name(), relation.why,
                               are_near ? "" : " of names that differ, with no process in both");
    }
    return relation;
  }
  Relation best;
  for (const auto& [host, last] : ended) {
    const auto first = begins.find(host);
    if (host.empty() || first == begins.end()) {
      continue;
    }
    Relation relation = relate_told(border(host, last, first->second), highest_serial(last),
                                    lowest_serial(first->second));
    relation.why = fmt::format("of {} as {}, {}", host, before.name(), relation.why);
    if (relation.verdict == Verdict::apart && relation.is_sure) {
      return relation;
    }
    // One that goes on at once tells more than another that was started anew or is told of in part;
    // that more than one of which little is missing.
    const auto weight = [](const Relation& one) {
      return one.is_sure ? 3 : one.verdict == Verdict::apart ? 2 : one.why.empty() ? 0 : 1;
    };
    if (weight(relation) > weight(best)) {
      best = std::move(relation);
    }
  }
  return best;
}

/// The logs of one folder, in a chain or several.
class Folder {
 public:
  explicit Folder(std::vector<Log> logs) : logs_(std::move(logs)), links_(logs_.size()) {}

  std::vector<GoesOn> chain() {
    relate_all();
    for (std::size_t after = 0; after < logs_.size(); ++after) {
      choose_before(after);
    }
    for (std::size_t before = 0; before < logs_.size(); ++before) {
      keep_one_behind(before);
    }
    return std::move(links_);
  }

 private:
  [[nodiscard]] bool are_alike(std::size_t a, std::size_t b) {
    const auto is_same = [](const std::optional<LogEnd>& x, const std::optional<LogEnd>& y) {
      return x && y && x->hosts == y->hosts;
    };
    return is_same(logs_[a].first(), logs_[b].first()) && is_same(logs_[a].last(), logs_[b].last());
  }

  void relate_all() {
    std::vector<std::pair<std::size_t, std::size_t>> fitting;
    verdicts_.resize(logs_.size());
    for (std::size_t before = 0; before < logs_.size(); ++before) {
      verdicts_[before].resize(logs_.size());
      for (std::size_t after = 0; after < logs_.size(); ++after) {
        if (before == after) {
          continue;
        }
        const Relation relation = relate(logs_[before], logs_[after]);
        verdicts_[before][after] = relation.verdict;
        if (relation.verdict == Verdict::fits) {
          fitting.emplace_back(before, after);
        }
        if ((relation.verdict == Verdict::apart || relation.verdict == Verdict::fits) &&
            links_[after].why.empty()) {
          links_[after].why =
              relation.verdict == Verdict::apart
                  ? relation.why + ": kept apart"
                  : fmt::format(
                        "may go on from {}, but of so few events the numbers alone do not "
                        "tell: kept apart",
                        logs_[before].name());
        }
      }
    }
    std::erase_if(fitting,
                  [&](const auto& pair) { return !lies_between(pair.first, pair.second); });
    for (const auto& [before, after] : fitting) {
      verdicts_[before][after] = Verdict::one;
    }
  }

  /// Does a log with enough of events go on in another, with `before` and `after` between the two?
  [[nodiscard]] bool lies_between(std::size_t before, std::size_t after) const {
    constexpr std::size_t kMost = 16;
    std::vector<std::size_t> fronts = {before};
    std::vector<std::size_t> backs = {after};
    for (std::size_t log = 0; log < logs_.size(); ++log) {
      if (verdicts_[log][before] >= Verdict::fits && fronts.size() < kMost) {
        fronts.push_back(log);
      }
      if (verdicts_[after][log] >= Verdict::fits && backs.size() < kMost) {
        backs.push_back(log);
      }
    }
    return std::any_of(fronts.begin(), fronts.end(), [&](std::size_t front) {
      return std::any_of(backs.begin(), backs.end(),
                         [&](std::size_t back) { return verdicts_[front][back] == Verdict::one; });
    });
  }

  /// Of copies the first; of several that lie one behind the other the nearest. Else nobody knows.
  void choose_before(std::size_t after) {
    std::vector<std::size_t> all;
    GoesOn& link = links_[after];
    for (std::size_t before = 0; before < logs_.size(); ++before) {
      if (verdicts_[before][after] == Verdict::one) {
        all.push_back(before);
      }
    }
    if (all.empty()) {
      return;
    }
    const auto is_behind_all = [&](std::size_t one) {
      return std::all_of(all.begin(), all.end(), [&](std::size_t other) {
        return other == one || verdicts_[other][one] == Verdict::one || are_alike(other, one);
      });
    };
    const auto nearest = std::find_if(all.begin(), all.end(), is_behind_all);
    if (nearest == all.end()) {
      link.why = fmt::format("may go on from {} or from {}: kept apart", logs_[all[0]].name(),
                             logs_[all[1]].name());
      return;
    }
    link = {*nearest, relate(logs_[*nearest], logs_[after]).why};
  }

  void keep_one_behind(std::size_t before) {
    std::vector<std::size_t> all;
    for (std::size_t after = 0; after < links_.size(); ++after) {
      if (links_[after].from == before) {
        all.push_back(after);
      }
    }
    const bool are_copies = std::all_of(all.begin(), all.end(), [&](std::size_t one) {
      return one == all.front() || are_alike(one, all.front());
    });
    for (std::size_t i = are_copies ? 1 : 0; i < all.size() && all.size() > 1; ++i) {
      links_[all[i]] = {GoesOn::kNowhere,
                        fmt::format("goes on from {}, as {} does: kept apart", logs_[before].name(),
                                    logs_[all[i == 0 ? 1 : 0]].name())};
    }
  }

  std::vector<Log> logs_;
  std::vector<std::vector<Verdict>> verdicts_;  ///< [before][after]
  std::vector<GoesOn> links_;
};

bool are_files(const std::vector<RotatedFile>& group) {
  return !group.empty() && std::all_of(group.begin(), group.end(), [](const RotatedFile& file) {
    return file.file.path != "-" && file.file.tree->is_file(file.file.path);
  });
}

}  // namespace

std::vector<GoesOn> find_adjoining(const std::vector<std::vector<RotatedFile>>& groups,
                                   const std::vector<std::string>& folders, KnownEnds& ends) {
  std::vector<GoesOn> found(groups.size());
  std::map<std::string_view, std::vector<std::size_t>> members;
  for (std::size_t group = 0; group < groups.size(); ++group) {
    if (are_files(groups[group])) {
      members[folders[group]].push_back(group);
    }
  }
  for (auto& [folder, of_folder] : members) {
    // Of copies the one with the plainest name stands for all.
    std::stable_sort(of_folder.begin(), of_folder.end(), [&](std::size_t a, std::size_t b) {
      return groups[a].front().file.name.size() < groups[b].front().file.name.size();
    });
    if (of_folder.size() > kMostGroups) {
      for (const std::size_t group : of_folder) {
        found[group].why = fmt::format(
            "is one of {} logs in its folder: more than {} are kept apart, whatever they hold",
            of_folder.size(), kMostGroups);
      }
    }
    if (of_folder.size() < 2 || of_folder.size() > kMostGroups) {
      continue;
    }
    std::vector<Log> logs;
    for (const std::size_t group : of_folder) {
      logs.emplace_back(groups[group], ends);
    }
    std::vector<GoesOn> links = Folder(std::move(logs)).chain();
    for (std::size_t i = 0; i < links.size(); ++i) {
      GoesOn& link = found[of_folder[i]];
      link.why = std::move(links[i].why);
      link.from = links[i].from == GoesOn::kNowhere ? GoesOn::kNowhere : of_folder[links[i].from];
    }
  }
  return found;
}

}  // namespace auexfil::input
