#include <algorithm>
#include <cstdint>
#include <string>

#include "carriers.hpp"
#include "journal_entry.hpp"

namespace auexfil::input {
namespace {

/// `journalctl -o export`: fields as NAME=VALUE lines, or, where a value holds anything odd, NAME,
/// a newline, its length in 64 bits little-endian, the bytes and a newline; an empty line ends an
/// entry (systemd's Journal Export Format). A length is believed, so that no value is taken for a
/// field.
class JournalExport final : public Carrier {
 public:
  void take(std::string_view bytes, bool last, PlainLines& to) override {
    buffer_.append(bytes);
    std::string_view rest = buffer_;
    while (step(rest, to)) {
    }
    buffer_.erase(0, buffer_.size() - rest.size());
    if (last) {
      if (!buffer_.empty() || to_skip_ > 0 || is_in_value_) {
        to.put_cut(line_, "-");  // amid a field
      } else {
        end_entry(to);
      }
      buffer_.clear();
    }
  }

 private:
  static constexpr std::size_t kLength = 8;

  /// \return false: more bytes are needed.
  bool step(std::string_view& rest, PlainLines& to) {
    if (to_skip_ > 0) {
      skip(rest);
      return !rest.empty();
    }
    if (is_in_value_) {
      return take_value(rest);
    }
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      if (rest.size() <= kMostUnitBytes) {
        return false;
      }
      // A text value is as long as its line: what is there is let go, the rest read as a field.
      ++bounds_["journal_field_bytes"];
      rest = {};
      entry_.clear();
      return false;
    }
    const std::string_view line = rest.substr(0, end);
    const std::size_t equals = line.find('=');
    if (line.empty()) {
      end_entry(to);
    } else if (equals != std::string_view::npos) {
      begin_field(line.substr(0, equals));
      if (field_ != nullptr) {
        *field_ = line.substr(equals + 1);
      }
    } else {
      begin_field(line);
      is_in_value_ = true;
    }
    rest.remove_prefix(end + 1);
    ++line_;
    return true;
  }

  bool take_value(std::string_view& rest) {
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
      ++bounds_["journal_field_bytes"];
    }
    to_skip_ = length == UINT64_MAX ? length : length + 1;  // its newline
    return true;
  }

  void skip(std::string_view& rest) {
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(to_skip_, rest.size()));
    count_lines(rest.substr(0, part));
    rest.remove_prefix(part);
    to_skip_ -= part;
  }

  void count_lines(std::string_view text) {
    line_ += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  }

  void begin_field(std::string_view name) {
    is_empty_ = false;
    field_ = entry_.field(name);
    if (field_ == &entry_.message) {
      message_line_ = line_;
    }
    if (field_ != nullptr && !field_->empty()) {
      field_ = nullptr;  // the first of several
    }
  }

  void end_entry(PlainLines& to) {
    if (!is_empty_) {
      const std::string record = record_of(entry_);
      to.put(message_line_ == kNone ? line_ : message_line_, record.empty() ? "-" : record);
    }
    entry_.clear();
    is_empty_ = true;
    message_line_ = kNone;
  }

  static constexpr std::uint64_t kNone = UINT64_MAX;

  std::string buffer_;
  JournalEntry entry_;
  bool is_empty_ = true;          ///< no field of the entry was seen
  std::string* field_ = nullptr;  ///< where the value at hand goes
  bool is_in_value_ = false;      ///< a length comes next
  std::uint64_t to_skip_ = 0;
  std::uint64_t line_ = 0;
  std::uint64_t message_line_ = kNone;
};

}  // namespace

bool is_journal_export(std::string_view head) {
  head = head.substr(0, 4096);
  const std::string_view first = head.substr(0, head.find('\n'));
  return first.starts_with("__CURSOR=") || first.starts_with("__REALTIME_TIMESTAMP=") ||
         (first.starts_with("_") && head.find("\n__REALTIME_TIMESTAMP=") != std::string_view::npos);
}

std::unique_ptr<Carrier> make_journal_export(std::string_view /*head*/) {
  return std::make_unique<JournalExport>();
}

}  // namespace auexfil::input
