#include "rotated_set.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "source.hpp"

namespace auexfil::input {
namespace {

/// Seconds of the first record; the end of time when there is none.
std::uint64_t first_stamp(const std::string& path) {
  constexpr std::string_view kStamp = "audit(";
  const Source source(path);
  const std::string_view head = source.head();
  for (auto at = head.find(kStamp); at != std::string_view::npos; at = head.find(kStamp, at + 1)) {
    std::uint64_t seconds = 0;
    const char* const from = head.data() + at + kStamp.size();
    if (std::from_chars(from, head.data() + head.size(), seconds).ec == std::errc()) {
      return seconds;
    }
  }
  return std::numeric_limits<std::uint64_t>::max();
}

bool has_kind(const std::vector<RotatedFile>& files, Rotation::Kind kind) {
  return std::any_of(files.begin(), files.end(),
                     [kind](const RotatedFile& f) { return f.rotation.kind == kind; });
}

bool is_before(const RotatedFile& a, const RotatedFile& b) {
  if (is_older(a.rotation, b.rotation) || is_older(b.rotation, a.rotation)) {
    return is_older(a.rotation, b.rotation);
  }
  // audit.log.1 beside audit.log.1.gz: a compression that was interrupted.
  return compare_natural(a.file.path, b.file.path) < 0;
}

void sort_by_first_stamp(std::vector<RotatedFile>& files) {
  std::vector<std::pair<std::uint64_t, RotatedFile>> stamped;
  for (auto& file : files) {
    const auto stamp = first_stamp(file.file.path);
    stamped.emplace_back(stamp, std::move(file));
  }
  std::stable_sort(stamped.begin(), stamped.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::transform(stamped.begin(), stamped.end(), files.begin(),
                 [](auto& pair) { return std::move(pair.second); });
}

}  // namespace

LogSet to_set(std::vector<RotatedFile> files) {
  std::sort(files.begin(), files.end(), is_before);
  if (has_kind(files, Rotation::Kind::dated) && has_kind(files, Rotation::Kind::numbered)) {
    sort_by_first_stamp(files);
  }
  LogSet set;
  for (auto& file : files) {
    set.files.push_back(std::move(file.file));
  }
  return set;
}

}  // namespace auexfil::input
