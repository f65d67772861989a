#include "log_ends.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "auexfil/input/text_hash.hpp"
#include "header_hosts.hpp"
#include "sniff.hpp"
#include "source.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kEvents = 64;  // of a host, at one end
constexpr std::size_t kPiece = std::size_t{256} << 10;

/// So that whatever carries a record says whose it is.
LogFile with_hosts_named(LogFile file) {
  file.names_hosts = true;
  return file;
}

std::string_view host_of_line(std::string_view line) {
  const std::string_view host = named_host(line);
  return is_any_machine(host) ? std::string_view() : host;
}

/// "812" of " pid=812 "; empty: it is not there. What a program names itself (comm) stands behind
/// those that are asked for, and has no blanks.
std::string_view field_of(std::string_view record, std::string_view name) {
  const std::size_t at = record.find(name);
  return at == record.npos
             ? std::string_view()
             : record.substr(at + name.size(),
                             record.find_first_of(" \n", at + name.size()) - at - name.size());
}

void take_processes(std::string_view line, LogEnd& end) {
  const std::string_view record = line.substr(std::min(line.find("type=SYSCALL "), line.size()));
  for (const std::string_view name : {" ppid=", " pid="}) {
    const std::string_view number = field_of(record, name);
    // Init and the kernel's threads are everywhere.
    if (!number.empty() && number != "0" && number != "1" && number != "2") {
      end.processes.insert(text_hash(number));
    }
  }
}

/// \return whether its host has enough.
bool take_line(std::string_view line, LogEnd& end) {
  const std::optional<RecordStamp> stamp = stamp_of(line);
  if (!stamp || is_daemons_record(line)) {
    return false;
  }
  const std::string_view host = host_of_line(line);
  auto at = end.hosts.find(host);
  if (at == end.hosts.end()) {
    at = end.hosts.emplace(std::string(host), std::vector<RecordStamp>()).first;
  }
  std::vector<RecordStamp>& events = at->second;
  if (events.size() < kEvents && std::find(events.begin(), events.end(), *stamp) == events.end()) {
    events.push_back(*stamp);
  }
  take_processes(line, end);
  return events.size() >= kEvents;
}

LogEnd from_front(std::string_view text) {
  LogEnd end;
  end.is_cut = begins_inside_line(text);
  bool is_first = true;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (is_first && stamp_of(line)) {
      end.is_start = line.find("type=DAEMON_START ") != line.npos && is_daemons_record(line);
      is_first = false;
    }
    if (take_line(line, end) && end.hosts.size() == 1) {
      break;
    }
  }
  return end;
}

LogEnd from_back(std::string_view text) {
  LogEnd end;
  end.is_cut = !text.empty() && text.back() != '\n';
  while (!text.empty()) {
    const std::string_view rest = text.ends_with('\n') ? text.substr(0, text.size() - 1) : text;
    const std::size_t begin = rest.rfind('\n') + 1;
    if (take_line(rest.substr(begin), end) && end.hosts.size() == 1) {
      break;
    }
    text = text.substr(0, begin);
  }
  return end;
}

/// The last lines of a file; nothing where it was not read to its end.
std::optional<std::string> last_lines(const LogFile& file) {
  Source source(file);
  const bool is_plain = !source.is_carried() && !source.is_compressed();
  std::string text;
  bool begins_inside = false;
  if (is_plain && source.descriptor() >= 0 && file.bytes > 2 * kSniffBytes) {
    if (!source.seek(file.bytes - kSniffBytes)) {
      return std::nullopt;
    }
    begins_inside = true;
  }
  for (std::size_t got = kPiece; got == kPiece;) {
    const std::size_t had = text.size();
    text.resize(had + kPiece);
    got = source.read(text.data() + had, kPiece);
    text.resize(had + got);
    if (text.size() > kSniffBytes) {
      text.erase(0, text.size() - kSniffBytes);
      begins_inside = true;
    }
  }
  if (begins_inside) {
    text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
  }
  return source.problem() ? std::nullopt : std::optional(std::move(text));
}

std::optional<LogEnd> front_of(const LogFile& file) {
  const Source source(with_hosts_named(file));
  return source.content() == Content::stamped ? std::optional(from_front(source.head()))
                                              : std::nullopt;
}

std::optional<LogEnd> back_of(const LogFile& file) {
  const std::optional<std::string> lines = last_lines(with_hosts_named(file));
  return lines ? std::optional(from_back(*lines)) : std::nullopt;
}

}  // namespace

std::optional<LogEnd> oldest_of(const LogFile& file) {
  return file.is_newest_first ? back_of(file) : front_of(file);
}

std::optional<LogEnd> newest_of(const LogFile& file) {
  return file.is_newest_first ? front_of(file) : back_of(file);
}

const std::optional<LogEnd>& KnownEnds::oldest(const LogFile& file) {
  const auto [at, is_new] = oldest_.try_emplace({file.tree.get(), file.path});
  if (is_new) {
    at->second = oldest_of(file);
  }
  return at->second;
}

const std::optional<LogEnd>& KnownEnds::newest(const LogFile& file) {
  const auto [at, is_new] = newest_.try_emplace({file.tree.get(), file.path});
  if (is_new) {
    at->second = newest_of(file);
  }
  return at->second;
}

std::uint64_t time_at(const std::vector<RecordStamp>& events) {
  constexpr std::size_t kSeveral = 8;
  const auto end = events.begin() + static_cast<std::ptrdiff_t>(std::min(events.size(), kSeveral));
  return std::max_element(events.begin(), end)->ms;
}

}  // namespace auexfil::input
