#include "lines.hpp"

#include <algorithm>
#include <utility>

namespace auexfil::flow {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

void LineFormat::end_line(std::string_view text, Output& to) {
  ++lines_;
  if (std::exchange(is_at_start_, false) && text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  if (std::exchange(is_too_long_, false) || text.size() > kLongestLine) {
    to.fault(Fault::too_long, lines_);
    return;
  }
  if (text.ends_with('\r')) {
    text.remove_suffix(1);
  }
  if (!text.empty()) {
    line(text, lines_, to);
  }
}

void LineFormat::take(std::string_view bytes, bool last, Output& to) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (end != std::string_view::npos && begun_.empty() && !is_too_long_) {
      end_line(part, to);
    } else {
      // A byte above the bound is enough to know of it.
      begun_.append(part.substr(0, kLongestLine + 1 - std::min(begun_.size(), kLongestLine + 1)));
      is_too_long_ = begun_.size() > kLongestLine;
      if (end != std::string_view::npos) {
        end_line(begun_, to);
        begun_.clear();
      }
    }
    bytes.remove_prefix(std::min(part.size() + 1, bytes.size()));
  }
  if (last && !begun_.empty()) {
    if (!is_too_long_ && !is_whole(begun_)) {
      to.fault(Fault::cut, ++lines_);
    } else {
      end_line(begun_, to);
    }
    begun_.clear();
  }
  to.report().lines = lines_;
}

std::string_view first_line(std::string_view head) {
  if (head.starts_with(kByteOrderMark)) {
    head.remove_prefix(kByteOrderMark.size());
  }
  std::string_view line = head.substr(0, head.find('\n'));
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

std::string_view first_text_line(std::string_view head) {
  for (;;) {
    const std::string_view line = first_line(head);
    if (!line.empty() && !line.starts_with('#')) {
      return line;
    }
    const std::size_t end = head.find('\n');
    if (end == std::string_view::npos) {
      return {};
    }
    head.remove_prefix(end + 1);
  }
}

}  // namespace auexfil::flow
