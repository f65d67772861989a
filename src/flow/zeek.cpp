#include "zeek.hpp"

#include <algorithm>
#include <utility>

#include "auexfil/input/find_byte.hpp"
#include "values.hpp"

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
bool read_optional(std::string_view text, std::optional<std::uint64_t>& value) {
  return text.empty() || read_count(text, value);
}

std::optional<bool> truth_of(std::string_view text) {
  if (text.empty()) {
    return std::nullopt;
  }
  return text == "T" || text == "true";
}

/// \return the fault of it, or Fault::count_.
Fault read_time(const Values& values, TimeUs& time) {
  bool has_zone = false;
  const std::string_view text = values[Field::ts];
  // JSON may tell milliseconds since the epoch, or ISO 8601.
  const bool is_read = text.find('.') == std::string_view::npos && text.size() > 11
                           ? read_epoch(text, time) || read_iso(text, time, has_zone)
                           : read_seconds(text, time) || read_iso(text, time, has_zone);
  return is_read ? Fault::count_ : Fault::time;
}

Fault read_ends(const Values& values, Endpoint& from, Endpoint& to) {
  if (!read_address(values[Field::orig_h], from.address) ||
      !read_address(values[Field::resp_h], to.address)) {
    return Fault::address;
  }
  return read_number(values[Field::orig_p], from.port) &&
                 read_number(values[Field::resp_p], to.port)
             ? Fault::count_
             : Fault::number;
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

Fault read_conn(const Values& values, FlowRecord& record) {
  Fault fault = read_time(values, record.first);
  if (fault == Fault::count_) {
    fault = read_ends(values, record.from, record.to);
  }
  if (fault != Fault::count_) {
    return fault;
  }
  TimeUs duration = 0;
  if (!values[Field::duration].empty() && !read_seconds(values[Field::duration], duration)) {
    return Fault::time;
  }
  record.last = record.first + duration;
  std::optional<std::uint64_t> out_ip;
  std::optional<std::uint64_t> back_ip;
  std::optional<std::uint64_t> missed;
  if (!read_protocol(values[Field::proto], record.protocol) ||
      !read_optional(values[Field::orig_bytes], record.out.bytes) ||
      !read_optional(values[Field::resp_bytes], record.back.bytes) ||
      !read_optional(values[Field::orig_pkts], record.out.packets) ||
      !read_optional(values[Field::resp_pkts], record.back.packets) ||
      !read_optional(values[Field::orig_ip_bytes], out_ip) ||
      !read_optional(values[Field::resp_ip_bytes], back_ip) ||
      !read_optional(values[Field::missed_bytes], missed)) {
    return Fault::number;
  }
  read_history(values[Field::history], record);
  record.set(Flag::kGaps, record.has(Flag::kGaps) || missed.value_or(0) > 0);
  choose_layer(record, out_ip, back_ip, missed.value_or(0));
  return Fault::count_;
}

void take_conn(const Values& values, std::uint64_t line, Output& to) {
  FlowRecord record;
  record.line = line;
  record.exporter = Exporter::zeek;
  const Fault fault = read_conn(values, record);
  if (fault != Fault::count_) {
    to.fault(fault, line);
    return;
  }
  const std::string_view state = values[Field::conn_state];
  record.set(Flag::kOriginUnknown, record.has(Flag::kOriginUnknown) || state == "OTH" ||
                                       state == "SHR" || state == "RSTRH");
  record.set(Flag::kIsOpen, input::is_word(state, "S1") || input::is_word(state, "OTH"));
  record.set(Flag::kTunnelled, !values[Field::tunnel_parents].empty());
  record.service = service_of(values[Field::service]);
  read_id(values[Field::uid], line, record.id, to);
  record.observer = to.observer(values[Field::node]);
  record.nat_from = record.from;
  record.nat_to = record.to;
  to.flow(record);
}

void take_ftp(const Values& values, std::uint64_t line, Output& to) {
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

void take_file(const Values& values, std::uint64_t line, Output& to) {
  FileSeen seen;
  seen.line = line;
  const Fault fault = read_time(values, seen.time);
  if (fault != Fault::count_ || !read_optional(values[Field::seen_bytes], seen.seen) ||
      !read_optional(values[Field::total_bytes], seen.total) ||
      !read_optional(values[Field::missing_bytes], seen.missing)) {
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

void take_ssh(const Values& values, std::uint64_t line, Output& to) {
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

void take_dns(const Values& values, std::uint64_t line, Output& to) {
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

void take(Log log, const Values& values, std::uint64_t line, Output& to) {
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

}  // namespace auexfil::flow::zeek
