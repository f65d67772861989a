#include "tool_logs.hpp"

#include <charconv>
#include <chrono>
#include <cmath>

#include "auexfil/input/system_log.hpp"
#include "lines.hpp"

namespace auexfil::artefacts {
namespace {

/// A whole number at the beginning of a text, taken off it.
template <typename Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) {
    return false;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) {
    return false;
  }
  text.remove_prefix(what.size());
  return true;
}

/// "3,145,900" as -h writes it, too.
bool take_grouped(std::string_view& text, std::uint64_t& number) {
  std::string digits;
  while (!text.empty() && digits.size() < 20 &&
         (text.front() == ',' || (text.front() >= '0' && text.front() <= '9'))) {
    if (text.front() != ',') {
      digits.push_back(text.front());
    }
    text.remove_prefix(1);
  }
  std::string_view rest = digits;
  return take_number(rest, number) && rest.empty();
}

std::optional<date::local_seconds> at(const date::year_month_day& day, unsigned hour,
                                      unsigned minute, unsigned second) {
  if (!day.ok() || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  return date::local_days(day) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

bool take_clock(std::string_view& text, unsigned& hour, unsigned& minute, unsigned& second) {
  return take_number(text, hour) && take(text, ":") && take_number(text, minute) &&
         take(text, ":") && take_number(text, second);
}

/// "2026/12/02 02:03:05" \param sign  between the parts of the day.
bool take_day_and_time(std::string_view& text, std::string_view sign, LogTime& time) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  if (!take_number(text, year) || !take(text, sign) || !take_number(text, month) ||
      !take(text, sign) || !take_number(text, day) || !take(text, " ") ||
      !take_clock(text, hour, minute, second) || year < 1970 || year > 9999) {
    return false;
  }
  time.local = at(date::year(year) / date::month(month) / date::day(day), hour, minute, second);
  return time.local.has_value();
}

LogTime time_of(const input::SystemLine& line) {
  constexpr std::int64_t kMsPerSecond = 1000;
  constexpr int kLeapYear = 1972;
  LogTime time;
  if (line.time) {
    time.utc = *line.time / kMsPerSecond;
  } else if (line.wall) {
    time.has_year = line.wall->year != 0;
    const date::year year(time.has_year ? line.wall->year : kLeapYear);
    time.local =
        date::local_days(year / date::month(line.wall->month) / date::day(line.wall->day)) +
        std::chrono::seconds(line.wall->ms_of_day / kMsPerSecond);
  }
  return time;
}

/// "5.6K": as systemd rounds, by powers of 1024.
std::optional<std::uint64_t> size_of(std::string_view text) {
  constexpr std::string_view kUnits = "BKMGTPE";
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto unit = kUnits.find(text.empty() ? '?' : text.back());
  const bool is_whole = error == std::errc{} && end + 1 == text.data() + text.size();
  if (!is_whole || unit == std::string_view::npos || !std::isfinite(number) || number < 0) {
    return std::nullopt;
  }
  const double bytes = std::ldexp(number, static_cast<int>(10 * unit));
  constexpr double kMost = 9e18;
  return bytes < kMost ? std::optional(static_cast<std::uint64_t>(bytes)) : std::nullopt;
}

std::optional<SentLine> rsync_line(std::string_view line) {
  SentLine sent;
  if (take_day_and_time(line, "/", sent.time) && take(line, " [") && take_number(line, sent.pid) &&
      take(line, "] sent ") && take_grouped(line, sent.bytes) && take(line, " bytes  received ")) {
    return sent;
  }
  return std::nullopt;
}

/// "ftp://u@h:21/x": h.
std::string_view host_in(std::string_view url) {
  constexpr std::string_view kMark = "://";
  const std::size_t mark = url.find(kMark);
  if (mark == std::string_view::npos) {
    return {};
  }
  url.remove_prefix(mark + kMark.size());
  url = url.substr(0, url.find('/'));
  url.remove_prefix(url.rfind('@') == std::string_view::npos ? 0 : url.rfind('@') + 1);
  return url.starts_with('[') ? url.substr(1, url.find(']') - 1) : url.substr(0, url.find(':'));
}

std::optional<SentLine> lftp_line(std::string_view line) {
  constexpr std::string_view kTo = " -> ";
  SentLine sent;
  if (!take_day_and_time(line, "-", sent.time) || !take(line, " /")) {
    return std::nullopt;
  }
  const std::size_t arrow = line.find(kTo);
  if (arrow == std::string_view::npos) {
    return std::nullopt;
  }
  sent.source = "/" + std::string(line.substr(0, arrow));
  line.remove_prefix(arrow + kTo.size());
  // Behind the URL, in which blanks may stand: "FROM-TO 1.2 MiB/s".
  const std::size_t unit = line.rfind(' ');
  const std::size_t rate = unit == std::string_view::npos ? unit : line.rfind(' ', unit - 1);
  const std::size_t range = rate == std::string_view::npos || rate == 0 ? std::string_view::npos
                                                                        : line.rfind(' ', rate - 1);
  if (range == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view rest = line.substr(range + 1, rate - range - 1);
  std::uint64_t from = 0;
  sent.host = host_in(line.substr(0, range));
  if (sent.host.empty() || !take_number(rest, from) || !take(rest, "-") ||
      !take_number(rest, sent.bytes) || !rest.empty() || sent.bytes < from) {
    return std::nullopt;
  }
  sent.bytes -= from;
  return sent;
}

/// Of "received 33.8K IP traffic, sent 5.6K IP traffic", from 256 on "33.8K incoming IP traffic,
/// 5.6K outgoing IP traffic": 5.6K.
std::string_view sent_in(std::string_view said) {
  constexpr std::string_view kSent = " sent ";
  constexpr std::string_view kTraffic = " IP traffic";
  constexpr std::string_view kOutgoing = " outgoing IP traffic";
  if (const std::size_t end = said.find(kOutgoing); end != std::string_view::npos) {
    said = said.substr(0, end);
    return said.substr(said.rfind(' ') + 1);
  }
  const std::size_t from = said.find(kSent);
  if (from == std::string_view::npos) {
    return {};
  }
  said.remove_prefix(from + kSent.size());
  const std::size_t end = said.find(kTraffic);
  return end == std::string_view::npos ? std::string_view() : said.substr(0, end);
}

std::optional<SentLine> unit_line(std::string_view text) {
  input::SystemLine line;
  return input::parse_system_line(text, line) ? unit_traffic(line) : std::nullopt;
}

template <typename Parse>
std::vector<SentLine> parse(std::string_view text, std::string_view needle,
                            const Parse& parse_line) {
  std::vector<SentLine> lines;
  each_line(text, [&](std::string_view line, std::uint32_t number) {
    if (lines.size() >= kMostLines || line.find(needle) == std::string_view::npos) {
      return;
    }
    if (auto sent = parse_line(line)) {
      sent->line = number;
      lines.push_back(std::move(*sent));
    }
  });
  return lines;
}

}  // namespace

std::optional<SentLine> unit_traffic(const input::SystemLine& line) {
  if (line.tag != "systemd" || line.pid != 1U) {
    return std::nullopt;
  }
  SentLine sent;
  sent.time = time_of(line);
  sent.line = static_cast<std::uint32_t>(line.number);
  if (line.sent) {
    sent.unit = line.unit;
    sent.bytes = *line.sent;
    return sent.unit.empty() ? std::nullopt : std::optional(std::move(sent));
  }
  const std::size_t colon = line.text.find(": Consumed ");
  if (colon == std::string_view::npos ||
      line.text.substr(0, colon).find(' ') != std::string_view::npos) {
    return std::nullopt;
  }
  const auto bytes = size_of(sent_in(line.text.substr(colon)));
  sent.unit = line.text.substr(0, colon);
  sent.bytes = bytes.value_or(0);
  return bytes ? std::optional(std::move(sent)) : std::nullopt;
}

std::vector<SentLine> parse_rsync_log(std::string_view text) {
  return parse(text, "] sent ", rsync_line);
}

std::vector<SentLine> parse_lftp_log(std::string_view text) {
  return parse(text, " -> ", lftp_line);
}

std::vector<SentLine> parse_unit_traffic(std::string_view text) {
  return parse(text, " IP traffic", unit_line);
}

}  // namespace auexfil::artefacts
