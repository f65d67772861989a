#include "overlap.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "auexfil/input/log_header.hpp"
#include "auexfil/input/text_hash.hpp"
#include "header_hosts.hpp"
#include "sniff.hpp"
#include "source.hpp"
#include "source_lines.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kEnough = 8;       // events that two hosts do not write alike
constexpr std::size_t kEnoughNamed = 2;  // nor two logs that name one
constexpr std::size_t kMostBehind = 4;   // that one of the two may lack behind one another
constexpr std::size_t kPlaces = 5;       // of the time that both are of
constexpr std::size_t kMostEvents = 256;
constexpr std::size_t kMostOfOther = 16 * kMostEvents;
constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 20;  // of one place
constexpr std::uint64_t kMostPacked = std::uint64_t{2} << 30;
constexpr std::size_t kLongestLine = std::size_t{1} << 20;
constexpr std::uint64_t kMargin = std::uint64_t{32} << 10;  // of what is written out of its order

struct EventKey {
  std::uint64_t ms{};
  std::uint64_t serial{};
  std::uint64_t host{};  ///< hash of the name

  auto operator<=>(const EventKey&) const = default;
};

/// The events of a stretch of time, each with the hashes of its records in their order.
struct Stretch {
  std::map<EventKey, std::vector<std::uint64_t>> events;
  std::uint64_t to{};    ///< ms; where it was cut short, earlier than was asked for
  bool is_told = false;  ///< it was read
};

std::uint64_t record_hash(std::string_view line, std::size_t record) {
  constexpr char kEnriched = '\x1d';  // words for numbers, made from the same record
  line = line.substr(record, line.find(kEnriched, record) - record);
  return text_hash(line.substr(0, line.find_last_not_of("\r ") + 1));
}

using Take = std::function<bool(std::string_view line)>;

/// One log, read from a time on.
class Log {
 public:
  Log(const std::vector<RotatedFile>& group, KnownEnds& ends)
      : files_(to_set(group).files), ends_(&ends), first_(&ends.oldest(files_.front())) {}

  [[nodiscard]] const std::string& name() const { return files_.front().name; }
  [[nodiscard]] const std::optional<LogEnd>& first() const { return *first_; }
  [[nodiscard]] const std::optional<LogEnd>& last() const { return ends_->newest(files_.back()); }

  /// Hands on lines from before `from` on, until `take` has enough.
  /// \param packed  bytes that may still be unpacked. \return false: they were not enough.
  bool each_line(std::uint64_t from, std::uint64_t& packed, const Take& take) const {
    bool has_enough = false;
    bool is_told = true;
    for (std::size_t file = file_at(from); file < files_.size() && is_told && !has_enough; ++file) {
      Source source(files_[file]);
      if (source.content() != Content::stamped) {
        continue;
      }
      const bool is_sought = can_seek(files_[file], source);
      bool is_rest = is_sought && seek(source, files_[file].bytes, from);
      each_line_of(source, kLongestLine, [&](std::string_view line, std::uint64_t /*number*/) {
        if (std::exchange(is_rest, false)) {
          return true;
        }
        if (!is_sought) {
          is_told = packed > line.size();
          packed -= is_told ? line.size() + 1 : 0;
        }
        has_enough = is_told && !take(line);
        return is_told && !has_enough;
      });
    }
    return is_told;
  }

  /// May the event be of the host whose log this is, and it alone, by where its numbers are then?
  [[nodiscard]] bool may_count(const RecordStamp& event) {
    if (!has_sampled_) {
      has_sampled_ = true;
      take_samples();
    }
    constexpr std::uint64_t kDisorder = 64;
    const auto behind = std::find_if(samples_.begin(), samples_.end(),
                                     [&](const RecordStamp& at) { return at.ms > event.ms; });
    if (behind - samples_.begin() < 2 || samples_.end() - behind < 2) {
      return true;
    }
    const std::uint64_t low = (behind - 2)->serial;
    const std::uint64_t high = (behind + 1)->serial;
    return low > high || (low <= event.serial + kDisorder && event.serial <= high + kDisorder);
  }

  /// Some of it cannot be sought in.
  [[nodiscard]] bool is_packed() const {
    return std::any_of(files_.begin(), files_.end(),
                       [](const LogFile& file) { return !can_seek(file, Source(file)); });
  }

  /// What stands behind a time may stand before it.
  [[nodiscard]] bool is_turned() const {
    return std::any_of(files_.begin(), files_.end(),
                       [](const LogFile& file) { return file.is_newest_first; });
  }

 private:
  static bool can_seek(const LogFile& file, const Source& source) {
    return !file.is_newest_first && !source.is_carried() && !source.is_compressed() &&
           source.descriptor() >= 0;
  }

  /// At places of one distance.
  void take_samples() {
    constexpr std::uint64_t kSamples = 64;
    for (const LogFile& file : files_) {
      Source source(file);
      if (!can_seek(file, source)) {
        samples_.clear();
        return;
      }
      for (std::uint64_t i = 0; i < kSamples && file.bytes > kSniffBytes; ++i) {
        if (const auto near = stamp_near(source, file.bytes / kSamples * i)) {
          samples_.push_back(*near);
        }
      }
    }
  }

  [[nodiscard]] std::size_t file_at(std::uint64_t from) const {
    std::size_t at = 0;
    for (std::size_t file = 1; file < files_.size() && !is_turned(); ++file) {
      const std::optional<LogEnd>& begin = ends_->oldest(files_[file]);
      if (!begin || begin->hosts.empty() ||
          !std::all_of(begin->hosts.begin(), begin->hosts.end(),
                       [from](const auto& host) { return time_at(host.second) < from; })) {
        break;
      }
      at = file;
    }
    return at;
  }

  /// Where the log is at a place, its time and the number that it has come to; nothing where no
  /// record is near.
  static std::optional<RecordStamp> stamp_near(Source& source, std::uint64_t place) {
    constexpr std::size_t kPiece = std::size_t{16} << 10;
    constexpr std::size_t kSeveral = 8;
    std::string text(kPiece, '\0');
    if (!source.seek(place)) {
      return std::nullopt;
    }
    text.resize(source.read(text.data(), kPiece));
    std::string_view lines(text);
    std::optional<RecordStamp> near;
    std::size_t seen = 0;
    for (std::size_t end = lines.find('\n'); end != lines.npos && seen < kSeveral;) {
      lines.remove_prefix(end + 1);
      end = lines.find('\n');
      if (end == lines.npos) {
        break;
      }
      const std::string_view line = lines.substr(0, end);
      const std::optional<RecordStamp> stamp =
          is_daemons_record(line) ? std::nullopt : stamp_of(line);
      if (stamp) {
        near =
            near ? RecordStamp{std::max(near->ms, stamp->ms), std::max(near->serial, stamp->serial)}
                 : *stamp;
        ++seen;
      }
    }
    return near;
  }

  /// \return whether it stands inside a line.
  static bool seek(Source& source, std::uint64_t size, std::uint64_t from) {
    std::uint64_t low = 0;
    for (std::uint64_t high = size; high - low > kMargin;) {
      const std::uint64_t middle = low + (high - low) / 2;
      const std::optional<RecordStamp> near = stamp_near(source, middle);
      (near && near->ms < from ? low : high) = middle;
    }
    low -= std::min(low, kMargin);
    return source.seek(low) && low > 0;
  }

  std::vector<LogFile> files_;
  KnownEnds* ends_;
  const std::optional<LogEnd>* first_;
  std::vector<RecordStamp> samples_;  ///< in the order of the files; may be none
  bool has_sampled_ = false;
};

/// The events from one time to another, or the first of them where they are too many.
Stretch stretch_of(const Log& log, std::uint64_t from, std::uint64_t to, std::size_t most,
                   std::uint64_t& packed) {
  constexpr std::size_t kPast = 64;  // records that are far enough to be sure
  Stretch made;
  made.to = to;
  std::uint64_t bytes = 0;
  std::size_t past = 0;
  made.is_told = log.each_line(from, packed, [&](std::string_view line) {
    const std::optional<RecordStamp> stamp = stamp_of(line);
    if (!stamp || is_daemons_record(line)) {
      return true;
    }
    past = (log.is_turned() ? stamp->ms < from : stamp->ms > made.to) ? past + 1 : 0;
    if (stamp->ms >= from && stamp->ms <= made.to) {
      made.events[{stamp->ms, stamp->serial, text_hash(named_host(line))}].push_back(
          record_hash(line, find_carried_record(line)));
      bytes += line.size();
    }
    if (made.events.size() > most || (bytes > kMostBytes && !log.is_turned())) {
      const std::uint64_t last = made.events.rbegin()->first.ms;
      made.to = last - 1;
      made.events.erase(made.events.lower_bound({last, 0, 0}), made.events.end());
      return log.is_turned();
    }
    return past < kPast;
  });
  if (const std::optional<LogEnd>& last = log.last(); last && last->is_cut) {
    for (const auto& [host, events] : last->hosts) {  // of it a part of a record may be there
      std::erase_if(made.events, [&, is_last = events.front()](const auto& event) {
        return event.first.ms == is_last.ms && event.first.serial == is_last.serial;
      });
    }
  }
  for (auto& [key, hashes] : made.events) {
    std::sort(hashes.begin(), hashes.end());
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  }
  return made;
}

/// Of two stretches of the same time.
struct Likeness {
  std::size_t alike{};
  std::size_t of_later{};    ///< alone in the log that begins later
  std::size_t of_earlier{};  ///< alone in the other
  std::size_t behind{};      ///< alone in either, behind one another; the most
  bool differ = false;       ///< one event has other words, one number is of two
  bool is_told = true;

  void add(const Likeness& other) {
    alike += other.alike;
    of_later += other.of_later;
    of_earlier += other.of_earlier;
    behind = std::max(behind, other.behind);
    differ = differ || other.differ;
    is_told = is_told && other.is_told;
  }
};

/// Pages may cut an event in two: each has some of its records then.
bool are_alike(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  return std::includes(a.begin(), a.end(), b.begin(), b.end()) ||
         std::includes(b.begin(), b.end(), a.begin(), a.end());
}

/// \return how many are alone.
std::size_t count_alone(const Stretch& one, const Stretch& other, Likeness& likeness) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> numbers;
  for (const auto& [key, hashes] : other.events) {
    numbers.emplace(key.host, key.serial);
  }
  std::size_t alone = 0;
  std::size_t behind = 0;
  for (const auto& [key, hashes] : one.events) {
    const bool is_alone = !other.events.contains(key);
    behind = is_alone ? behind + 1 : 0;
    alone += is_alone ? 1U : 0U;
    likeness.behind = std::max(likeness.behind, behind);
    likeness.differ = likeness.differ || (is_alone && numbers.contains({key.host, key.serial}));
  }
  return alone;
}

/// \param leads  is read first, and tells how far; taken for the later one
/// \param to  is put where they were read to
Likeness likeness_of(const Log& leads, const Log& follows, std::uint64_t from, std::uint64_t& to,
                     std::uint64_t& packed) {
  Stretch lead = stretch_of(leads, from, to, kMostEvents, packed);
  const Stretch other = stretch_of(follows, from, lead.to, kMostOfOther, packed);
  to = other.to;
  lead.events.erase(lead.events.lower_bound({to + 1, 0, 0}), lead.events.end());
  Likeness made;
  made.is_told = lead.is_told && other.is_told;
  for (const auto& [key, hashes] : lead.events) {
    if (const auto same = other.events.find(key); same != other.events.end()) {
      made.alike += 1U;
      made.differ = made.differ || !are_alike(hashes, same->second);
    }
  }
  made.of_later = count_alone(lead, other, made);
  made.of_earlier = count_alone(other, lead, made);
  return made;
}

std::uint64_t begin_of(const LogEnd& end) {
  std::uint64_t from = UINT64_MAX;
  for (const auto& [host, events] : end.hosts) {
    from = std::min(from, time_at(events));
  }
  return from;
}

std::uint64_t end_of(const LogEnd& end) {
  std::uint64_t to = 0;
  for (const auto& [host, events] : end.hosts) {
    to = std::max(to, time_at(events));
  }
  return to;
}

/// From where on the last events of a log stand, a long call left aside.
std::uint64_t begin_of_last(const LogEnd& end) {
  std::vector<std::uint64_t> times;
  for (const auto& [host, events] : end.hosts) {
    for (const RecordStamp& event : events) {
      times.push_back(event.ms);
    }
  }
  std::sort(times.begin(), times.end());
  return times[std::min(times.size() - 1, kEnough)];
}

std::size_t count_common(const LogEnd& last, const LogEnd& first) {
  std::size_t common = 0;
  for (const auto& [host, events] : last.hosts) {
    if (const auto same = first.hosts.find(host); same != first.hosts.end()) {
      common += static_cast<std::size_t>(
          std::count_if(events.begin(), events.end(), [&, &of = same->second](const auto& event) {
            return std::find(of.begin(), of.end(), event) != of.end();
          }));
    }
  }
  return common;
}

/// The numbers of one host's log.
struct Numbers {
  std::uint64_t low{};
  std::uint64_t high{};
};

std::optional<Numbers> numbers_of(const std::optional<LogEnd>& end) {
  if (!end || end->hosts.size() != 1) {
    return std::nullopt;
  }
  const std::vector<RecordStamp>& events = end->hosts.begin()->second;
  const auto [low, high] =
      std::minmax_element(events.begin(), events.end(),
                          [](const auto& a, const auto& b) { return a.serial < b.serial; });
  return Numbers{low->serial, high->serial};
}

class Finder {
 public:
  Finder(const std::vector<std::vector<RotatedFile>>& groups, const std::vector<std::size_t>& plain,
         const std::vector<std::string>& folders, KnownEnds& ends)
      : groups_(plain) {
    for (const std::size_t group : plain) {
      logs_.emplace_back(groups[group], ends);
      folders_.push_back(folders[group]);
    }
  }

  std::vector<Overlap> find() {
    for (std::size_t log = 0; log < logs_.size(); ++log) {
      std::vector<std::size_t> others;
      for (std::size_t other = 0; other < logs_.size(); ++other) {
        if (other != log && may_begin_in(log, other)) {
          others.push_back(other);
        }
      }
      if (!others.empty() && logs_[log].is_packed()) {
        look_through(log, others);
      }
      for (const std::size_t other : others) {
        hold(log, other);
      }
    }
    return std::move(found_);
  }

 private:
  /// As far as their ends tell.
  [[nodiscard]] bool may_begin_in(std::size_t log, std::size_t other) {
    const std::optional<LogEnd>& begin = logs_[log].first();
    const std::optional<LogEnd>& first = logs_[other].first();
    if (folders_[log] != folders_[other] || !begin || !first || begin->hosts.empty() ||
        first->hosts.empty() ||
        std::pair(begin_of(*begin), log) > std::pair(begin_of(*first), other)) {
      return false;
    }
    const auto knows = [&](const std::optional<LogEnd>& end) {
      return std::any_of(first->hosts.begin(), first->hosts.end(),
                         [&](const auto& host) { return end->hosts.contains(host.first); });
    };
    const std::optional<Numbers> began = numbers_of(begin);
    const std::optional<Numbers> begins = numbers_of(first);
    const bool are_single = began && begins;
    if (are_single && !knows(begin)) {
      return false;
    }
    const std::optional<LogEnd>& last = logs_[log].last();
    if (!last || last->hosts.empty() || (!knows(begin) && !knows(last)) ||
        (end_of(*last) < begin_of(*first) && count_common(*last, *first) == 0)) {
      return false;
    }
    const std::optional<Numbers> ended = numbers_of(last);
    const bool was_numbered_anew = !ended || (are_single && ended->high < began->low);
    return !are_single || was_numbered_anew ||
           (began->low <= begins->high && begins->low <= ended->high &&
            logs_[log].may_count({begin_of(*first), begins->low}));
  }

  /// Leaves those whose first events are in what must be read through.
  void look_through(std::size_t log, std::vector<std::size_t>& others) {
    std::multimap<RecordStamp, std::size_t> wanted;
    for (const std::size_t other : others) {
      for (const auto& [host, events] : logs_[other].first()->hosts) {
        for (const RecordStamp& event : events) {
          wanted.emplace(event, other);
        }
      }
    }
    std::set<std::size_t> met;
    const bool is_told = logs_[log].each_line(0, packed_, [&](std::string_view line) {
      if (const std::optional<RecordStamp> stamp = stamp_of(line)) {
        for (auto [at, end] = wanted.equal_range(*stamp); at != end; ++at) {
          met.insert(at->second);
        }
      }
      return true;
    });
    std::erase_if(others, [&](std::size_t other) { return is_told && !met.contains(other); });
  }

  /// Of the first events of another.
  bool shares_any(const Log& log, const LogEnd& others, std::uint64_t from, std::uint64_t to) {
    std::set<RecordStamp> wanted;
    for (const auto& [host, events] : others.hosts) {
      wanted.insert(events.begin(), events.end());
    }
    const Stretch there =
        stretch_of(log, from, std::min(to, wanted.rbegin()->ms), kMostEvents, packed_);
    return !there.is_told ||
           std::any_of(there.events.begin(), there.events.end(), [&](const auto& event) {
             return wanted.contains({event.first.ms, event.first.serial});
           });
  }

  void hold(std::size_t log, std::size_t other) {
    const Log& first = logs_[log];
    const Log& second = logs_[other];
    const std::uint64_t from = begin_of(*second.first());
    std::uint64_t reached = std::min(
        end_of(*first.last()),
        second.last() && !second.last()->hosts.empty() ? end_of(*second.last()) : UINT64_MAX);
    const std::uint64_t to = reached;
    if (to < from) {
      Likeness few;
      few.alike = std::min(count_common(*first.last(), *second.first()), kEnough - 1);
      judge(log, other, few, false);
      return;
    }
    if (!shares_any(first, *second.first(), from, to)) {
      return;
    }
    Likeness all = likeness_of(second, first, from, reached, packed_);
    if (all.alike == 0 && all.is_told) {
      return;
    }
    const bool ends_inside = second.last() && end_of(*second.last()) <= end_of(*first.last());
    const Log& shorter = ends_inside ? second : first;
    const Log& longer = ends_inside ? first : second;
    for (std::size_t place = 1; place < kPlaces && all.is_told; ++place) {
      const std::uint64_t at = place + 1 < kPlaces ? from + (to - from) / (kPlaces - 1) * place
                                                   : begin_of_last(*shorter.last());
      const std::uint64_t begin = std::max(at, reached + 1);
      if (begin <= to) {
        reached = to;
        Likeness here = likeness_of(shorter, longer, begin, reached, packed_);
        if (!ends_inside) {
          std::swap(here.of_later, here.of_earlier);
        }
        all.add(here);
      }
    }
    if (all.is_told) {
      const std::size_t missing = missing_at_end(shorter, longer, from, to);
      all.behind = std::max(all.behind, missing);
      all.of_later += missing;
    }
    judge(log, other, all, ends_inside);
  }

  /// Of the last events of a log, wherever its clock was set to, those that another lacks.
  std::size_t missing_at_end(const Log& log, const Log& in, std::uint64_t from, std::uint64_t to) {
    from = std::max(from, begin_of_last(*log.last()));
    const Stretch there = stretch_of(in, from, to, kMostOfOther, packed_);
    std::size_t missing = 0;
    for (const auto& [host, events] : log.last()->hosts) {
      for (const RecordStamp& event : events) {
        const auto at = there.events.lower_bound({event.ms, event.serial, 0});
        const bool is_there = at != there.events.end() && at->first.ms == event.ms &&
                              at->first.serial == event.serial;
        missing += !is_there && event.ms >= from && event.ms <= there.to ? 1U : 0U;
      }
    }
    return missing;
  }

  void judge(std::size_t log, std::size_t other, const Likeness& all, bool ends_inside) {
    const std::string& name = logs_[log].name();
    const bool is_named =
        std::none_of(logs_[other].first()->hosts.begin(), logs_[other].first()->hosts.end(),
                     [](const auto& host) { return host.first.empty(); });
    const std::size_t alone = all.of_later + all.of_earlier;
    const bool is_excerpt = ends_inside && all.of_later == 0;
    const bool is_whole = alone * kEnough <= all.alike && all.behind <= kMostBehind;
    Overlap found{std::min(groups_[log], groups_[other]),
                  std::max(groups_[log], groups_[other]),
                  Overlap::Verdict::apart,
                  {}};
    if (!all.is_told) {
      found.why = fmt::format(
          "is of the same time as {}, but that is packed and too long to be "
          "held against it: kept apart",
          name);
    } else if (all.differ || (!is_named && !is_excerpt && !is_whole)) {
      found.why =
          fmt::format("has events of {}, but not all of those of the same time: kept apart", name);
    } else if (all.alike < (is_named ? kEnoughNamed : kEnough)) {
      found.why = fmt::format(
          "has events of {}, but too few to tell that they are of one host: "
          "kept apart",
          name);
    } else {
      found.verdict = Overlap::Verdict::one_host;
    }
    found_.push_back(std::move(found));
  }

  const std::vector<std::size_t>& groups_;
  std::vector<Log> logs_;
  std::vector<std::string> folders_;
  std::vector<Overlap> found_;
  std::uint64_t packed_ = kMostPacked;
};

}  // namespace

std::vector<Overlap> find_overlaps(const std::vector<std::vector<RotatedFile>>& groups,
                                   const std::vector<std::size_t>& plain,
                                   const std::vector<std::string>& folders, KnownEnds& ends) {
  return plain.size() < 2 ? std::vector<Overlap>() : Finder(groups, plain, folders, ends).find();
}

}  // namespace auexfil::input
