#include "header_hosts.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "auexfil/input/log_header.hpp"
#include "auexfil/input/system_log.hpp"
#include "source.hpp"

namespace auexfil::input {
namespace {

constexpr std::uint64_t kPlaces = 16;  // of a file that are looked at
constexpr std::size_t kPlaceBytes = std::size_t{8} << 10;

/// Leaves the source where the last place is.
void take_places(Source& source, std::uint64_t size, HeaderHosts& hosts) {
  std::string text;
  for (std::uint64_t i = 1; i <= kPlaces && !hosts.has_several(); ++i) {
    const std::uint64_t end = size - std::min<std::uint64_t>(size, kPlaceBytes);
    const std::uint64_t place = i == kPlaces ? end : size / kPlaces * i;
    if (place < kSniffBytes) {
      continue;  // what was looked at, in its order
    }
    if (!source.seek(place)) {
      return;
    }
    text.resize(kPlaceBytes);
    text.resize(source.read(text.data(), text.size()));
    text.erase(0, std::min(text.find('\n'), text.size()));
    hosts.take(text);
  }
}

}  // namespace

std::string_view named_host(std::string_view line) {
  constexpr std::string_view kNode = "node=";
  const std::size_t record = find_carried_record(line);
  if (record == std::string_view::npos) {
    return {};
  }
  const std::string_view behind = line.substr(record);
  return behind.starts_with(kNode)
             ? behind.substr(kNode.size(), behind.find(" type=") - kNode.size())
             : host_of_header(line.substr(0, record));
}

bool may_be_one_host(std::string_view a, std::string_view b) {
  const auto is_front = [](std::string_view front, std::string_view of) {
    return of.starts_with(front) && (of.size() == front.size() || of[front.size()] == '.');
  };
  return a.empty() || b.empty() || is_front(a, b) || is_front(b, a);
}

bool is_any_machine(std::string_view host) {
  return host == "localhost" || host.starts_with("localhost.") || host == "(none)";
}

bool is_address(std::string_view host) {
  return host.find(':') != std::string_view::npos ||
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool may_be_one_by_two_ways(std::string_view a, std::string_view b) {
  return may_be_one_host(a, b) || is_address(a) != is_address(b);
}

void HeaderHosts::take_host(std::string_view host, const RecordStamp& stamp, bool is_next) {
  // Serials that events of one moment may be written apart; that a log may lack in one place.
  constexpr std::uint64_t kDisorder = 16;
  constexpr std::uint64_t kMissing = 1024;
  constexpr std::size_t kEnough = 8;  // lines: a long call has the time of its beginning
  if (!host.empty() && !may_be_one_host(host, last_)) {
    // A machine that is given a name has another one from then on, and goes on with its numbers.
    has_several_ = has_several_ || has_changed_ || stamp.serial + kDisorder < serial_ ||
                   (is_next && stamp.serial > serial_ + kMissing);
    has_changed_ = true;
    last_ = host;
  } else if (last_.empty()) {
    last_ = host;
  }
  serial_ = std::max(serial_, stamp.serial);
  if (!has_changed_) {
    latest_ = std::max(latest_, stamp.ms);
  } else if (behind_ < kEnough) {
    of_them_ = std::max(of_them_, stamp.ms);
    has_several_ = has_several_ || (++behind_ == kEnough && of_them_ < latest_);
  }
}

void HeaderHosts::take(std::string_view lines) {
  bool is_next = false;
  for (std::size_t end = lines.find('\n'); end != std::string_view::npos && !has_several_;
       end = lines.find('\n')) {
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end + 1);
    const std::size_t record = find_carried_record(line);
    if (record == 0 || record == std::string_view::npos ||
        line.substr(record).starts_with("node=") || is_daemons_record(line.substr(record))) {
      continue;
    }
    if (const std::optional<RecordStamp> stamp = stamp_of(line.substr(record))) {
      take_host(host_of_header(line.substr(0, record)), *stamp, is_next);
      is_next = true;
    }
  }
}

ToldHosts told_hosts(const std::vector<LogFile>& files) {
  ToldHosts told;
  HeaderHosts hosts;
  bool differ = false;
  for (const LogFile& file : files) {
    if (file.is_stream || file.is_done || file.path == "-") {
      continue;
    }
    Source source(file);
    if (source.names_hosts()) {
      return {true, {}};
    }
    if (source.is_carried()) {
      const std::string_view host = source.first_host();
      if (!may_be_one_host(host, told.only)) {
        return {true, {}};
      }
      told.only = told.only.empty() ? host : told.only;
    } else if (source.content() == Content::stamped) {
      HeaderHosts of_file;
      of_file.take(source.head());
      hosts.take(source.head());
      if (of_file.has_any() && source.descriptor() >= 0) {
        take_places(source, file.bytes, hosts);
      }
    }
  }
  if (hosts.has_several()) {
    return {true, {}};
  }
  if (hosts.has_any()) {
    differ = !may_be_one_host(hosts.only(), told.only);
    told.only = hosts.only();
  }
  if (differ || is_any_machine(told.only)) {
    told.only.clear();
  }
  return told;
}

}  // namespace auexfil::input
