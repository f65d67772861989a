#include "tool_logs.hpp"

#include <charconv>
#include <cmath>

#include "auexfil/input/system_log.hpp"
#include "lines.hpp"
#include "log_text.hpp"

namespace auexfil::artefacts {
namespace {

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

/// "3.004 MiB", "348.454M", "7.925 kBytes", "185 B", taken off. \param is_plain  set where there is
/// no unit: bytes of an older version, or a count of files.
std::optional<std::uint64_t> take_rounded(std::string_view& text, bool& is_plain) {
  constexpr std::string_view kScales = "BKMGTPE";
  double number = 0;
  if (!take_number(text, number) || !std::isfinite(number) || number < 0) {
    return std::nullopt;
  }
  std::string_view unit = text;
  static_cast<void>(take(unit, " "));
  unit = unit.substr(0, unit.find_first_of(" ,"));
  is_plain = unit.empty() || unit == "/";
  std::size_t scale = 0;
  if (!is_plain) {
    scale = kScales.find(unit.front() == 'k' ? 'K' : unit.front());
    if (scale == std::string_view::npos) {
      return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(unit.data() + unit.size() - text.data()));
  }
  constexpr double kMost = 9e18;
  const double bytes = std::ldexp(number, static_cast<int>(10 * scale));
  return bytes < kMost ? std::optional(static_cast<std::uint64_t>(bytes)) : std::nullopt;
}

/// Behind "Transferred:". Nothing for the line that counts files.
std::optional<std::uint64_t> rclone_bytes(std::string_view text) {
  text = trimmed(text);
  bool is_plain = false;
  const auto bytes = take_rounded(text, is_plain);
  if (!bytes || !is_plain) {
    return bytes;
  }
  bool is_count = false;
  return take(text, " / ") && take_rounded(text, is_count) && !is_count ? bytes : std::nullopt;
}

/// "1h2m4.2s": 3724.
std::optional<std::int64_t> seconds_in(std::string_view text) {
  constexpr std::int64_t kMost = std::int64_t{400} * 24 * 60 * 60;
  text = trimmed(text);
  double sum = 0;
  while (!text.empty()) {
    double number = 0;
    if (!take_number(text, number) || !std::isfinite(number) || number < 0 || text.empty()) {
      return std::nullopt;
    }
    switch (text.front()) {
      case 'w':
        number *= 7;
        [[fallthrough]];
      case 'd':
        number *= 24;
        [[fallthrough]];
      case 'h':
        number *= 60;
        [[fallthrough]];
      case 'm':
        number *= 60;
        [[fallthrough]];
      case 's':
        break;
      default:
        return std::nullopt;
    }
    text.remove_prefix(1);
    sum += number;
  }
  return sum < kMost ? std::optional(static_cast<std::int64_t>(sum)) : std::nullopt;
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

std::vector<SentLine> parse_rclone_log(std::string_view text) {
  std::vector<SentLine> lines;
  SentLine sum;  // at hand; line 0: none
  each_line(text, [&](std::string_view line, std::uint32_t number) {
    LogTime time;
    if (take_day_and_time(line, "/", time)) {
      sum = SentLine();
      sum.time = time;
      const std::size_t level = line.find(':');
      line.remove_prefix(level == std::string_view::npos ? line.size() : level + 1);
    }
    line = trimmed(line);
    if (take(line, "Transferred:")) {
      if (const auto bytes = rclone_bytes(line); bytes && sum.time.local) {
        sum.bytes = *bytes;
        sum.line = number;
      }
    } else if (take(line, "Elapsed time:") && sum.line != 0 && lines.size() < kMostLines) {
      if (const auto took = seconds_in(line)) {
        sum.took = *took;
        lines.push_back(std::move(sum));
      }
      sum = SentLine();
    }
  });
  return lines;
}

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
