#include "nfdump.hpp"

#include "values.hpp"

namespace auexfil::flow::nfdump {
namespace {

using Flag = FlowRecord::Flag;

/// A clock's text, whole seconds in older versions; or a count of seconds or milliseconds.
bool read_time(std::string_view text, FlowRecord& record, TimeUs& time) {
  bool has_zone = false;
  if (read_iso(text, time, has_zone)) {
    record.set(Flag::kLocalTime, record.has(Flag::kLocalTime) || !has_zone);
    record.set(Flag::kWholeSeconds, text.find('.') == std::string_view::npos);
    return true;
  }
  return text.find('.') == std::string_view::npos ? read_epoch(text, time)
                                                  : read_seconds(text, time);
}

/// Where the exporter's uptime wrapped, or was taken for another epoch, times are whole rounds of
/// its 32 bits off. When the collector received the record tells.
void mend_wrap(const Values& values, FlowRecord& record) {
  constexpr TimeUs kRound = (TimeUs{1} << 32) * 1000;
  constexpr TimeUs kDay = TimeUs{24} * 3600 * kSecond;
  FlowRecord scratch;
  TimeUs received = 0;
  if (values[kReceived].empty() || !read_time(values[kReceived], scratch, received) ||
      received == 0) {
    return;
  }
  const TimeUs off = record.last - received;
  const TimeUs rounds = (off + (off < 0 ? -kRound : kRound) / 2) / kRound;
  const TimeUs rest = off - rounds * kRound;
  if (rounds != 0 && rest < kDay && rest > -kDay && record.first >= rounds * kRound) {
    record.first -= rounds * kRound;
    record.last -= rounds * kRound;
    record.set(Flag::kTimeMended);
  }
}

Fault read_span(const Values& values, FlowRecord& record) {
  TimeUs span = 0;
  if (!read_time(values[kFirst], record, record.first) ||
      (!values[kDuration].empty() && !read_seconds(values[kDuration], span))) {
    return Fault::time;
  }
  record.last = record.first + span;
  if (values[kDuration].empty() && !values[kLast].empty() &&
      !read_time(values[kLast], record, record.last)) {
    return Fault::time;
  }
  mend_wrap(values, record);
  return record.last < record.first ? Fault::time : Fault::count_;
}

bool read_optional(std::string_view text, std::optional<std::uint64_t>& count) {
  return text.empty() || read_count(text, count);
}

/// "...AP.SF": letters of the flags that were seen.
void read_flags(std::string_view text, FlowRecord& record) {
  unsigned seen = 0;
  for (const char c : text) {
    seen |= c == 'F' ? 1U : c == 'S' ? 2U : c == 'R' ? 4U : c == 'P' ? 8U : c == 'A' ? 16U : 0U;
  }
  set_tcp_flags(record, seen);
}

/// No address, and all that is 0, is one that was not translated.
void read_translated(std::string_view address, std::string_view port, const Endpoint& plain,
                     Endpoint& to) {
  to = plain;
  Endpoint other;
  if (read_address(address, other.address) && !other.address.is_unspecified()) {
    to.address = other.address;
    if (read_number(port, other.port) && other.port != 0) {
      to.port = other.port;
    }
  }
}

Fault read_volume(const Values& values, FlowRecord& record) {
  constexpr std::uint64_t kLeastPacket = 20;  // a header of IP
  if (!read_optional(values[kPackets], record.out.packets) ||
      !read_optional(values[kBytes], record.out.bytes) ||
      !read_optional(values[kBackPackets], record.back.packets) ||
      !read_optional(values[kBackBytes], record.back.bytes)) {
    return Fault::number;
  }
  // Between 1.7.4 and 1.7.5 JSON told packets in place of bytes.
  if (record.out.bytes && *record.out.bytes / kLeastPacket < record.out.packets.value_or(0)) {
    record.out.bytes.reset();
  }
  // 0 of both: the two directions were not merged, and the other is a record of its own.
  if (record.back.bytes.value_or(0) == 0 && record.back.packets.value_or(0) == 0) {
    record.back = {};
    record.set(Flag::kOneWay);
  }
  record.layer = record.out.bytes ? Layer::l3 : Layer::none;
  record.set(Flag::kSampled, values[kSampled] == "1");
  return Fault::count_;
}

}  // namespace

Fault read(const Values& values, FlowRecord& record) {
  record.exporter = Exporter::nfdump;
  if (const Fault fault = read_span(values, record); fault != Fault::count_) {
    return fault;
  }
  if (!read_address(values[kFrom], record.from.address) ||
      !read_address(values[kTo], record.to.address)) {
    return Fault::address;
  }
  if (!read_protocol(values[kProtocol], record.protocol)) {
    return Fault::number;
  }
  // Of ICMP the port is type and code, "8.0".
  const bool has_ports = record.protocol == kTcp || record.protocol == kUdp;
  if (has_ports && (!read_number(values[kFromPort], record.from.port) ||
                    !read_number(values[kToPort], record.to.port))) {
    return Fault::number;
  }
  if (const Fault fault = read_volume(values, record); fault != Fault::count_) {
    return fault;
  }
  record.set(Flag::kOriginUnknown);
  if (record.protocol == kTcp) {
    read_flags(values[kFlags], record);
  }
  read_translated(values[kNatFrom], values[kNatFromPort], record.from, record.nat_from);
  read_translated(values[kNatTo], values[kNatToPort], record.to, record.nat_to);
  return Fault::count_;
}

}  // namespace auexfil::flow::nfdump
