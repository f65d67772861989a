#include "one_host.hpp"

#include <algorithm>
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

#include "auexfil/input/text_hash.hpp"
#include "header_hosts.hpp"
#include "log_ends.hpp"
#include "source.hpp"
#include "source_lines.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kProbes = 32;       // records of a group's beginning that are looked for
constexpr std::size_t kMostGroups = 256;  // of a run
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

/// Hands on the lines of a file until `take` has enough.
void each_line(const LogFile& file, const std::function<bool(std::string_view)>& take) {
  Source source(file);
  if (source.content() == Content::stamped) {
    each_line_of(source, kLongestLine,
                 [&](std::string_view line, std::uint64_t /*number*/) { return take(line); });
  }
}

/// What the form that a group's records stand in, and it alone, says of their host.
struct FormHost {
  std::string form;
  std::string host;
  std::string node{};  ///< of the first line of auditd's own log

  /// Two of one kind that name two hosts are of two; forms of two kinds may name one in two ways.
  [[nodiscard]] bool may_be_one(const FormHost& other) const {
    return form != other.form || may_be_one_by_two_ways(host, other.host);
  }
};

/// By which way a group of files came.
enum class Way : std::uint8_t { none, plain, carried };

Way way_of(const RotatedFile& file, FormHost& told) {
  const Source source(file.file);
  told = {std::string(source.carrier_name()), std::string(source.first_host())};
  if (source.content() != Content::stamped) {
    return Way::none;
  }
  if (!begins_record(source.head()) || source.is_carried()) {
    return Way::carried;
  }
  told.node = named_host(source.head().substr(0, source.head().find('\n')));
  return Way::plain;
}

bool can_be_read(const std::vector<RotatedFile>& group) {
  return !group.empty() && std::all_of(group.begin(), group.end(), [](const RotatedFile& file) {
    return file.file.path != "-" && file.file.tree->is_file(file.file.path);
  });
}

/// From when to when, in ms; none where that cannot be told.
struct Span {
  std::uint64_t from = UINT64_MAX;
  std::uint64_t to = 0;
};

Span span_of(const std::vector<RotatedFile>& group, std::string_view host) {
  const LogSet set = to_set(group);
  const std::optional<LogEnd> first = oldest_of(set.files.front());
  const std::optional<LogEnd> last = newest_of(set.files.back());
  const auto ms_of = [&](const std::optional<LogEnd>& end) -> std::optional<std::uint64_t> {
    if (!end) {
      return std::nullopt;
    }
    const auto found = end->hosts.find(host);
    return found == end->hosts.end() || found->second.empty()
               ? std::nullopt
               : std::optional(found->second.front().ms);
  };
  const std::optional<std::uint64_t> from = ms_of(first);
  const std::optional<std::uint64_t> to = ms_of(last);
  return from && to ? Span{*from, *to} : Span{};
}

class Finder {
 public:
  Finder(const std::vector<std::vector<RotatedFile>>& groups,
         const std::vector<std::string>& folders)
      : groups_(groups), folders_(folders), names_(groups.size()), beside_(groups.size()) {
    std::iota(beside_.begin(), beside_.end(), std::size_t{0});
  }

  std::vector<std::size_t> find() {
    if (groups_.size() < 2 || groups_.size() > kMostGroups) {
      return beside_;
    }
    for (const std::vector<RotatedFile>& group : groups_) {
      told_.emplace_back();
      ways_.push_back(can_be_read(group) ? way_of(group.front(), told_.back()) : Way::none);
    }
    find_namesakes();
    if (any_carried() || !namesakes_.empty()) {
      take_probes();
      look_for_them();
      join_all();
    }
    for (std::size_t group = 0; group < beside_.size(); ++group) {
      beside_[group] = root(group);
    }
    return beside_;
  }

 private:
  using Pair = std::pair<std::size_t, std::size_t>;

  [[nodiscard]] bool any_carried() const {
    return std::find(ways_.begin(), ways_.end(), Way::carried) != ways_.end();
  }

  /// Auditd's own logs whose records name one host, and of which one begins before the other ends.
  void find_namesakes() {
    std::map<std::pair<std::string_view, std::string_view>, std::vector<std::size_t>> by_name;
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      if (ways_[group] == Way::plain && !told_[group].node.empty()) {
        by_name[{folders_[group], told_[group].node}].push_back(group);
      }
    }
    for (const auto& [name, same] : by_name) {
      if (same.size() < 2) {
        continue;
      }
      std::vector<Span> spans;
      for (const std::size_t group : same) {
        spans.push_back(span_of(groups_[group], name.second));
      }
      for (std::size_t a = 0; a < same.size(); ++a) {
        for (std::size_t b = a + 1; b < same.size(); ++b) {
          if (spans[a].from <= spans[b].to && spans[b].from <= spans[a].to) {
            namesakes_.emplace(same[a], same[b]);
          }
        }
      }
    }
  }

  [[nodiscard]] bool is_looked_into(std::size_t group) const {
    return ways_[group] != Way::none &&
           (any_carried() ||
            std::any_of(namesakes_.begin(), namesakes_.end(), [group](const Pair& pair) {
              return pair.first == group || pair.second == group;
            }));
  }

  void take_probes() {
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      if (!is_looked_into(group)) {
        continue;
      }
      std::size_t taken = 0;
      each_line(to_set(groups_[group]).files.front(), [&](std::string_view line) {
        if (const std::size_t mark = mark_of(line); mark != 0) {
          if (names_[group].empty()) {
            names_[group] = named_host(line);
          }
          std::vector<std::size_t>& of = probes_[mark];
          if (of.empty() || of.back() != group) {
            of.push_back(group);
            ++taken;
          }
        }
        return taken < kProbes;
      });
    }
  }

  void look_for_them() {
    std::vector<std::size_t> seen(groups_.size());
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      if (!is_looked_into(group)) {
        continue;
      }
      std::fill(seen.begin(), seen.end(), 0);
      for (const RotatedFile& file : groups_[group]) {
        each_line(file.file, [&](std::string_view line) {
          const std::size_t mark = mark_of(line);
          const auto found = mark == 0 ? probes_.end() : probes_.find(mark);
          if (found != probes_.end()) {
            for (const std::size_t other : found->second) {
              ++seen[other];
            }
          }
          return true;
        });
      }
      for (std::size_t other = 0; other < groups_.size(); ++other) {
        // Some may be lost on one of the ways. Several lines may have the mark of one.
        if (other != group && seen[other] >= 2) {
          shared_.emplace(std::min(group, other), std::max(group, other));
        }
      }
    }
  }

  /// Two of auditd's own logs that do not both name one host are of two, or copies, whatever they
  /// share: only what carries records is laid beside one of them, and nowhere where it carries
  /// those of several.
  void join_all() {
    std::vector<std::size_t> plain(groups_.size());  // logs of auditd's own that each shares with
    for (const auto& [a, b] : shared_) {
      plain[a] += ways_[b] == Way::plain ? 1U : 0U;
      plain[b] += ways_[a] == Way::plain ? 1U : 0U;
    }
    const auto is_of_several = [&](std::size_t group) {
      return ways_[group] == Way::carried &&
             (plain[group] > 1 ||
              (plain[group] == 1 && told_hosts(to_set(groups_[group]).files).are_several));
    };
    for (const auto& [a, b] : shared_) {
      if (!is_of_several(a) && !is_of_several(b) && may_be_one_by_two_ways(names_[a], names_[b]) &&
          told_[a].may_be_one(told_[b])) {
        join(root(a), root(b), namesakes_.contains({a, b}));
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
  void join(std::size_t a, std::size_t b, bool name_one) {
    const bool are_two_hosts = !name_one && ways_[a] == Way::plain && ways_[b] == Way::plain;
    if (a != b && !are_two_hosts) {
      (weight(a) < weight(b) ? beside_[b] : beside_[a]) = weight(a) < weight(b) ? a : b;
    }
  }

  const std::vector<std::vector<RotatedFile>>& groups_;
  const std::vector<std::string>& folders_;
  std::set<Pair> namesakes_;  ///< first the lower
  std::vector<Way> ways_;
  std::vector<FormHost> told_;
  std::vector<std::string> names_;  ///< that their first records say they are of
  std::set<Pair> shared_;           ///< groups that have records in common
  std::vector<std::size_t> beside_;
  std::unordered_map<std::size_t, std::vector<std::size_t>> probes_;  ///< mark -> groups
};

}  // namespace

std::vector<std::size_t> find_one_host(const std::vector<std::vector<RotatedFile>>& groups,
                                       const std::vector<std::string>& folders) {
  return Finder(groups, folders).find();
}

}  // namespace auexfil::input
