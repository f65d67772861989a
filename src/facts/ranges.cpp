#include "ranges.hpp"

#include <algorithm>

namespace auexfil::facts {

std::string replace_ranges(std::string_view text, Ranges ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::string out;
  std::size_t done = 0;
  for (std::size_t i = 0; i < ranges.size();) {
    Range merged = ranges[i];
    for (++i; i < ranges.size() && ranges[i].begin < merged.end; ++i) {
      if (ranges[i].end > merged.end) {
        merged.end = ranges[i].end;
        merged.behind = ranges[i].behind;
      }
    }
    if (merged.begin < merged.end) {
      out.append(text, done, merged.begin - done);
      out.append(kMask);
      out.append(merged.behind);
      done = merged.end;
    }
  }
  out.append(text, done);
  return out;
}

}  // namespace auexfil::facts
