#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

#include "auexfil/input/system_log.hpp"
#include "lines.hpp"
#include "values.hpp"

// Source: torvalds/linux, net/netfilter/nf_log_syslog.c and xt_AUDIT.c.

namespace auexfil::flow {
namespace {

using Flag = FlowRecord::Flag;

constexpr std::string_view kAuditType = "type=NETFILTER_PKT msg=audit(";

/// The value behind the first " KEY=", before what a packet of ICMP quotes.
std::string_view value_of(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) {
    return {};
  }
  text.remove_prefix(at + key.size());
  return text.substr(0, std::min(text.find(' '), text.size()));
}

bool is_log_line(std::string_view text) {
  const std::size_t at = text.find(" SRC=");
  return at != std::string_view::npos && text.find(" DST=", at) != std::string_view::npos &&
         text.find(" PROTO=", at) != std::string_view::npos;
}

/// Of a clock whose year is not told: the last one in which it was before the file was written.
bool read_wall(input::WallTime wall, TimeUs written, TimeUs& time) {
  namespace chrono = std::chrono;
  constexpr TimeUs kDay = TimeUs{24} * 3600 * kSecond;
  const bool is_told = wall.year != 0;
  if (!is_told && written <= 0) {
    return false;
  }
  if (!is_told) {
    const chrono::sys_days day{chrono::days{written / kDay}};
    wall.year = static_cast<int>(chrono::year_month_day{day}.year());
  }
  for (int year = wall.year; year >= std::max(wall.year - 4, 1970); --year) {
    const chrono::year_month_day date{chrono::year{year}, chrono::month{wall.month},
                                      chrono::day{wall.day}};
    if (!date.ok()) {
      continue;  // 29 February
    }
    time = chrono::sys_days{date}.time_since_epoch().count() * kDay + TimeUs{wall.ms_of_day} * 1000;
    if (is_told || time <= written + kDay) {
      return true;
    }
  }
  return false;
}

Fault read_ends(std::string_view src, std::string_view dst, std::string_view sport,
                std::string_view dport, FlowRecord& record) {
  if (!read_address(src, record.from.address) || !read_address(dst, record.to.address)) {
    return Fault::address;
  }
  return (sport.empty() || read_number(sport, record.from.port)) &&
                 (dport.empty() || read_number(dport, record.to.port))
             ? Fault::count_
             : Fault::number;
}

/// One packet, by iptables' LOG or nftables' log.
Fault read_log(std::string_view text, FlowRecord& record) {
  text = text.substr(0, text.find(" [", text.find(" SRC=")));
  const Fault fault = read_ends(value_of(text, " SRC="), value_of(text, " DST="),
                                value_of(text, " SPT="), value_of(text, " DPT="), record);
  if (fault != Fault::count_) {
    return fault;
  }
  if (!read_protocol(value_of(text, " PROTO="), record.protocol)) {
    return Fault::number;
  }
  const std::string_view uid = value_of(text, " UID=");
  std::uint32_t number = 0;
  if (!uid.empty()) {
    if (!read_number(uid, number)) {
      return Fault::number;
    }
    record.uid = number;
  }
  const bool has_syn = text.find(" SYN ") != std::string_view::npos;
  const bool has_ack = text.find(" ACK ") != std::string_view::npos;
  record.set(Flag::kSawStart, has_syn);
  record.set(Flag::kOriginUnknown, !has_syn);
  if (has_syn && has_ack) {
    std::swap(record.from, record.to);
  }
  return Fault::count_;
}

/// One packet, by the AUDIT target.
Fault read_audit(std::string_view text, FlowRecord& record) {
  const std::string_view stamp = text.substr(text.find(kAuditType) + kAuditType.size());
  if (!read_seconds(stamp.substr(0, stamp.find(':')), record.first)) {
    return Fault::time;
  }
  const Fault fault = read_ends(value_of(text, " saddr="), value_of(text, " daddr="),
                                value_of(text, " sport="), value_of(text, " dport="), record);
  record.set(Flag::kOriginUnknown);
  return fault != Fault::count_ || read_protocol(value_of(text, " proto="), record.protocol)
             ? fault
             : Fault::number;
}

/// Lines of a firewall among others: that two spoke and, at best, for which user. Rules see some
/// packets of a connection, so that their lengths are no volume.
class Firewall final : public LineFormat {
 protected:
  void line(std::string_view text, std::uint64_t number, Output& to) override {
    const bool is_audit = text.find(kAuditType) != std::string_view::npos;
    if (!is_audit && !is_log_line(text)) {
      to.passed();
      return;
    }
    FlowRecord record;
    record.line = number;
    record.exporter = Exporter::firewall;
    record.set(Flag::kExistenceOnly);
    record.set(Flag::kOneWay);
    const Fault fault = is_audit ? read_audit(text, record) : read_logged(text, record, to);
    if (fault != Fault::count_) {
      to.fault(fault, number);
      return;
    }
    record.last = record.first;
    record.nat_from = record.from;
    record.nat_to = record.to;
    to.flow(record);
  }

 private:
  static Fault read_logged(std::string_view text, FlowRecord& record, Output& to) {
    input::SystemLine header;
    if (!input::parse_system_line(text, header)) {
      return Fault::no_date;
    }
    if (header.time) {
      record.first = *header.time * 1000;
    } else if (!header.wall || !read_wall(*header.wall, to.written(), record.first)) {
      return Fault::no_date;
    }
    record.set(Flag::kLocalTime, !header.time);
    record.set(Flag::kWholeSeconds, !header.time);
    record.observer = to.observer(header.host);
    return read_log(text, record);
  }
};

}  // namespace

bool is_firewall(std::string_view head) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    const std::string_view line = head.substr(0, end);
    if (is_log_line(line) || line.find(kAuditType) != std::string_view::npos) {
      return true;
    }
    head.remove_prefix(std::min(end + 1, head.size()));
  }
  return false;
}

std::unique_ptr<Format> make_firewall() {
  return std::make_unique<Firewall>();
}

}  // namespace auexfil::flow
