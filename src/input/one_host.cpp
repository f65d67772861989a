#include "one_host.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "auexfil/input/log_header.hpp"
#include "auexfil/input/text_hash.hpp"
#include "header_hosts.hpp"
#include "log_ends.hpp"
#include "overlap.hpp"
#include "record_stamp.hpp"
#include "source.hpp"
#include "source_lines.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kProbes = 32;        // records of a group's beginning that are looked for
constexpr std::size_t kMostGroups = 1024;  // of a run, or of a folder
constexpr std::size_t kMostLanes = 256;    // each has an open file
constexpr std::size_t kLongestLine = std::size_t{1} << 20;

/// What tells a record of a process: its stamp and its pid. 0: the line has none.
std::size_t mark_of(std::string_view line) {
  constexpr std::string_view kStamp = "audit(";
  constexpr std::string_view kPid = " pid=";
  const std::size_t stamp = line.find(kStamp);
  const std::size_t end = stamp == std::string_view::npos ? stamp : line.find(')', stamp);
  const std::size_t pid = end == std::string_view::npos ? end : line.find(kPid, end);
  if (pid == std::string_view::npos) {
    return 0;
  }
  std::string_view number = line.substr(pid + kPid.size());
  number = number.substr(0, number.find_first_not_of("0123456789"));
  return (text_hash(line.substr(stamp, end - stamp)) * 31 + text_hash(number)) | 1;
}

/// Of a line that begins with one.
std::string_view node_of(std::string_view line) {
  constexpr std::string_view kNode = "node=";
  return line.starts_with(kNode) ? line.substr(kNode.size(), line.find(' ') - kNode.size())
                                 : std::string_view();
}

/// Hands on the lines of a file until `take` has enough.
/// \return whether what carries them names several hosts, as far as was read.
bool each_line(const LogFile& file, const std::function<bool(std::string_view)>& take) {
  Source source(file);
  if (source.content() == Content::stamped) {
    each_line_of(source, kLongestLine,
                 [&](std::string_view line, std::uint64_t /*number*/) { return take(line); });
  }
  return source.has_several_hosts();
}

/// Marks of a log from its beginning to its end, as many as there is room for: those that a
/// divisor divides, which grows as they become too many. So of two logs the same are taken.
class Sample {
 public:
  void take(std::size_t mark, std::uint64_t ms) {
    if (!takes(mark)) {
      return;
    }
    marks_.emplace(mark, ms);
    while (marks_.size() > kMost) {
      divisor_ *= 2;
      std::erase_if(marks_, [this](const auto& one) { return !takes(one.first); });
    }
    first_ = std::min(first_, ms);
    last_ = std::max(last_, ms);
  }
  [[nodiscard]] bool takes(std::size_t mark) const { return (mark >> 1) % divisor_ == 0; }
  [[nodiscard]] bool holds(std::size_t mark) const { return marks_.contains(mark); }
  [[nodiscard]] bool is_of_its_time(std::uint64_t ms) const { return ms >= first_ && ms <= last_; }
  [[nodiscard]] std::size_t between(std::uint64_t first, std::uint64_t last) const {
    return static_cast<std::size_t>(std::count_if(marks_.begin(), marks_.end(), [=](auto one) {
      return one.second >= first && one.second <= last;
    }));
  }

 private:
  static constexpr std::size_t kMost = 4096;
  std::unordered_map<std::size_t, std::uint64_t> marks_;  ///< with their times
  std::size_t divisor_ = 1;
  std::uint64_t first_ = UINT64_MAX;
  std::uint64_t last_ = 0;
};

/// What the form that a group's records stand in, and it alone, says of their host.
struct FormHost {
  std::string form;
  std::string host;
  bool has_node = false;  ///< its first line

  /// Two of one kind that name two hosts are of two; forms of two kinds may name one in two ways.
  [[nodiscard]] bool may_be_one(const FormHost& other) const {
    return form != other.form || may_be_one_by_two_ways(host, other.host);
  }
};

/// Whom a group's lines name as the host of records that another one has too.
struct Said {
  std::string name;  ///< a node, or what a header says; empty: nobody
  bool is_header = false;
  bool differ = false;
  std::size_t times = 0;

  void take(std::string_view line) {
    const std::string_view named = named_host(line);
    take(named, !named.empty() && !has_node(line));
  }
  void take(const Said& other) { take(other.name, other.is_header); }

 private:
  void take(std::string_view named, bool by_header) {
    if (times++ == 0) {
      name = named;
      is_header = by_header;
    } else {
      differ = differ || name != named;
    }
  }

  static bool has_node(std::string_view line) {
    const std::size_t record = find_carried_record(line);
    return record != line.npos && line.substr(record).starts_with("node=");
  }
};

/// By which way a group of files came.
enum class Way : std::uint8_t { none, plain, carried };

Way way_of(const RotatedFile& file, FormHost& told) {
  const Source source(file.file);
  told = {std::string(source.carrier_name()), std::string(source.first_host()),
          source.head().starts_with("node=")};
  if (source.content() != Content::stamped) {
    return Way::none;
  }
  const bool is_plain = begins_record(source.head()) || begins_inside_line(source.head());
  return is_plain && !source.is_carried() ? Way::plain : Way::carried;
}

bool can_be_read(const std::vector<RotatedFile>& group) {
  return !group.empty() && std::all_of(group.begin(), group.end(), [](const RotatedFile& file) {
    return file.file.path != "-" && file.file.tree->is_file(file.file.path);
  });
}

class Finder {
 public:
  Finder(const std::vector<std::vector<RotatedFile>>& groups,
         const std::vector<std::string>& folders, KnownEnds& ends)
      : groups_(groups), folders_(folders), ends_(ends), names_(groups.size()) {
    beside_.resize(groups.size());
    std::iota(beside_.begin(), beside_.end(), std::size_t{0});
  }

  std::vector<Beside> find() {
    if (groups_.size() > 1) {
      for (const std::vector<RotatedFile>& group : groups_) {
        told_.emplace_back();
        ways_.push_back(can_be_read(group) ? way_of(group.front(), told_.back()) : Way::none);
      }
      join_overlapping();
      if ((any_carried() || do_some_have_nodes()) && groups_.size() <= kMostGroups) {
        take_probes();
        look_for_them();
        join_all();
      }
    }
    return lay_out();
  }

 private:
  using Pair = std::pair<std::size_t, std::size_t>;
  using Given = std::pair<std::string, std::size_t>;  ///< a node, and the group that names it

  [[nodiscard]] bool any_carried() const {
    return std::find(ways_.begin(), ways_.end(), Way::carried) != ways_.end();
  }

  /// Of auditd's own, by their first lines: some have, and others have not.
  [[nodiscard]] bool do_some_have_nodes() const {
    std::array<bool, 2> any{};
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      if (ways_[group] == Way::plain) {
        any[told_[group].has_node ? 1 : 0] = true;
      }
    }
    return any[0] && any[1];
  }

  /// Auditd's own logs that hold the same records.
  void join_overlapping() {
    std::map<std::string_view, std::size_t> of_folder;
    std::vector<std::size_t> plain;
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      of_folder[folders_[group]] += ways_[group] == Way::plain ? 1U : 0U;
    }
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      if (ways_[group] == Way::plain && of_folder[folders_[group]] <= kMostGroups) {
        plain.push_back(group);
      }
    }
    std::vector<Overlap> all = find_overlaps(groups_, plain, folders_, ends_);
    for (const Overlap& overlap : all) {
      if (overlap.verdict == Overlap::Verdict::one_host) {
        join(root(overlap.first), root(overlap.second));
      }
    }
    for (Overlap& overlap : all) {
      if (root(overlap.first) != root(overlap.second)) {
        apart_.try_emplace(root(overlap.second), std::move(overlap.why));
      }
    }
  }

  struct Probe {
    std::size_t group{};
    Said said;
  };

  void take_probes() {
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      if (ways_[group] == Way::none) {
        continue;
      }
      std::size_t taken = 0;
      each_line(to_set(groups_[group]).files.front(), [&](std::string_view line) {
        if (const std::size_t mark = mark_of(line); mark != 0) {
          if (names_[group].empty()) {
            names_[group] = named_host(line);
          }
          std::vector<Probe>& of = probes_[mark];
          if (of.empty() || of.back().group != group) {
            of.push_back({group, {}});
            of.back().said.take(line);
            ++taken;
          }
        }
        return taken < kProbes;
      });
    }
  }

  void look_for_them() {
    std::map<std::size_t, std::size_t> seen;
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      if (ways_[group] == Way::none) {
        continue;
      }
      seen.clear();
      for (const RotatedFile& file : groups_[group]) {
        std::string node;
        bool do_nodes_differ = false;
        const bool are_several = each_line(file.file, [&](std::string_view line) {
          if (const std::string_view own = node_of(line); own != node && !own.empty()) {
            do_nodes_differ = do_nodes_differ || !node.empty();
            node = own;
          }
          const std::size_t mark = mark_of(line);
          const auto found = mark == 0 ? probes_.end() : probes_.find(mark);
          if (found != probes_.end()) {
            for (const Probe& probe : found->second) {
              ++seen[probe.group];
              said_[{group, probe.group}].take(line);
              said_[{probe.group, group}].take(probe.said);
            }
          }
          return true;
        });
        if (are_several || do_nodes_differ) {
          of_several_.insert(group);
        }
      }
      for (const auto& [other, times] : seen) {
        // Some may be lost on one of the ways. Several lines may have the mark of one.
        if (other != group && times >= 2) {
          shared_.emplace(std::min(group, other), std::max(group, other));
        }
      }
    }
  }

  /// Two of auditd's own logs that were not joined so far are of two, or copies, whatever they
  /// share: only what carries records is laid beside one of them, and nowhere where it carries
  /// those of several, but where it says which.
  void join_all() {
    // By group, the logs of auditd's own that it shares with, one a host.
    std::map<std::size_t, std::set<std::size_t>> plain;
    for (const auto& [a, b] : shared_) {
      if (ways_[b] == Way::plain) {
        plain[a].insert(root(b));
      }
      if (ways_[a] == Way::plain) {
        plain[b].insert(root(a));
      }
    }
    const auto is_of_several = [&](std::size_t group) {
      return ways_[group] == Way::carried &&
             (plain[group].size() > 1 || (plain[group].size() == 1 && names_several(group)));
    };
    for (const auto& [a, b] : shared_) {
      if (!is_of_several(a) && !is_of_several(b) && may_be_one_by_two_ways(names_[a], names_[b]) &&
          told_[a].may_be_one(told_[b]) &&
          (ways_[root(a)] != Way::plain || ways_[root(b)] != Way::plain)) {
        join(root(a), root(b));
      }
    }
    give_nodes();
    for (const auto& [a, b] : shared_) {
      const bool is_doubled = (is_of_several(a) && ways_[b] == Way::plain) ||
                              (is_of_several(b) && ways_[a] == Way::plain);
      if (is_doubled && root(a) != root(b)) {
        const std::size_t carried = ways_[a] == Way::plain ? b : a;
        doubled_[carried].insert(carried == a ? b : a);
      }
    }
  }

  /// Does it, or what carries it, name several hosts?
  [[nodiscard]] bool names_several(std::size_t group) {
    std::optional<bool>& known = several_[group];
    if (!known) {
      known = of_several_.contains(group) || told_hosts(to_set(groups_[group]).files).are_several;
    }
    return *known;
  }

  /// The node that a record of a group has when it is read.
  [[nodiscard]] std::string node_as_read(std::size_t group, const Said& said) {
    if (said.name.empty()) {
      // Of what is carried the first host's records have no node, until there is another.
      return names_several(group) ? told_[group].host : std::string();
    }
    return !said.is_header || names_several(group) ? said.name : std::string();
  }

  /// That of all records of `group` that `other` has too; nothing: they have different ones.
  [[nodiscard]] std::optional<std::string> node_in(std::size_t group, std::size_t other) {
    const Said& said = said_[{group, other}];
    return said.differ ? std::nullopt : std::optional(node_as_read(group, said));
  }

  /// Where one of two names the host of the records that both have, and the other one does not, the
  /// other's are all of that host. It is read beside the first, under that name, also where that
  /// one has further hosts: these it does not touch.
  void give_nodes() {
    std::map<std::size_t, std::set<Given>> given;  // by first ones
    for (const auto& [a, b] : shared_) {
      for (const auto& [from, to] : {Pair(a, b), Pair(b, a)}) {
        if (may_give(from, to)) {
          given[root(to)].emplace(*node_in(from, to), from);
        }
      }
    }
    // Two that nothing else has made one are not one because a third calls them so.
    std::map<Given, std::size_t> takers;
    for (const auto& [first, nodes] : given) {
      std::set<Given> once;
      for (const auto& [node, from] : nodes) {
        once.emplace(node, root(from));
      }
      for (const Given& one : once) {
        ++takers[one];
      }
    }
    for (const auto& [first, given_nodes] : given) {
      const auto& nodes = given_nodes;  // clang 14 captures no structured binding
      const bool is_one = std::all_of(nodes.begin(), nodes.end(), [&](const Given& one) {
        return one.first == nodes.begin()->first && takers[{one.first, root(one.second)}] == 1;
      });
      if (is_one && is_of(first, *nodes.begin())) {
        give_node(first, nodes);
      }
    }
  }

  [[nodiscard]] bool may_give(std::size_t from, std::size_t to) {
    const std::optional<std::string> node = node_in(from, to);
    const std::optional<std::string> own = node_in(to, from);
    if (!node || node->empty() || is_any_machine(*node) || !own || names_several(to)) {
      return false;
    }
    const bool are_two = root(from) != root(to);
    if (are_two && ways_[from] == Way::plain && ways_[to] == Way::plain && !names_several(from)) {
      return false;  // see join_overlapping()
    }
    return own->empty() || (*own == *node && are_two) ||
           (names_several(from) && may_be_one_host(*own, *node));
  }

  /// Machines made of one that ran have its records too: is what the two have of one time the same
  /// from its beginning to its end? One of them may lack some, or have few of the other's.
  [[nodiscard]] bool is_of(std::size_t first, const Given& given) {
    Sample sample;
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      if (root(group) == first && group != given.second && !names_several(group)) {
        each_mark(group, [&](std::size_t mark, std::uint64_t ms, std::string_view /*line*/) {
          sample.take(mark, ms);
        });
      }
    }
    std::set<std::size_t> both;
    std::set<std::size_t> of_others;
    std::set<std::size_t> alone;
    std::uint64_t from = UINT64_MAX;
    std::uint64_t to = 0;
    each_mark(given.second, [&](std::size_t mark, std::uint64_t ms, std::string_view line) {
      Said said;
      said.take(line);
      const bool is_its = node_as_read(given.second, said) == given.first;
      from = is_its ? std::min(from, ms) : from;
      to = is_its ? std::max(to, ms) : to;
      if (sample.takes(mark) && sample.holds(mark)) {
        (is_its ? both : of_others).insert(mark);
      } else if (sample.takes(mark) && is_its && sample.is_of_its_time(ms) &&
                 alone.size() <= both.size() + kProbes) {
        alone.insert(mark);
      }
    });
    const bool lacks_few = sample.between(from, to) <= 2 * both.size();
    return of_others.empty() && (lacks_few || alone.size() <= both.size());
  }

  /// Of all files of a group.
  void each_mark(std::size_t group,
                 const std::function<void(std::size_t, std::uint64_t, std::string_view)>& take) {
    for (const RotatedFile& file : groups_[group]) {
      each_line(file.file, [&](std::string_view line) {
        const std::size_t mark = mark_of(line);
        const std::optional<RecordStamp> stamp = mark == 0 ? std::nullopt : stamp_of(line);
        if (stamp) {
          take(mark, stamp->ms, line);
        }
        return true;
      });
    }
  }

  void give_node(std::size_t first, const std::set<Given>& nodes) {
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      if (root(group) == first && !names_several(group)) {
        nodes_[group] = nodes.begin()->first;
      }
    }
    for (const auto& [node, from] : nodes) {
      if (root(from) != root(first)) {
        beside_[root(first)] = root(from);
      }
    }
  }

  [[nodiscard]] std::size_t root(std::size_t group) const {
    while (beside_[group] != group) {
      group = beside_[group];
    }
    return group;
  }

  /// Auditd's own log is the first of those that are read beside one another.
  [[nodiscard]] std::tuple<bool, bool, std::size_t> weight(std::size_t group) const {
    return {ways_[group] != Way::plain, groups_[group].front().rotation.base != "audit.log", group};
  }

  /// \param a, b  first ones.
  void join(std::size_t a, std::size_t b) {
    if (a != b) {
      (weight(a) < weight(b) ? beside_[b] : beside_[a]) = weight(a) < weight(b) ? a : b;
    }
  }

  /// From when to when, in ms, a long call counted from its beginning.
  [[nodiscard]] std::optional<Pair> span_of(std::size_t group) const {
    const LogSet set = to_set(groups_[group]);
    const std::optional<LogEnd>& first = ends_.oldest(set.files.front());
    const std::optional<LogEnd>& last = ends_.newest(set.files.back());
    Pair span{UINT64_MAX, 0};
    for (const std::optional<LogEnd>* end : {&first, &last}) {
      for (const auto& [host, events] : *end ? (*end)->hosts : decltype((*end)->hosts)()) {
        const auto [low, high] = std::minmax_element(events.begin(), events.end());
        span = {std::min(span.first, low->ms), std::max(span.second, high->ms)};
      }
    }
    return first && last && span.first <= span.second ? std::optional(span) : std::nullopt;
  }

  [[nodiscard]] std::string tell_doubled(const std::set<std::size_t>& of) const {
    return fmt::format(
        "records of several hosts, also of {}{}: what both hold is counted twice; give the one or "
        "the other",
        groups_[*of.begin()].front().file.name,
        of.size() > 1 ? fmt::format(" and {} more", of.size() - 1) : std::string());
  }

  /// Auditd's own that do not meet share a lane.
  std::vector<Beside> lay_out() {
    std::vector<Beside> made(groups_.size());
    std::map<std::size_t, std::vector<std::pair<Pair, std::size_t>>> members;
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      made[group].first = root(group);
      made[group].why = std::move(apart_[group]);
      made[group].node = nodes_[group];
      made[group].names_hosts = of_several_.contains(group);
      if (const auto of = doubled_.find(group); of != doubled_.end()) {
        made[group].doubled = tell_doubled(of->second);
      }
      if (root(group) != group) {
        const std::optional<Pair> span = ways_[group] == Way::plain ? span_of(group) : std::nullopt;
        members[root(group)].emplace_back(span.value_or(Pair(0, UINT64_MAX)), group);
      }
    }
    for (auto& [first, all] : members) {
      std::sort(all.begin(), all.end());
      std::vector<std::size_t> ends = {UINT64_MAX};  // of lanes
      for (const auto& [span, group] : all) {
        const auto free = std::find_if(ends.begin(), ends.end(),
                                       [from = span.first](auto end) { return end < from; });
        const auto lane = static_cast<std::size_t>(free - ends.begin());
        if (lane == kMostLanes) {
          made[group] = {
              group, 0, 0,
              fmt::format("is one of more than {} of one host and time: kept apart", kMostLanes)};
          continue;
        }
        ends.resize(std::max(ends.size(), lane + 1));
        ends[lane] = span.second;
        made[group].lane = static_cast<std::uint32_t>(lane);
        made[group].place = span.first;
      }
    }
    return made;
  }

  const std::vector<std::vector<RotatedFile>>& groups_;
  const std::vector<std::string>& folders_;
  KnownEnds& ends_;
  std::map<std::size_t, std::string> apart_;
  std::vector<Way> ways_;
  std::vector<FormHost> told_;
  std::vector<std::string> names_;    ///< that their first records say they are of
  std::set<Pair> shared_;             ///< groups that have records in common
  std::set<std::size_t> of_several_;  ///< groups that carry records of several hosts
  std::map<std::size_t, std::set<std::size_t>> doubled_;  ///< of them, auditd's logs with the same
  std::vector<std::size_t> beside_;
  std::unordered_map<std::size_t, std::vector<Probe>> probes_;  ///< by mark
  std::map<Pair, Said> said_;  ///< of a group, of the records that another one has too
  std::map<std::size_t, std::optional<bool>> several_;  ///< see names_several()
  std::map<std::size_t, std::string> nodes_;            ///< see Beside::node
};

}  // namespace

std::vector<Beside> find_one_host(const std::vector<std::vector<RotatedFile>>& groups,
                                  const std::vector<std::string>& folders, KnownEnds& ends) {
  return Finder(groups, folders, ends).find();
}

}  // namespace auexfil::input
