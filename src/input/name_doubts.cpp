#include "name_doubts.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "source.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kMostFiles = 1024;   // of a group; each has its ends looked at
constexpr std::uint64_t kStep = 10'000;    // ms, of a clock that is set
constexpr std::uint64_t kMayGoOn = 1024;   // serials that are missing where a log goes on
constexpr std::size_t kLongestNumber = 3;  // of a rotation; more are a year's or a machine's

bool is_letters(const Rotation& rotation) {
  return rotation.kind == Rotation::Kind::piece && !rotation.mark.empty() &&
         std::all_of(rotation.mark.begin(), rotation.mark.end(),
                     [](char c) { return c >= 'a' && c <= 'z'; });
}

/// "aa" 0, "ab" 1, "ba" 26.
std::size_t rank_of(std::string_view letters) {
  constexpr std::size_t kLetters = 26;
  std::size_t rank = 0;
  for (const char c : letters) {
    rank = rank * kLetters + static_cast<std::size_t>(c - 'a');
  }
  return rank;
}

/// Which files have letters that split(1) would not have come to: it begins with "aa" and takes no
/// more letters than it needs, though behind "yz" one more, "zaaa".
std::vector<std::size_t> outside_run(const std::vector<RotatedFile>& group) {
  std::vector<std::size_t> lettered;
  std::size_t shortest = SIZE_MAX;
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (is_letters(group[i].rotation)) {
      lettered.push_back(i);
      shortest = std::min(shortest, group[i].rotation.mark.size());
    }
  }
  const auto mark = [&](std::size_t i) -> const std::string& { return group[i].rotation.mark; };
  const bool has_first = std::any_of(lettered.begin(), lettered.end(), [&](std::size_t i) {
    return mark(i) == std::string(shortest, 'a');
  });
  const std::size_t most = 2 * lettered.size();  // some may be missing
  std::erase_if(lettered, [&](std::size_t i) {
    return has_first &&
           (mark(i).size() == shortest ? rank_of(mark(i)) < most : mark(i).front() == 'z');
  });
  return lettered;
}

/// From when to when a file of one host without a name goes, and by which of a kernel's numbers.
struct Span {
  std::uint64_t from{};
  std::uint64_t to{};
  std::uint64_t low{};
  std::uint64_t high{};
  bool is_start{};
};

/// \return nothing where it names a host, or was booted in it.
std::optional<Span> span_of(const LogFile& file, KnownEnds& ends) {
  const std::optional<LogEnd>& first = ends.oldest(file);
  if (!first || first->hosts.size() != 1 || !first->hosts.begin()->first.empty()) {
    return std::nullopt;
  }
  const std::optional<LogEnd>& last = ends.newest(file);
  if (!last || last->hosts.size() != 1 || !last->hosts.begin()->first.empty()) {
    return std::nullopt;
  }
  const std::vector<RecordStamp>& begin = first->hosts.begin()->second;
  const std::vector<RecordStamp>& end = last->hosts.begin()->second;
  const auto by_serial = [](const RecordStamp& a, const RecordStamp& b) {
    return a.serial < b.serial;
  };
  const Span span{time_at(begin), time_at(end),
                  std::min_element(begin.begin(), begin.end(), by_serial)->serial,
                  std::max_element(end.begin(), end.end(), by_serial)->serial, first->is_start};
  return span.low <= span.high && span.from <= span.to ? std::optional(span) : std::nullopt;
}

/// Its end is had without reading all of it, or its name speaks of no rotation.
bool is_worth_it(const RotatedFile& file) {
  const Source source(file.file);
  const bool is_odd =
      file.rotation.kind == Rotation::Kind::numbered && file.rotation.mark.size() > kLongestNumber;
  return source.content() == Content::stamped &&
         (is_odd || (!source.is_carried() && !source.is_compressed() && source.descriptor() >= 0));
}

struct Seen {
  std::size_t file{};
  Span span;
};

/// Of one time, with numbers of two kernels?
bool are_two(const std::vector<RotatedFile>& group, const Seen& a, const Seen& b) {
  const bool overlap = std::min(a.span.to, b.span.to) > std::max(a.span.from, b.span.from) + kStep;
  const Seen& low = a.span.low < b.span.low ? a : b;
  const Seen& high = a.span.low < b.span.low ? b : a;
  // A clock that somebody has set back does not tear what the numbers join.
  if (!overlap || high.span.low <= low.span.high + kMayGoOn) {
    return false;
  }
  // A machine that was booted counts from 1, and may wake up with a clock that is behind.
  const bool may_be_booted = low.span.is_start && low.span.to + kStep >= high.span.to &&
                             is_older(group[high.file].rotation, group[low.file].rotation);
  return !may_be_booted;
}

/// Each file to the part that it goes on from, or to one of its own.
std::vector<NamedPart> part_by_time(const std::vector<RotatedFile>& group,
                                    std::vector<std::size_t> files, KnownEnds& ends) {
  std::vector<Seen> seen;
  for (const std::size_t file : files) {
    const std::optional<Span> span =
        is_worth_it(group[file]) ? span_of(group[file].file, ends) : std::nullopt;
    if (span) {
      seen.push_back({file, *span});
    }
  }
  const bool any = std::any_of(seen.begin(), seen.end(), [&](const Seen& a) {
    return std::any_of(seen.begin(), seen.end(),
                       [&](const Seen& b) { return are_two(group, a, b); });
  });
  if (!any) {
    return {{std::move(files), {}}};
  }
  std::stable_sort(seen.begin(), seen.end(),
                   [](const Seen& a, const Seen& b) { return a.span.from < b.span.from; });
  std::vector<std::vector<Seen>> parts;
  std::vector<NamedPart> made;
  for (const Seen& one : seen) {
    std::size_t best = parts.size();
    std::size_t other = parts.size();  // which it cannot be of
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (std::any_of(parts[i].begin(), parts[i].end(),
                      [&](const Seen& of_part) { return are_two(group, of_part, one); })) {
        other = i;
        continue;
      }
      const auto far = [&](std::size_t part) {
        const std::uint64_t high = parts[part].back().span.high;
        return one.span.low > high ? one.span.low - high : UINT64_MAX;
      };
      best = best == parts.size() || far(i) < far(best) ? i : best;
    }
    if (best == parts.size()) {
      parts.emplace_back();
      made.emplace_back();
      if (other < best) {
        made.back().why = fmt::format(
            "has a name of the same log as {} and is of the same time, but with numbers of another "
            "kernel: another host's, kept apart",
            group[parts[other].front().file].file.name);
      }
    }
    parts[best].push_back(one);
    made[best].files.push_back(one.file);
  }
  for (const std::size_t file : files) {
    if (std::none_of(seen.begin(), seen.end(), [&](const Seen& one) { return one.file == file; })) {
      made.front().files.push_back(file);
    }
  }
  return made;
}

}  // namespace

std::vector<NamedPart> doubt_names(const std::vector<RotatedFile>& group, KnownEnds& ends) {
  std::vector<std::size_t> files(group.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    files[i] = i;
  }
  const bool are_files = std::all_of(group.begin(), group.end(), [](const RotatedFile& file) {
    return file.file.path != "-" && file.file.tree->is_file(file.file.path);
  });
  if (group.size() < 2 || group.size() > kMostFiles || !are_files) {
    return {{std::move(files), {}}};
  }
  const std::vector<std::size_t> outside = outside_run(group);
  std::erase_if(files, [&](std::size_t file) {
    return std::find(outside.begin(), outside.end(), file) != outside.end();
  });
  std::vector<NamedPart> parts;
  if (!files.empty()) {
    parts = part_by_time(group, std::move(files), ends);
  }
  for (const std::size_t file : outside) {
    parts.push_back({{file}, {}});
  }
  return parts;
}

}  // namespace auexfil::input
