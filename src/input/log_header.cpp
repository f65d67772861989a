#include "auexfil/input/log_header.hpp"

#include <algorithm>
#include <array>

namespace auexfil::input {
namespace {

constexpr std::size_t kLongestHeader = 512;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
}

/// Takes the next word, and the blanks behind it.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  skip_blanks(text);
  return word;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) {
    return false;
  }
  text.remove_prefix(word.size());
  return true;
}

/// "Dec", "Wed".
bool is_month_or_day(std::string_view word) {
  constexpr std::string_view kNames =
      "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun ";
  return word.size() == 3 && kNames.find(word) % 4 == 0;
}

/// Times, and a bracket with one.
bool begins_with_time(std::string_view text) {
  return !text.empty() &&
         (is_digit(text.front()) || text.front() == '[' ||
          is_month_or_day(text.substr(0, std::min<std::size_t>(text.find(' '), text.size()))));
}

std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  skip_blanks(text);
  for (; !text.empty(); ++words) {
    static_cast<void>(take_word(text));
  }
  return words;
}

/// "… (HOST) ADDRESS->/var/log/audit/audit.log ", as Wazuh and OSSEC write what they collect.
bool ends_with_arrow(std::string_view text) {
  text = text.substr(0, text.find_last_not_of(' ') + 1);
  return text.substr(text.rfind(' ') + 1).find("->") != std::string_view::npos;
}

/// What stands behind a tag: "[ 1498.988417] audit: ", or nothing.
bool is_of_kernel(std::string_view text) {
  skip_blanks(text);
  static_cast<void>(take(text, kByteOrderMark));
  for (skip_blanks(text); !text.empty(); skip_blanks(text)) {
    if (text.front() == '[') {
      const std::size_t close = text.find(']');
      const std::string_view time = text.substr(1, close - 1);
      if (close == std::string_view::npos || time.find_first_not_of(" .0123456789") != time.npos) {
        return false;
      }
      text.remove_prefix(close + 1);
    } else if (!take(text, "audit:") && !take(text, "kernel:")) {
      return false;
    }
  }
  return true;
}

/// RFC 5424 behind "<PRI>", without its data: "1 TIME HOST APP PROCID MSGID ". \return false: it is
/// none.
bool take_fields_of_5424(std::string_view& text) {
  std::string_view rest = text;
  if (rest.size() < 2 || !is_digit(rest[0]) || rest[1] != ' ') {
    return false;
  }
  for (int words = 0; words < 6; ++words) {
    if (take_word(rest).empty()) {
      return false;
    }
  }
  text = rest;
  return true;
}

/// How long RFC 5424's header is, with its data; 0: it is none.
std::size_t length_of_5424(std::string_view line) {
  std::string_view rest = line;
  static_cast<void>(take(rest, kByteOrderMark));
  skip_blanks(rest);
  return take_priority(rest) && take_fields_of_5424(rest) && take_structured_data(rest)
             ? line.size() - rest.size()
             : 0;
}

bool has_quote(std::string_view text) {
  return text.find_first_of("\"'") != std::string_view::npos;
}

/// The place behind the "]" that ends an element of structured data: within quotes it ends nothing,
/// and a backslash takes its meaning from a quote. npos: none does.
std::size_t end_of_element(std::string_view text) {
  bool is_quoted = false;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (is_quoted && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      is_quoted = !is_quoted;
    } else if (text[at] == ']' && !is_quoted) {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

/// The place behind the tag's colon, npos: none.
std::size_t end_of_tag(std::string_view text) {
  const std::size_t colon = text.find(": ");
  return colon == std::string_view::npos ? colon : colon + 2;
}

}  // namespace

bool take_priority(std::string_view& text) {
  const std::size_t close = text.substr(0, 5).find('>');
  if (!text.starts_with('<') || close == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(close + 1);
  return true;
}

bool take_structured_data(std::string_view& text) {
  if (take(text, "-")) {
    return true;
  }
  while (text.starts_with('[')) {
    const std::size_t end = end_of_element(text);
    if (end == std::string_view::npos) {
      return false;
    }
    text.remove_prefix(end);
  }
  return true;
}

bool is_log_header(std::string_view before) {
  constexpr std::size_t kMostWords = 8;
  if (before.size() > kLongestHeader) {
    return false;
  }
  if (const std::size_t length = length_of_5424(before); length > 0) {
    return is_of_kernel(before.substr(length));
  }
  if (has_quote(before)) {
    return false;
  }
  static_cast<void>(take(before, kByteOrderMark));
  skip_blanks(before);
  static_cast<void>(take_priority(before));
  if (is_of_kernel(before)) {
    return true;
  }
  const std::size_t tag = end_of_tag(before);
  const std::size_t words = count_words(before.substr(0, tag));
  if (tag == std::string_view::npos) {
    return begins_with_time(before) && (words <= 5 || (words == 6 && ends_with_arrow(before)));
  }
  return (words == 1 || (begins_with_time(before) && words <= kMostWords)) &&
         is_of_kernel(before.substr(tag));
}

bool is_spoken_text(std::string_view before) {
  before = before.substr(0, 2 * kLongestHeader);
  if (take_priority(before) && take_fields_of_5424(before)) {
    return !take_structured_data(before) || !is_of_kernel(before);
  }
  const std::size_t tag = is_of_kernel(before) ? std::string_view::npos : end_of_tag(before);
  return tag != std::string_view::npos && !is_of_kernel(before.substr(tag));
}

std::size_t find_carried_record(std::string_view line) {
  constexpr std::string_view kStamp = "audit(";
  const std::string_view head = line.substr(0, 2 * kLongestHeader);
  // What stands in the data of RFC 5424 is anybody's, and no record.
  const std::size_t behind = length_of_5424(head);
  std::size_t stamp = head.find(kStamp, behind);
  while (stamp != std::string_view::npos &&
         (stamp + kStamp.size() >= head.size() || !is_digit(head[stamp + kStamp.size()]))) {
    stamp = head.find(kStamp, stamp + 1);
  }
  if (stamp == std::string_view::npos) {
    return std::string_view::npos;
  }
  std::string_view before = head.substr(0, stamp);
  constexpr std::array<std::string_view, 2> kKeys = {"node=", "type="};
  std::size_t first = stamp;
  for (const std::string_view key : kKeys) {
    for (auto at = before.find(key, behind); at != std::string_view::npos;
         at = before.find(key, at + 1)) {
      if (at == 0 || is_blank(before[at - 1]) || before[at - 1] == '\xbf') {
        first = std::min(first, at);
        break;
      }
    }
  }
  std::string_view record = before.substr(first);
  if (take(record, "node=")) {
    const std::size_t type = record.find(" type=");
    if (type == std::string_view::npos || record.find('=') < type) {
      return std::string_view::npos;
    }
    record.remove_prefix(type + 1);
  }
  if (take(record, "type=")) {
    const std::string_view name = take_word(record);
    if (name.empty() || !(record.empty() || record == "msg=")) {
      return std::string_view::npos;
    }
  } else if (!record.empty() || first == 0) {
    // Before 2.6.15 or so a record had no type, but the kernel's tag.
    return std::string_view::npos;
  }
  return is_log_header(before.substr(0, first)) ? first : std::string_view::npos;
}

bool is_carried_record(std::string_view line) {
  return find_carried_record(line) != std::string_view::npos;
}

}  // namespace auexfil::input
