#include <algorithm>
#include <charconv>

#include "json_fields.hpp"
#include "values.hpp"

// Source: OISF/suricata, src/output-json-{flow,netflow,ftp,dns}.c, doc/userguide/output/eve.

namespace auexfil::flow::json {
namespace {

using Flag = FlowRecord::Flag;

bool read_optional(std::string_view text, std::optional<std::uint64_t>& count) {
  return text.empty() || read_count(text, count);
}

bool read_time(std::string_view text, TimeUs& time) {
  bool has_zone = false;
  return read_iso(text, time, has_zone);
}

/// "1b"
unsigned flags_of(std::string_view hexadecimal) {
  unsigned flags = 0;
  std::from_chars(hexadecimal.data(), hexadecimal.data() + hexadecimal.size(), flags, 16);
  return flags;
}

Fault read_ends(const Values& values, Endpoint& from, Endpoint& to) {
  if (!read_address(values[kFrom], from.address) || !read_address(values[kTo], to.address)) {
    return Fault::address;
  }
  // ICMP has none.
  return (values[kFromPort].empty() || read_number(values[kFromPort], from.port)) &&
                 (values[kToPort].empty() || read_number(values[kToPort], to.port))
             ? Fault::count_
             : Fault::number;
}

Fault read_span(std::string_view start, std::string_view end, FlowRecord& record) {
  if (!read_time(start, record.first) || !read_time(end.empty() ? start : end, record.last)) {
    return Fault::time;
  }
  return record.last < record.first ? Fault::time : Fault::count_;
}

/// Both directions; what was bypassed is counted already.
Fault read_flow(const Values& values, FlowRecord& record) {
  record.exporter = Exporter::suricata_flow;
  if (!read_optional(values[kOutPackets], record.out.packets) ||
      !read_optional(values[kBackPackets], record.back.packets) ||
      !read_optional(values[kOutBytes], record.out.bytes) ||
      !read_optional(values[kBackBytes], record.back.bytes)) {
    return Fault::number;
  }
  if (record.protocol == kTcp) {
    set_tcp_flags(record, flags_of(values[kOutFlags]) | flags_of(values[kBackFlags]));
    // The client's packets have its SYN, or who is the client is what came first.
    if ((flags_of(values[kOutFlags]) & 2U) == 0) {
      record.set(Flag::kMidStream);
      record.set(Flag::kOriginUnknown);
    }
  }
  record.set(Flag::kGaps, values[kOutGap] == "true" || values[kBackGap] == "true");
  return read_span(values[kFlowStart], values[kFlowEnd], record);
}

/// One direction, whatever the manual says: what `src_ip` sent.
Fault read_netflow(const Values& values, FlowRecord& record) {
  record.exporter = Exporter::suricata_netflow;
  record.set(Flag::kOneWay);
  record.set(Flag::kOriginUnknown);
  if (!read_optional(values[kNetPackets], record.out.packets) ||
      !read_optional(values[kNetBytes], record.out.bytes)) {
    return Fault::number;
  }
  return read_span(values[kNetStart], values[kNetEnd], record);
}

ShortText id_of(const Values& values, std::uint64_t line, Output& to) {
  if (values[kFlowId].size() > ShortText::kMost) {
    to.fault(Fault::long_id, line);
  }
  return ShortText(values[kFlowId]);
}

void take_flow(const Values& values, std::uint64_t line, Output& to) {
  FlowRecord record;
  record.line = line;
  Fault fault = read_ends(values, record.from, record.to);
  if (fault == Fault::count_ && !read_protocol(values[kProtocol], record.protocol)) {
    fault = Fault::number;
  }
  if (fault == Fault::count_) {
    fault = values[kEventType] == "flow" ? read_flow(values, record) : read_netflow(values, record);
  }
  if (fault != Fault::count_) {
    to.fault(fault, line);
    return;
  }
  record.layer = record.out.bytes || record.back.bytes ? Layer::l2 : Layer::none;
  record.service = service_of(values[kAppProtocol]);
  record.id = id_of(values, line, to);
  record.observer = to.observer(values[kHost].empty() ? values[kInterface] : values[kHost]);
  record.nat_from = record.from;
  record.nat_to = record.to;
  to.flow(record);
}

void take_ftp(const Values& values, std::uint64_t line, Output& to) {
  FtpCommand command;
  command.line = line;
  Fault fault = read_ends(values, command.client, command.server);
  if (fault == Fault::count_ && !read_time(values[kTimestamp], command.time)) {
    fault = Fault::time;
  }
  Endpoint listens;
  if (fault == Fault::count_ && !values[kFtpPort].empty() && values[kFtpPort] != "0") {
    fault = read_number(values[kFtpPort], listens.port) ? Fault::count_ : Fault::number;
    listens.address =
        values[kFtpMode] == "active" ? command.client.address : command.server.address;
    command.data = listens;
  }
  if (fault != Fault::count_) {
    to.fault(fault, line);
    return;
  }
  const bool is_data = values[kEventType] == "ftp_data";
  command.kind = ftp_kind_of(values[is_data ? kFtpDataCommand : kFtpCommand]);
  (is_data ? command.data_id : command.id) = id_of(values, line, to);
  to.ftp(command);
}

void take_file(const Values& values, std::uint64_t line, Output& to) {
  FileSeen seen;
  seen.line = line;
  if (!read_time(values[kTimestamp], seen.time)) {
    to.fault(Fault::time, line);
    return;
  }
  if (!read_optional(values[kFileSize], seen.seen)) {
    to.fault(Fault::number, line);
    return;
  }
  seen.id = id_of(values, line, to);
  seen.service = service_of(values[kAppProtocol]);
  to.seen(seen);
}

void take_ssh(const Values& values, std::uint64_t line, Output& to) {
  SshSession session;
  session.line = line;
  Fault fault = read_ends(values, session.client, session.server);
  if (fault == Fault::count_ && !read_time(values[kTimestamp], session.time)) {
    fault = Fault::time;
  }
  if (fault != Fault::count_) {
    to.fault(fault, line);
    return;
  }
  session.id = id_of(values, line, to);
  to.ssh(session);
}

/// An answer's event runs from the client to the server as well, or, since Suricata 8, as its
/// packet did.
void take_dns(const Values& values, std::uint64_t line, Output& to) {
  NameAnswer answer;
  answer.line = line;
  answer.name = values[kDnsName];
  Endpoint server;
  if (!read_time(values[kTimestamp], answer.time)) {
    to.fault(Fault::time, line);
    return;
  }
  add_addresses(values[kDnsAnswers], answer.addresses);
  if (answer.name.empty() || answer.addresses.empty() ||
      read_ends(values, answer.client, server) != Fault::count_) {
    to.passed();
    return;
  }
  constexpr std::uint16_t kDns = 53;
  if (answer.client.port == kDns && server.port != kDns) {
    answer.client = server;
  }
  to.name(answer);
}

}  // namespace

void take_suricata(const Values& values, std::uint64_t line, Output& to) {
  const std::string_view type = values[kEventType];
  if (type == "flow" || type == "netflow") {
    take_flow(values, line, to);
  } else if (type == "ftp" || type == "ftp_data") {
    take_ftp(values, line, to);
  } else if (type == "fileinfo") {
    take_file(values, line, to);
  } else if (type == "ssh") {
    take_ssh(values, line, to);
  } else if (type == "dns") {
    take_dns(values, line, to);
  } else {
    to.passed();
  }
}

}  // namespace auexfil::flow::json
