#include "journal_export.hpp"

#include <algorithm>

#include "carrier.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kLength = 8;

}  // namespace

void JournalExportParser::take(std::string_view bytes, bool last, JournalFields& to) {
  buffer_.append(bytes);
  std::string_view rest = buffer_;
  while (step(rest, to)) {
  }
  buffer_.erase(0, buffer_.size() - rest.size());
  if (last) {
    if (!buffer_.empty() || to_skip_ > 0 || is_in_value_) {
      to.cut(line_);
    } else {
      end_entry(to);
    }
    buffer_.clear();
  }
}

/// \return false: more bytes are needed.
bool JournalExportParser::step(std::string_view& rest, JournalFields& to) {
  if (to_skip_ > 0) {
    skip(rest);
    return !rest.empty();
  }
  if (is_in_value_) {
    return take_value(rest, to);
  }
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) {
    if (rest.size() <= kMostUnitBytes) {
      return false;
    }
    // A text value is as long as its line: what is there is let go, the rest read as a field.
    to.too_long(true);
    rest = {};
    return false;
  }
  const std::string_view line = rest.substr(0, end);
  const std::size_t equals = line.find('=');
  if (line.empty()) {
    end_entry(to);
  } else if (equals != std::string_view::npos) {
    begin_field(line.substr(0, equals), to);
    if (field_ != nullptr) {
      *field_ = line.substr(equals + 1);
    }
  } else {
    begin_field(line, to);
    is_in_value_ = true;
  }
  rest.remove_prefix(end + 1);
  ++line_;
  return true;
}

bool JournalExportParser::take_value(std::string_view& rest, JournalFields& to) {
  if (rest.size() < kLength) {
    return false;
  }
  std::uint64_t length = 0;
  for (std::size_t i = kLength; i-- > 0;) {
    length = length << 8 | static_cast<unsigned char>(rest[i]);
  }
  const bool is_long = length > kMostUnitBytes;
  if (!is_long && rest.size() < kLength + length) {
    return false;
  }
  is_in_value_ = false;
  count_lines(rest.substr(0, kLength));
  rest.remove_prefix(kLength);
  if (field_ != nullptr && !is_long) {
    *field_ = rest.substr(0, static_cast<std::size_t>(length));
  }
  if (is_long) {
    to.too_long(false);
  }
  to_skip_ = length == UINT64_MAX ? length : length + 1;  // its newline
  return true;
}

void JournalExportParser::skip(std::string_view& rest) {
  const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(to_skip_, rest.size()));
  count_lines(rest.substr(0, part));
  rest.remove_prefix(part);
  to_skip_ -= part;
}

void JournalExportParser::count_lines(std::string_view text) {
  line_ += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

void JournalExportParser::begin_field(std::string_view name, JournalFields& to) {
  is_empty_ = false;
  field_ = to.field(name, line_);
  if (field_ != nullptr && !field_->empty()) {
    field_ = nullptr;  // the first of several
  }
}

void JournalExportParser::end_entry(JournalFields& to) {
  if (!is_empty_) {
    to.end_entry(line_);
  }
  is_empty_ = true;
}

}  // namespace auexfil::input
