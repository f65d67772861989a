#include "server_logs.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "auexfil/input/whole_number.hpp"
#include "lines.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::size_t kMostSessions = 4096;

/// Takes the last word off a text.
std::string_view take_last_word(std::string_view& text) {
  text = trimmed(text);
  const std::size_t blank = text.rfind(' ');
  const std::string_view word = text.substr(blank == std::string_view::npos ? 0 : blank + 1);
  text = text.substr(0, blank == std::string_view::npos ? 0 : blank);
  return word;
}

/// "Wed Dec  2 02:03:05 2026", as ctime(3) writes it; the name of the day is not looked at.
bool take_ctime(std::string_view& text, LogTime& time) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::size_t kDayName = 3;
  if (take_word(text).size() != kDayName) {
    return false;
  }
  const auto* const month = std::find(kMonths.begin(), kMonths.end(), take_word(text));
  const auto day = input::whole_number<unsigned>(take_word(text));
  std::string_view clock = take_word(text);
  const auto year = input::whole_number<std::uint16_t>(take_word(text));
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  if (month == kMonths.end() || !day || !year || *year < 1970 || *year > 9999 ||
      !take_clock(clock, hour, minute, second) || !clock.empty()) {
    return false;
  }
  time.local = local_time(date::year(*year) /
                              date::month(static_cast<unsigned>(month - kMonths.begin()) + 1) /
                              date::day(*day),
                          hour, minute, second);
  return time.local.has_value();
}

/// Behind the time. A file's name has no blanks there, a user's may: what tells bytes and peer
/// stands before both.
std::optional<ServedLine> xferlog_line(std::string_view text, ServedLine sent) {
  constexpr std::uint32_t kMostSeconds = 31 * 24 * 60 * 60;
  constexpr std::array<std::string_view, 2> kEnds = {"c", "i"};
  const auto took = input::whole_number<std::uint32_t>(take_word(text));
  const auto peer = audit::IpAddress::parse(take_word(text));
  const auto bytes = input::whole_number<std::uint64_t>(take_word(text));
  if (!took || *took > kMostSeconds || !peer || !bytes) {
    return std::nullopt;
  }
  const bool is_ended = std::find(kEnds.begin(), kEnds.end(), take_last_word(text)) != kEnds.end();
  for (int i = 0; i < 5; ++i) {  // id, method, service, user, access
    static_cast<void>(take_last_word(text));
  }
  if (!is_ended || take_last_word(text) != "o") {
    return std::nullopt;
  }
  sent.time.local = *sent.time.local - std::chrono::seconds(*took);
  sent.peer = *peer;
  sent.bytes = *bytes;
  return sent;
}

/// Of "[USER] OK DOWNLOAD: Client "ADDR", "FILE", N bytes, N.NNKbyte/sec".
std::optional<ServedLine> vsftpd_line(std::string_view text, ServedLine sent) {
  constexpr std::string_view kBytes = " bytes";
  const std::size_t user = text.starts_with('[') ? text.find("] ") : std::string_view::npos;
  text.remove_prefix(user == std::string_view::npos ? 0 : user + 2);
  if ((!take(text, "OK ") && !take(text, "FAIL ")) || !take(text, "DOWNLOAD: Client \"")) {
    return std::nullopt;
  }
  const auto peer = audit::IpAddress::parse(text.substr(0, text.find('"')));
  const std::size_t rate = text.rfind(", ");
  if (!peer || rate == std::string_view::npos || !text.ends_with("Kbyte/sec")) {
    return std::nullopt;
  }
  text = text.substr(0, rate);
  const std::size_t size = text.rfind(", ");
  if (size == std::string_view::npos || !text.ends_with(kBytes)) {
    return std::nullopt;
  }
  text.remove_suffix(kBytes.size());
  const auto bytes = input::whole_number<std::uint64_t>(text.substr(size + 2));
  sent.peer = *peer;
  sent.bytes = bytes.value_or(0);
  return bytes ? std::optional(sent) : std::nullopt;
}

bool is_sshd(std::string_view tag) {
  return tag == "sshd" || tag == "sshd-session";
}

}  // namespace

std::optional<ServedLine> parse_ftp_line(std::string_view line) {
  ServedLine sent;
  if (!take_ctime(line, sent.time)) {
    return std::nullopt;
  }
  std::string_view rest = line;
  std::uint32_t pid = 0;
  return take(rest, " [pid ") && take_number(rest, pid) && take(rest, "] ")
             ? vsftpd_line(rest, sent)
             : xferlog_line(line, sent);
}

template <typename Value>
void ServerLines::keep(std::map<std::uint32_t, Value>& all, std::uint32_t pid, Value value) {
  if (all.size() >= kMostSessions && !all.contains(pid)) {
    all.erase(all.begin());
    ++forgotten_;
  }
  all.insert_or_assign(pid, std::move(value));
}

std::optional<ServerLines::Told> ServerLines::read(const input::SystemLine& line) {
  constexpr std::string_view kShutIn = " [postauth]";  // told by sshd in its name
  std::string_view text = line.text;
  if (line.tag == "vsftpd") {
    ServedLine sent;
    sent.line = static_cast<std::uint32_t>(line.number);
    sent.time = time_of(line);
    const auto found = vsftpd_line(text, sent);
    return found ? std::optional(Told{By::ftp, *found}) : std::nullopt;
  }
  const bool is_daemon = is_sshd(line.tag);
  if (!line.pid || (!is_daemon && line.tag != "sftp-server" && line.tag != "internal-sftp")) {
    return std::nullopt;
  }
  if (is_daemon && text.ends_with(kShutIn)) {
    text.remove_suffix(kShutIn.size());
  }
  auto told = read_sftp(text, *line.pid, line);
  return told || !is_daemon ? told : read_sshd(text, *line.pid, line);
}

std::optional<ServerLines::Told> ServerLines::read_sftp(std::string_view text, std::uint32_t pid,
                                                        const input::SystemLine& line) {
  constexpr std::string_view kFrom = " from [";
  constexpr std::string_view kRead = "\" bytes read ";
  if (take(text, "session opened for local user ")) {
    const std::size_t from = text.rfind(kFrom);
    if (from != std::string_view::npos && text.ends_with(']')) {
      text.remove_suffix(1);
      if (const auto peer = audit::IpAddress::parse(text.substr(from + kFrom.size()))) {
        keep(sftp_, pid, Session{*peer, time_of(line)});
      }
    }
    return std::nullopt;
  }
  if (text.starts_with("session closed for local user ")) {
    sftp_.erase(pid);
    return std::nullopt;
  }
  static_cast<void>(take(text, "forced "));
  const auto session = sftp_.find(pid);
  const std::size_t counts = text.rfind(kRead);
  if (!text.starts_with("close \"") || counts == std::string_view::npos || session == sftp_.end()) {
    return std::nullopt;
  }
  Told told{By::sftp, {}};
  text.remove_prefix(counts + kRead.size());
  std::uint64_t written = 0;
  if (!take_number(text, told.line.bytes) || !take(text, " written ") ||
      !take_number(text, written) || !text.empty()) {
    return std::nullopt;
  }
  told.line.line = static_cast<std::uint32_t>(line.number);
  told.line.peer = session->second.peer;
  told.line.time = session->second.opened;
  return told;
}

std::optional<ServerLines::Told> ServerLines::read_sshd(std::string_view text, std::uint32_t pid,
                                                        const input::SystemLine& line) {
  std::uint64_t bytes = 0;
  if (take(text, "Transferred: sent ")) {
    if (take_number(text, bytes) && text.starts_with(", received ")) {
      keep(sent_, pid, bytes);
    }
    return std::nullopt;
  }
  const auto sent = sent_.find(pid);
  if (sent == sent_.end() || !take(text, "Closing connection to ")) {
    return std::nullopt;
  }
  const auto peer = audit::IpAddress::parse(take_word(text));
  const bool has_port = take(text, " port ");
  const auto port = input::whole_number<std::uint16_t>(trimmed(text));
  Told told{By::ssh, {}};
  told.line.line = static_cast<std::uint32_t>(line.number);
  told.line.time = time_of(line);
  told.line.bytes = sent->second;
  sent_.erase(sent);
  if (!peer || !has_port || !port) {
    return std::nullopt;
  }
  told.line.peer = *peer;
  told.line.port = port;
  return told;
}

}  // namespace auexfil::artefacts
