#include "zeek.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "auexfil/input/find_byte.hpp"

namespace auexfil::flow::zeek {
namespace {

using Flag = FlowRecord::Flag;

constexpr std::array<std::string_view, kFields> kNames = {"ts",
                                                          "uid",
                                                          "id.orig_h",
                                                          "id.orig_p",
                                                          "id.resp_h",
                                                          "id.resp_p",
                                                          "proto",
                                                          "service",
                                                          "duration",
                                                          "orig_bytes",
                                                          "resp_bytes",
                                                          "conn_state",
                                                          "missed_bytes",
                                                          "history",
                                                          "orig_pkts",
                                                          "orig_ip_bytes",
                                                          "resp_pkts",
                                                          "resp_ip_bytes",
                                                          "tunnel_parents",
                                                          "command",
                                                          "data_channel.passive",
                                                          "data_channel.orig_h",
                                                          "data_channel.resp_h",
                                                          "data_channel.resp_p",
                                                          "fuid",
                                                          "source",
                                                          "is_orig",
                                                          "seen_bytes",
                                                          "total_bytes",
                                                          "missing_bytes",
                                                          "conn_uids",
                                                          "auth_success",
                                                          "client",
                                                          "query",
                                                          "answers",
                                                          "_system_name"};

/// Of a count that may be unset. \return false: it is no number.
template <typename Fields>
bool read_optional(const Fields& values, Field field, std::optional<std::uint64_t>& count) {
  const std::string_view text = values[field];
  std::uint64_t number = 0;
  if (text.empty()) {
    return true;
  }
  count = values.read(text, number) ? std::optional(number) : std::nullopt;
  return count.has_value();
}

template <typename Fields>
bool read_port(const Fields& values, Field field, std::uint16_t& port) {
  std::uint64_t number = 0;
  const bool is_one =
      values.read(values[field], number) && number <= std::numeric_limits<std::uint16_t>::max();
  port = static_cast<std::uint16_t>(number);
  return is_one;
}

std::optional<bool> truth_of(std::string_view text) {
  if (text.empty()) {
    return std::nullopt;
  }
  return text == "T" || text == "true";
}

/// \return the fault of it, or Fault::count_.
template <typename Fields>
Fault read_time(const Fields& values, TimeUs& time) {
  bool has_zone = false;
  const std::string_view text = values[Field::ts];
  // JSON may tell milliseconds since the epoch, or ISO 8601.
  const bool is_read = text.find('.') == std::string_view::npos && text.size() > 11
                           ? read_epoch(text, time) || read_iso(text, time, has_zone)
                           : read_seconds(text, time) || read_iso(text, time, has_zone);
  return is_read ? Fault::count_ : Fault::time;
}

template <typename Fields>
bool read_addresses(const Fields& values, Endpoint& from, Endpoint& to) {
  return read_address(values[Field::orig_h], from.address) &&
         read_address(values[Field::resp_h], to.address);
}

template <typename Fields>
bool read_ports(const Fields& values, Endpoint& from, Endpoint& to) {
  return read_port(values, Field::orig_p, from.port) && read_port(values, Field::resp_p, to.port);
}

template <typename Fields>
Fault read_ends(const Fields& values, Endpoint& from, Endpoint& to) {
  if (!read_addresses(values, from, to)) {
    return Fault::address;
  }
  return read_ports(values, from, to) ? Fault::count_ : Fault::number;
}

/// Ids longer than their place would make two flows one: they are told as none.
void read_id(std::string_view text, std::uint64_t line, ShortText& id, Output& to) {
  if (text.size() > ShortText::kMost) {
    to.fault(Fault::long_id, line);
  }
  id.assign(text);
}

/// What `history` says: upper case is the originator's.
void read_history(std::string_view history, FlowRecord& record) {
  bool has_syn = false;
  for (const char c : history) {
    switch (c) {
      case 'S':
      case 'h':
        has_syn = true;
        break;
      case 'F':
      case 'f':
      case 'R':
      case 'r':
        record.set(Flag::kSawEnd);
        break;
      case 'G':
      case 'g':
      case 'X':
      case 'x':
        record.set(Flag::kGaps);
        break;
      case '^':
        record.set(Flag::kFlipped);
        break;
      default:
        break;
    }
  }
  record.set(Flag::kSawStart, has_syn);
  const bool is_tcp = record.protocol == kTcp;
  if (is_tcp && !history.empty() && !has_syn) {
    record.set(Flag::kMidStream);
  }
  const char first = history.empty() ? 'S' : history.front();
  record.set(Flag::kOriginUnknown, first == '^' || (first >= 'a' && first <= 'z'));
}

/// Sequence numbers come round after 4 GiB, and Zeek may not have seen that they did: its packets
/// have as much more in them than the payload, and no headers could be it.
bool has_come_round(const std::optional<std::uint64_t>& payload,
                    const std::optional<std::uint64_t>& ip,
                    const std::optional<std::uint64_t>& packets) {
  constexpr std::uint64_t kRound = std::uint64_t{1} << 32;
  constexpr std::uint64_t kMostHeaders = 120;
  if (!payload || !ip || *ip < *payload || *ip - *payload < kRound) {
    return false;
  }
  return (*ip - *payload) / kMostHeaders > packets.value_or(0) &&
         *ip - *payload - packets.value_or(0) * kMostHeaders > kRound / 2;
}

/// Payload, from the sequence numbers, unless these are of no use.
void choose_layer(FlowRecord& record, std::optional<std::uint64_t> out_ip,
                  std::optional<std::uint64_t> back_ip, std::uint64_t missed) {
  const auto is_absurd = [&](const std::optional<std::uint64_t>& payload,
                             const std::optional<std::uint64_t>& ip) {
    return payload && ip && *payload > *ip && *payload - *ip > missed;
  };
  const bool has_payload = record.out.bytes && record.back.bytes;
  const bool is_bad = is_absurd(record.out.bytes, out_ip) || is_absurd(record.back.bytes, back_ip);
  record.layer = Layer::l4;
  if ((!has_payload || is_bad) && out_ip && back_ip) {
    record.out.bytes = out_ip;
    record.back.bytes = back_ip;
    record.layer = Layer::l3;
  } else if (is_bad || !has_payload) {
    record.out.bytes.reset();
    record.back.bytes.reset();
    record.layer = Layer::none;
  }
}

/// Its times, its ends' addresses, and its bytes.
template <typename Fields>
Fault begin_conn(const Fields& values, FlowRecord& record) {
  const Fault fault = read_time(values, record.first);
  if (fault != Fault::count_) {
    return fault;
  }
  if (!read_addresses(values, record.from, record.to)) {
    return Fault::address;
  }
  TimeUs duration = 0;
  const std::string_view lasted = values[Field::duration];
  if (!lasted.empty() && !read_seconds(lasted, duration)) {
    return Fault::time;
  }
  record.last = record.first + duration;
  std::optional<std::uint64_t> out_ip;
  std::optional<std::uint64_t> back_ip;
  std::optional<std::uint64_t> missed;
  if (!read_optional(values, Field::orig_bytes, record.out.bytes) ||
      !read_optional(values, Field::resp_bytes, record.back.bytes) ||
      !read_optional(values, Field::orig_ip_bytes, out_ip) ||
      !read_optional(values, Field::resp_ip_bytes, back_ip) ||
      !read_optional(values, Field::missed_bytes, missed)) {
    return Fault::number;
  }
  record.set(Flag::kGaps, missed.value_or(0) > 0);
  choose_layer(record, out_ip, back_ip, missed.value_or(0));
  if (record.layer == Layer::l4 && out_ip && back_ip) {
    std::optional<std::uint64_t> out;
    std::optional<std::uint64_t> back;
    constexpr std::uint64_t kMuch = std::uint64_t{1} << 32;  // else nothing more is read here
    const bool has_much = std::max(*out_ip, *back_ip) > kMuch;
    if (has_much && read_optional(values, Field::orig_pkts, out) &&
        read_optional(values, Field::resp_pkts, back) &&
        (has_come_round(record.out.bytes, out_ip, out) ||
         has_come_round(record.back.bytes, back_ip, back))) {
      record.out.bytes = out_ip;
      record.back.bytes = back_ip;
      record.layer = Layer::l3;
    }
  }
  record.nat_from = record.from;
  record.nat_to = record.to;
  return Fault::count_;
}

template <typename Fields>
Fault end_conn(const Fields& values, FlowRecord& record) {
  if (!read_ports(values, record.from, record.to) ||
      !read_protocol(values[Field::proto], record.protocol) ||
      !read_optional(values, Field::orig_pkts, record.out.packets) ||
      !read_optional(values, Field::resp_pkts, record.back.packets)) {
    return Fault::number;
  }
  record.nat_from = record.from;
  record.nat_to = record.to;
  const std::string_view state = values[Field::conn_state];
  read_history(values[Field::history], record);
  record.set(Flag::kOriginUnknown, record.has(Flag::kOriginUnknown) || state == "OTH" ||
                                       state == "SHR" || state == "RSTRH");
  record.set(Flag::kIsOpen, input::is_word(state, "S1") || input::is_word(state, "OTH"));
  record.set(Flag::kTunnelled, !values[Field::tunnel_parents].empty());
  record.service = service_of(values[Field::service]);
  return Fault::count_;
}

template <typename Fields>
void take_conn(const Fields& values, std::uint64_t line, Output& to) {
  FlowRecord record;
  record.line = line;
  record.exporter = Exporter::zeek;
  Fault fault = begin_conn(values, record);
  if (fault == Fault::count_) {
    if (!to.wants(record)) {
      return;
    }
    fault = end_conn(values, record);
  }
  if (fault != Fault::count_) {
    to.fault(fault, line);
    return;
  }
  read_id(values[Field::uid], line, record.id, to);
  record.observer = to.observer(values[Field::node]);
  to.flow(record);
}

template <typename Fields>
void take_ftp(const Fields& values, std::uint64_t line, Output& to) {
  FtpCommand command;
  command.line = line;
  Fault fault = read_time(values, command.time);
  fault = fault == Fault::count_ ? read_ends(values, command.client, command.server) : fault;
  if (fault == Fault::count_ && !values[Field::data_resp_h].empty()) {
    Endpoint listens;
    if (!read_address(values[Field::data_resp_h], listens.address)) {
      fault = Fault::address;
    } else if (!read_number(values[Field::data_resp_p], listens.port)) {
      fault = Fault::number;
    }
    command.data = listens;
  }
  if (fault != Fault::count_) {
    to.fault(fault, line);
    return;
  }
  command.kind = ftp_kind_of(values[Field::command]);
  read_id(values[Field::uid], line, command.id, to);
  read_id(values[Field::fuid], line, command.file_id, to);
  to.ftp(command);
}

template <typename Fields>
void take_file(const Fields& values, std::uint64_t line, Output& to) {
  FileSeen seen;
  seen.line = line;
  const Fault fault = read_time(values, seen.time);
  if (fault != Fault::count_ || !read_optional(values, Field::seen_bytes, seen.seen) ||
      !read_optional(values, Field::total_bytes, seen.total) ||
      !read_optional(values, Field::missing_bytes, seen.missing)) {
    to.fault(fault != Fault::count_ ? fault : Fault::number, line);
    return;
  }
  // Older versions name a set of connections; one that several carried is no one's.
  std::string_view uid = values[Field::uid];
  if (uid.empty() && values[Field::conn_uids].find(',') == std::string_view::npos) {
    uid = values[Field::conn_uids];
  }
  read_id(uid, line, seen.id, to);
  read_id(values[Field::fuid], line, seen.file_id, to);
  seen.service = service_of(values[Field::source]);
  seen.from_originator = truth_of(values[Field::is_orig]);
  to.seen(seen);
}

template <typename Fields>
void take_ssh(const Fields& values, std::uint64_t line, Output& to) {
  SshSession session;
  session.line = line;
  Fault fault = read_time(values, session.time);
  fault = fault == Fault::count_ ? read_ends(values, session.client, session.server) : fault;
  if (fault != Fault::count_) {
    to.fault(fault, line);
    return;
  }
  read_id(values[Field::uid], line, session.id, to);
  session.success = truth_of(values[Field::auth_success]);
  to.ssh(session);
}

template <typename Fields>
void take_dns(const Fields& values, std::uint64_t line, Output& to) {
  NameAnswer answer;
  answer.line = line;
  Endpoint server;
  Fault fault = read_time(values, answer.time);
  fault = fault == Fault::count_ ? read_ends(values, answer.client, server) : fault;
  if (fault != Fault::count_) {
    to.fault(fault, line);
    return;
  }
  answer.name = values[Field::query];
  add_addresses(values[Field::answers], answer.addresses);
  if (answer.name.empty() || answer.addresses.empty()) {
    to.passed();
  } else {
    to.name(answer);
  }
}

}  // namespace

Field field_named(std::string_view name) {
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  return static_cast<Field>(found - kNames.begin());
}

std::string_view name_of(Field field) {
  return kNames[static_cast<std::size_t>(field)];
}

Log log_of(const std::array<bool, kFields>& has) {
  const auto is_there = [&](Field field) { return has[static_cast<std::size_t>(field)]; };
  const bool has_ends = is_there(Field::ts) && is_there(Field::orig_h) && is_there(Field::orig_p) &&
                        is_there(Field::resp_h) && is_there(Field::resp_p);
  if (is_there(Field::ts) && is_there(Field::fuid) && is_there(Field::seen_bytes)) {
    return Log::files;
  }
  if (!has_ends) {
    return Log::none;
  }
  // An unset field is absent in JSON: a connection without one of these two is none.
  if (is_there(Field::conn_state) && is_there(Field::proto)) {
    return Log::conn;
  }
  if (is_there(Field::command)) {
    return Log::ftp;
  }
  if (is_there(Field::query)) {
    return Log::dns;
  }
  return is_there(Field::client) || is_there(Field::auth_success) ? Log::ssh : Log::none;
}

template <typename Fields>
void take(Log log, const Fields& values, std::uint64_t line, Output& to) {
  switch (log) {
    case Log::conn:
      return take_conn(values, line, to);
    case Log::ftp:
      return take_ftp(values, line, to);
    case Log::files:
      return take_file(values, line, to);
    case Log::ssh:
      return take_ssh(values, line, to);
    case Log::dns:
      return take_dns(values, line, to);
    case Log::none:
      return to.passed();
  }
}

template void take(Log log, const Values& values, std::uint64_t line, Output& to);
template void take(Log log, const LineValues& values, std::uint64_t line, Output& to);

}  // namespace auexfil::flow::zeek
