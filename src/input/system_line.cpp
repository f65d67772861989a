#include <algorithm>
#include <array>
#include <charconv>
#include <date/date.h>

#include "auexfil/input/log_header.hpp"
#include "auexfil/input/system_log.hpp"
#include "auexfil/input/whole_number.hpp"
#include "header_hosts.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kLongestWord = 256;  // of a header
constexpr std::uint32_t kSecond = 1000;

std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(text.find_first_not_of(' ', end), text.size()));
  return word;
}

/// So many digits, and no more.
bool take_digits(std::string_view& text, std::size_t count, unsigned& value) {
  const std::string_view digits = text.substr(0, count);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.size() != count || error != std::errc() || end != digits.data() + count) {
    return false;
  }
  text.remove_prefix(count);
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

/// "02:00:39", with or without a fraction.
bool take_clock(std::string_view& text, std::uint32_t& ms_of_day) {
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  if (!take_digits(text, 2, hour) || !take(text, ':') || !take_digits(text, 2, minute) ||
      !take(text, ':') || !take_digits(text, 2, second) || hour > 23 || minute > 59 ||
      second > 60) {
    return false;
  }
  unsigned ms = 0;
  if (take(text, '.') || take(text, ',')) {
    unsigned scale = 100;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      ms += scale * static_cast<unsigned>(text.front() - '0');
      scale /= 10;
      text.remove_prefix(1);
    }
  }
  ms_of_day = ((hour * 60 + minute) * 60 + second) * kSecond + ms;
  return true;
}

bool is_date(const WallTime& wall) {
  constexpr int kLeap = 2000;
  const int year = wall.year == 0 ? kLeap : wall.year;
  return date::year_month_day(date::year(year), date::month(wall.month), date::day(wall.day)).ok();
}

/// "Dec  2 02:00:39 ".
bool take_old_stamp(std::string_view& text, SystemLine& line) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::string_view rest = text;
  const std::string_view name = take_word(rest);
  const auto* const month = std::find(kMonths.begin(), kMonths.end(), name);
  if (month == kMonths.end()) {
    return false;
  }
  WallTime wall;
  wall.month = static_cast<unsigned>(month - kMonths.begin()) + 1;
  std::string_view day = take_word(rest);
  if (!take_digits(day, day.size() == 1 ? 1 : 2, wall.day) || !day.empty()) {
    return false;
  }
  std::string_view clock = take_word(rest);
  if (!take_clock(clock, wall.ms_of_day) || !clock.empty() || !is_date(wall)) {
    return false;
  }
  line.wall = wall;
  text = rest;
  return true;
}

/// "Z", "+01:00", "+0100", "+01". \param ms  to take off.
bool take_offset(std::string_view& text, std::int64_t& ms) {
  if (take(text, 'Z')) {
    return true;
  }
  const bool is_west = text.starts_with('-');
  unsigned hours = 0;
  unsigned minutes = 0;
  if ((!take(text, '+') && !take(text, '-')) || !take_digits(text, 2, hours)) {
    return false;
  }
  static_cast<void>(take(text, ':'));
  if ((!text.empty() && !take_digits(text, 2, minutes)) || hours > 23 || minutes > 59) {
    return false;
  }
  ms = std::int64_t{hours * 60 + minutes} * 60 * kSecond * (is_west ? -1 : 1);
  return true;
}

/// "2026-12-02T02:00:39.451131+01:00 ".
bool take_iso_stamp(std::string_view& text, SystemLine& line) {
  std::string_view rest = text;
  std::string_view word = take_word(rest);
  WallTime wall;
  unsigned year = 0;
  if (!take_digits(word, 4, year) || !take(word, '-') || !take_digits(word, 2, wall.month) ||
      !take(word, '-') || !take_digits(word, 2, wall.day) || !take(word, 'T') ||
      !take_clock(word, wall.ms_of_day)) {
    return false;
  }
  wall.year = static_cast<int>(year);
  if (year == 0 || !is_date(wall)) {
    return false;
  }
  std::int64_t offset = 0;
  if (word.empty()) {
    line.wall = wall;
  } else if (take_offset(word, offset) && word.empty()) {
    const date::sys_days day(date::year(wall.year) / date::month(wall.month) / date::day(wall.day));
    line.time = std::chrono::milliseconds(day.time_since_epoch()).count() + wall.ms_of_day - offset;
  } else {
    return false;
  }
  text = rest;
  return true;
}

bool read_pid(std::string_view digits, std::optional<std::uint32_t>& pid) {
  const auto value = whole_number<std::uint32_t>(digits);
  pid = value ? value : pid;
  return value.has_value();
}

std::string_view without_folder(std::string_view tag) {
  return tag.substr(tag.rfind('/') + 1);
}

/// "sshd[425]: " or "sudo: "; what has no tag is text from its first word on.
bool take_tag(std::string_view& text, SystemLine& line) {
  const std::size_t colon = text.find(':');
  const std::string_view tag = text.substr(0, colon);
  if (colon == std::string_view::npos || tag.empty() || tag.size() > kLongestWord ||
      tag.find(' ') != std::string_view::npos) {
    return false;
  }
  const std::size_t open = tag.find('[');
  if (open != std::string_view::npos &&
      (!tag.ends_with(']') || !read_pid(tag.substr(open + 1, tag.size() - open - 2), line.pid))) {
    return false;
  }
  line.tag = without_folder(tag.substr(0, open));
  text.remove_prefix(colon + 1);
  return true;
}

/// May it be the kernel's? Of its facility are the priorities below 8.
bool has_kernel_priority(std::string_view text) {
  constexpr unsigned kFirstOfUsers = 8;
  std::string_view rest = text;
  return !take_priority(rest) ||
         whole_number<unsigned>(text.substr(1, text.size() - rest.size() - 2))
                 .value_or(kFirstOfUsers) < kFirstOfUsers;
}

/// "<38>1 ", the version of RFC 5424, or "<38>" alone. \return is it the former?
bool take_version(std::string_view& text) {
  if (!take_priority(text) || !text.starts_with("1 ")) {
    return false;
  }
  text.remove_prefix(2);
  return true;
}

/// "HOST APP PROCID MSGID [data] ".
bool take_new_header(std::string_view& text, SystemLine& line) {
  line.host = take_word(text);
  line.tag = without_folder(take_word(text));
  static_cast<void>(read_pid(take_word(text), line.pid));
  static_cast<void>(take_word(text));
  line.host = line.host == "-" ? std::string_view() : line.host;
  return take_structured_data(text) && !line.tag.empty();
}

/// "2026 Dec 02 01:02:03 (HOST) ADDRESS->FILE ", or "HOST->FILE " of the manager's own
/// (Wazuh and OSSEC, archives.log).
bool take_arrow_header(std::string_view& text, SystemLine& line) {
  constexpr std::string_view kArrow = "->";
  std::string_view rest = text;
  unsigned year = 0;
  if (!take_digits(rest, 4, year) || !take(rest, ' ') || !take_old_stamp(rest, line)) {
    return false;
  }
  std::string_view host = take_word(rest);
  if (host.starts_with('(') && host.ends_with(')')) {
    host = host.substr(1, host.size() - 2);
    if (take_word(rest).find(kArrow) == std::string_view::npos) {
      return false;
    }
  } else if (const std::size_t arrow = host.find(kArrow); arrow != std::string_view::npos) {
    host = host.substr(0, arrow);
  } else {
    return false;
  }
  line.wall->year = static_cast<int>(year);
  line.host = host;
  text = rest;
  return true;
}

/// What of a line's header was taken.
enum class Header : std::uint8_t { none, without_tag, whole };

/// Takes the time and the host, of RFC 5424 all.
Header take_header(std::string_view& text, SystemLine& line) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  if (take_arrow_header(text, line)) {
    return Header::whole;
  }
  line.is_kernel = has_kernel_priority(text);
  const bool is_new = take_version(text);
  if (!take_iso_stamp(text, line) && (is_new || !take_old_stamp(text, line))) {
    return Header::none;
  }
  if (is_new) {
    return take_new_header(text, line) ? Header::whole : Header::none;
  }
  line.host = take_word(text);
  const bool is_host =
      !line.host.empty() && line.host.size() <= kLongestWord && !line.host.ends_with(':');
  return is_host ? Header::without_tag : Header::none;
}

}  // namespace

bool parse_system_line(std::string_view text, SystemLine& line) {
  line = {};
  while (text.ends_with('\r') || text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  const Header header = take_header(text, line);
  if (header == Header::none || (header == Header::without_tag && !take_tag(text, line))) {
    return false;
  }
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  line.text = text.substr(begin);
  line.is_kernel = line.is_kernel && line.tag == "kernel" && !line.pid;
  return true;
}

std::string_view host_of_header(std::string_view text) {
  SystemLine line;
  const bool is_named = take_header(text, line) != Header::none && !is_any_machine(line.host);
  return is_named ? line.host : std::string_view();
}

}  // namespace auexfil::input
