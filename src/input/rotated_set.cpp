#include "rotated_set.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include "log_ends.hpp"
#include "sniff.hpp"
#include "source.hpp"

namespace auexfil::input {
namespace {

/// The first record of a file, as far as its beginning tells.
struct FirstStamp {
  std::uint64_t ms = std::numeric_limits<std::uint64_t>::max();  // the end of time: none
  std::uint64_t serial = 0;
  bool begins_cut = false;  // with the rest of a line
  bool is_kernels = false;  // auditd stamps its own by itself, and numbers them so
  bool is_start = false;    // auditd's own comes first: it has started, and is given what was kept

  bool operator<(const FirstStamp& other) const {
    return std::tie(ms, serial) < std::tie(other.ms, other.serial);
  }
};

/// Does auditd itself write the record whose stamp is at `at`? It does so when it starts, and only
/// then what the kernel has kept for it, which is older.
bool is_daemons(std::string_view head, std::size_t at) {
  constexpr std::string_view kType = "type=DAEMON_";
  const std::size_t type = head.rfind("type=", at);
  return type != std::string_view::npos && head.substr(type).starts_with(kType) &&
         head.substr(type, at - type).find('\n') == std::string_view::npos;
}

FirstStamp first_stamp(const LogFile& file) {
  constexpr std::string_view kStamp = "audit(";
  FirstStamp first;
  const Source source(file);
  const std::string_view head = source.head();
  const char* const end = head.data() + head.size();
  for (auto at = head.find(kStamp); at != std::string_view::npos; at = head.find(kStamp, at + 1)) {
    std::uint64_t seconds = 0;
    std::uint64_t ms = 0;
    const auto [dot, error] = std::from_chars(head.data() + at + kStamp.size(), end, seconds);
    if (error != std::errc() || dot == end || *dot != '.') {
      continue;
    }
    const auto [colon, ms_error] = std::from_chars(dot + 1, end, ms);
    if (ms_error == std::errc() && colon != end && *colon == ':') {
      const bool daemons = is_daemons(head, at);
      if (daemons && first.ms != FirstStamp().ms) {
        continue;
      }
      first.is_start = first.is_start || daemons;
      static_cast<void>(std::from_chars(colon + 1, end, first.serial));
      first.ms = seconds * 1000 + ms;
      if (!daemons) {
        first.is_kernels = true;
        break;
      }
    }
  }
  first.begins_cut = !source.is_carried() && begins_inside_line(head);
  return first;
}

bool is_before(const RotatedFile& a, const RotatedFile& b) {
  if (is_older(a.rotation, b.rotation) || is_older(b.rotation, a.rotation)) {
    return is_older(a.rotation, b.rotation);
  }
  // audit.log.1 beside audit.log.1.gz: a compression that was interrupted.
  return compare_natural(a.file.path, b.file.path) < 0;
}

/// Do the names run against what is in the files? Pieces of one log may be named in any way, and
/// split(1) numbers upwards where auditd numbers downwards; a clock that was set back, over which
/// the kernel's numbers go on, does not count.
bool names_mislead(const std::vector<std::pair<FirstStamp, RotatedFile>>& files) {
  std::size_t against = 0;
  for (std::size_t i = 1; i < files.size(); ++i) {
    against +=
        files[i].first < files[i - 1].first && files[i].first.serial < files[i - 1].first.serial
            ? 1U
            : 0U;
  }
  const bool any_cut = std::any_of(files.begin(), files.end(),
                                   [](const auto& file) { return file.first.begins_cut; });
  return against > 0 && (any_cut || 2 * against > files.size() - 1);
}

/// By its newest records; 0: they cannot be told.
std::uint64_t ends_at(const LogFile& file) {
  std::uint64_t last = 0;
  if (const std::optional<LogEnd> newest = newest_of(file)) {
    for (const auto& [host, events] : newest->hosts) {
      last = std::max(last, time_at(events));
    }
  }
  return last;
}

/// What a file without a record of the kernel's begins with orders nothing: it stays before the
/// next one by name. And the live file, of the unmarked name, is the last: what the kernel kept for
/// auditd is written behind newer records, so that it may seem to begin a little before its
/// rotation. Where nothing was kept, one that ends before another begins is a piece.
/// \param files  by their names
void stamp_by_names(std::vector<std::pair<FirstStamp, RotatedFile>>& files) {
  constexpr std::uint64_t kDisorderMs = 600'000;
  FirstStamp newest{0, 0, false, false, false};
  bool any_cut = false;  // pieces, whichever of them has the name alone
  for (const auto& file : files) {
    newest = file.first.is_kernels ? std::max(newest, file.first) : newest;
    any_cut = any_cut || file.first.begins_cut;
  }
  FirstStamp next;
  for (auto at = files.rbegin(); at != files.rend(); ++at) {
    FirstStamp& first = at->first;
    if (!first.is_kernels && !first.begins_cut) {
      first.ms = next.ms;
      first.serial = next.serial;
    }
    const bool is_live = !any_cut && at->second.rotation.kind == Rotation::Kind::current;
    if (is_live && first < newest && newest.ms <= first.ms + kDisorderMs &&
        (newest.is_start || ends_at(at->second.file) >= newest.ms)) {
      first.ms = newest.ms;
      first.serial = newest.serial;
    }
    next = first;
  }
}

/// Into the order of their first records where the names cannot tell it.
void sort_by_content(std::vector<RotatedFile>& files) {
  std::vector<std::pair<FirstStamp, RotatedFile>> stamped;
  for (auto& file : files) {
    const FirstStamp stamp = first_stamp(file.file);
    stamped.emplace_back(stamp, std::move(file));
  }
  stamp_by_names(stamped);
  const auto is_kind = [&](Rotation::Kind kind) {
    return std::any_of(stamped.begin(), stamped.end(),
                       [kind](const auto& file) { return file.second.rotation.kind == kind; });
  };
  if ((is_kind(Rotation::Kind::dated) && is_kind(Rotation::Kind::numbered)) ||
      is_kind(Rotation::Kind::piece) || names_mislead(stamped)) {
    std::stable_sort(stamped.begin(), stamped.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  std::transform(stamped.begin(), stamped.end(), files.begin(),
                 [](auto& pair) { return std::move(pair.second); });
}

void sort_rotation(std::vector<RotatedFile>& files) {
  std::sort(files.begin(), files.end(), is_before);
  const bool any_pipe = std::any_of(files.begin(), files.end(), [](const RotatedFile& file) {
    return file.file.path == "-" || !file.file.tree->is_file(file.file.path);
  });
  if (files.size() > 1 && !any_pipe) {
    sort_by_content(files);
  }
}

}  // namespace

LogSet to_set(std::vector<RotatedFile> files) {
  std::stable_sort(files.begin(), files.end(),
                   [](const auto& a, const auto& b) { return a.place < b.place; });
  LogSet set;
  for (auto first = files.begin(); first != files.end();) {
    const auto next = std::find_if(
        first, files.end(), [&](const RotatedFile& file) { return file.place != first->place; });
    std::vector<RotatedFile> of_place(std::make_move_iterator(first),
                                      std::make_move_iterator(next));
    sort_rotation(of_place);
    for (RotatedFile& file : of_place) {
      set.files.push_back(std::move(file.file));
    }
    first = next;
  }
  return set;
}

}  // namespace auexfil::input
