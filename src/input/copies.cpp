#include "copies.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "header_hosts.hpp"
#include "rotated_set.hpp"
#include "sniff.hpp"
#include "source.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 18;
constexpr std::size_t kMostAlike = 64;  ///< files or sets that are held against one another
constexpr std::size_t kLongestLine = std::size_t{1} << 20;

enum class Relation : std::uint8_t { differs, same, first_ends, second_ends };

/// A record without what a carrier or an editor put around it: syslog's header, node=, CR. Empty
/// where the line holds none.
std::string_view record_of(std::string_view line) {
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  const std::size_t at = line.starts_with("type=") ? 0 : line.find(" type=");
  if (at == std::string_view::npos || line.find("audit(", at) == std::string_view::npos) {
    return {};
  }
  return line.substr(at == 0 ? 0 : at + 1);
}

/// The records of a set from one of its files on, across the places where a line was cut in two.
class Records {
 public:
  Records(const LogSet& set, std::size_t from) : set_(set), file_(from) {}

  /// What the line of the last record says that it is of; until the next call.
  [[nodiscard]] std::string_view host() const { return named_host(line_); }

  /// What it stands in, and whose it is by that.
  [[nodiscard]] std::pair<std::string_view, std::string_view> carrier() const {
    return source_ == nullptr ? std::pair<std::string_view, std::string_view>()
                              : std::pair(source_->carrier_name(), source_->first_host());
  }

  /// \return false at the end. `record` holds until the next call.
  bool next(std::string_view& record) {
    for (;;) {
      const std::size_t end = text_.find('\n', at_);
      if (end != std::string::npos) {
        line_ = std::string_view(text_).substr(at_, end - at_);
        record = record_of(line_);
        at_ = end + 1;
        if (!record.empty()) {
          return true;
        }
      } else if (!refill()) {
        return false;
      }
    }
  }
  /// What is behind a damage nobody knows.
  [[nodiscard]] bool is_damaged() const { return damaged_; }
  /// The record is the last, and its line has no end: a copy made while it was written.
  [[nodiscard]] bool is_cut() const { return cut_ && at_ == text_.size(); }

 private:
  bool refill() {
    text_.erase(0, at_);
    at_ = 0;
    if (text_.size() > kLongestLine) {
      text_.clear();
      damaged_ = true;
    }
    for (; file_ < set_.files.size(); ++file_, source_.reset()) {
      if (source_ == nullptr) {
        source_ = std::make_unique<Source>(set_.files[file_]);
        if (!text_.empty() && !begins_inside_line(source_->head())) {
          text_.push_back('\n');  // the file before ends without one
          return true;
        }
      }
      const std::size_t before = text_.size();
      text_.resize(before + kPiece);
      text_.resize(before + source_->read(text_.data() + before, kPiece));
      damaged_ = damaged_ || source_->problem();
      if (text_.size() > before) {
        return true;
      }
    }
    if (text_.empty()) {
      return false;
    }
    text_.push_back('\n');
    cut_ = true;
    return true;
  }

  const LogSet& set_;
  std::size_t file_;
  std::unique_ptr<Source> source_;
  std::string text_;
  std::string_view line_;
  std::size_t at_ = 0;
  bool damaged_ = false;
  bool cut_ = false;
};

/// By the fields of one kind of carrier: two kinds may call one host by two names.
bool are_of_two_hosts(const Records& first, const Records& second) {
  const auto [form, host] = first.carrier();
  const auto [other_form, other_host] = second.carrier();
  return form == other_form && !may_be_one_by_two_ways(host, other_host);
}

/// Holds two logs against each other, as far as they agree.
Relation compare(Records first, Records second) {
  std::string_view a;
  std::string_view b;
  for (;;) {
    const bool more_a = first.next(a);
    const bool more_b = second.next(b);
    if (more_a && more_b && a == b) {
      if (!may_be_one_by_two_ways(first.host(), second.host()) || are_of_two_hosts(first, second)) {
        return Relation::differs;
      }
      continue;
    }
    if (first.is_damaged() || second.is_damaged()) {
      return Relation::differs;
    }
    if (more_a && more_b) {
      return first.is_cut() && b.starts_with(a)    ? Relation::first_ends
             : second.is_cut() && a.starts_with(b) ? Relation::second_ends
                                                   : Relation::differs;
    }
    return more_a ? Relation::second_ends : more_b ? Relation::first_ends : Relation::same;
  }
}

bool is_plain_file(const LogFile& file) {
  return file.path != "-" && file.tree->is_file(file.path);
}

/// The first record of a file, as far as its beginning tells; empty: none.
std::string first_record(const LogFile& file) {
  const Source source(file);
  std::string_view head = source.head();
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    if (const std::string_view record = record_of(head.substr(0, end)); !record.empty()) {
      return std::string(record);
    }
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
  }
  return {};
}

/// The plainest name is kept: the log itself before somebody's copy of it.
std::tuple<bool, std::size_t> weight_of(const RotatedFile& file) {
  return {file.rotation.base != "audit.log", file.file.name.size()};
}

/// Copies that stand in the rotation itself: audit.log.1 beside audit.log.1.gz.
void take_out_files(std::vector<RotatedFile>& group, std::vector<Copy>& copies) {
  std::map<std::string, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < group.size() && group.size() > 1; ++i) {
    if (!is_plain_file(group[i].file)) {
      continue;
    }
    if (std::string record = first_record(group[i].file); !record.empty()) {
      alike[std::move(record)].push_back(i);
    }
  }
  std::vector<bool> gone(group.size());
  for (auto& [record, files] : alike) {
    if (files.size() < 2 || files.size() > kMostAlike) {
      continue;
    }
    std::stable_sort(files.begin(), files.end(), [&](std::size_t a, std::size_t b) {
      return weight_of(group[a]) < weight_of(group[b]);
    });
    std::vector<std::size_t> kept;
    for (const std::size_t file : files) {
      bool is_copy = false;
      for (std::size_t& known : kept) {
        const LogSet one{{group[file].file}, {}};
        const LogSet other{{group[known].file}, {}};
        const Relation relation = compare({one, 0}, {other, 0});
        if (relation == Relation::differs) {
          continue;
        }
        is_copy = true;
        const bool keeps_known = relation != Relation::second_ends;
        const std::size_t copy = keeps_known ? file : known;
        known = keeps_known ? known : file;
        gone[copy] = true;
        copies.push_back({group[copy].file.name, group[known].file.name});
        break;
      }
      if (!is_copy) {
        kept.push_back(file);
      }
    }
  }
  std::size_t keep = 0;
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (!gone[i]) {
      if (keep != i) {
        group[keep] = std::move(group[i]);
      }
      ++keep;
    }
  }
  group.resize(keep);
}

/// Whole sets that are other sets, or stretches of them: a rotation that somebody joined in one
/// file, the pieces of one beside it, the same in another folder, packing or carrier.
class Sets {
 public:
  Sets(std::vector<std::vector<RotatedFile>>& groups, const std::vector<std::string>& hosts,
       std::vector<Copy>& copies)
      : groups_(groups), hosts_(hosts), copies_(copies) {}

  void take_out() {
    for (const auto& group : groups_) {
      sets_.push_back(std::all_of(group.begin(), group.end(),
                                  [](const auto& file) { return is_plain_file(file.file); })
                          ? to_set(group)
                          : LogSet{});
    }
    for (std::size_t set = 0; set < sets_.size(); ++set) {
      for (std::size_t file = 0; file < sets_[set].files.size(); ++file) {
        std::string record = first_record(sets_[set].files[file]);
        if (!record.empty()) {
          begins_[record].push_back({set, file});
        }
        if (file == 0) {
          first_.push_back(std::move(record));
        }
      }
      first_.resize(set + 1);
    }
    for (std::size_t set = 0; set < sets_.size(); ++set) {
      hold_against_others(set);
    }
  }

 private:
  struct Place {
    std::size_t set{};
    std::size_t file{};
  };

  void hold_against_others(std::size_t set) {
    const auto found = begins_.find(first_[set]);
    if (found == begins_.end() || found->second.size() > kMostAlike) {
      return;
    }
    for (const Place& place : found->second) {
      const std::size_t other = place.set;
      if (other == set || sets_[other].files.size() <= place.file || sets_[set].files.empty() ||
          !may_be_one_host(hosts_[set], hosts_[other])) {
        continue;
      }
      switch (compare({sets_[other], place.file}, {sets_[set], 0})) {
        case Relation::differs:
          break;
        case Relation::same:
          if (place.file == 0 && weight(set) < weight(other)) {
            drop(other, 0, set);
          } else {
            drop(set, 0, other);
          }
          break;
        case Relation::second_ends:
          drop(set, 0, other);
          break;
        case Relation::first_ends:
          drop(other, place.file, set);
          if (place.file > 0) {
            append(other, set);  // it goes on there
          }
          break;
      }
    }
  }

  [[nodiscard]] std::tuple<bool, std::size_t> weight(std::size_t set) const {
    return weight_of(groups_[set].front());
  }

  RotatedFile take(std::size_t set, const LogFile& file) {
    auto& group = groups_[set];
    const auto at = std::find_if(group.begin(), group.end(), [&](const RotatedFile& one) {
      return one.file.path == file.path && one.file.tree == file.tree;
    });
    RotatedFile taken = std::move(*at);
    group.erase(at);
    return taken;
  }

  /// Files of `set` from that one on are in `kept`.
  void drop(std::size_t set, std::size_t from, std::size_t kept) {
    for (std::size_t i = from; i < sets_[set].files.size(); ++i) {
      copies_.push_back({take(set, sets_[set].files[i]).file.name, sets_[kept].files.front().name});
    }
    sets_[set].files.resize(from);
  }

  void append(std::size_t set, std::size_t behind) {
    std::uint32_t last = 0;
    for (const RotatedFile& file : groups_[set]) {
      last = std::max(last, file.place);
    }
    for (const LogFile& file : sets_[behind].files) {
      groups_[set].push_back(take(behind, file));
      groups_[set].back().place += last;
      sets_[set].files.push_back(file);
    }
    sets_[behind].files.clear();
  }

  std::vector<std::vector<RotatedFile>>& groups_;
  const std::vector<std::string>& hosts_;
  std::vector<Copy>& copies_;
  std::vector<LogSet> sets_;        ///< In their true order; empty: not looked at.
  std::vector<std::string> first_;  ///< The first record of each.
  std::map<std::string, std::vector<Place>> begins_;  ///< First record of a file -> where.
};

}  // namespace

std::vector<Copy> take_out_copies(std::vector<std::vector<RotatedFile>>& groups,
                                  const std::vector<std::string>& hosts) {
  std::vector<Copy> copies;
  for (auto& group : groups) {
    take_out_files(group, copies);
  }
  if (groups.size() > 1) {
    Sets(groups, hosts, copies).take_out();
  }
  return copies;
}

}  // namespace auexfil::input
