#include <array>

#include <fmt/format.h>

#include "auexfil/input/fnv.hpp"
#include "json_fields.hpp"
#include "lines.hpp"
#include "values.hpp"

// Source: elastic/ecs (schemas/{source,network,event}.yml), elastic/beats (packetbeat/flows);
// cloud.google.com/vpc/docs/about-flow-logs-records; MicrosoftDocs/azure-docs,
// articles/network-watcher/{nsg,vnet}-flow-logs-overview.md.

namespace auexfil::flow::json {
namespace {

using Flag = FlowRecord::Flag;

bool read_optional(std::string_view text, std::optional<std::uint64_t>& count) {
  return text.empty() || read_count(text, count);
}

/// BigQuery exports whole numbers with a point: "443.0".
std::string_view whole(std::string_view text) {
  const std::size_t point = text.find('.');
  const bool is_whole = point != std::string_view::npos && point + 1 < text.size() &&
                        text.find_first_not_of('0', point + 1) == std::string_view::npos;
  return is_whole ? text.substr(0, point) : text;
}

bool read_port(std::string_view text, std::uint16_t& port) {
  return text.empty() || read_number(text, port);
}

Fault read_gcp(const Values& values, FlowRecord& record) {
  bool has_zone = false;
  if (!read_iso(values[kGcpStart], record.first, has_zone) ||
      !read_iso(values[kGcpEnd].empty() ? values[kGcpStart] : values[kGcpEnd], record.last,
                has_zone) ||
      record.last < record.first) {
    return Fault::time;
  }
  if (!read_address(values[kGcpFrom], record.from.address) ||
      !read_address(values[kGcpTo], record.to.address)) {
    return Fault::address;
  }
  return read_protocol(whole(values[kGcpProtocol]), record.protocol) &&
                 read_port(whole(values[kGcpFromPort]), record.from.port) &&
                 read_port(whole(values[kGcpToPort]), record.to.port) &&
                 read_optional(whole(values[kGcpBytes]), record.out.bytes) &&
                 read_optional(whole(values[kGcpPackets]), record.out.packets)
             ? Fault::count_
             : Fault::number;
}

/// Elastic's schema has a flow's beginning and end, or a document's time and how long it took.
bool read_ecs_times(const Values& values, FlowRecord& record) {
  bool has_zone = false;
  if (!read_iso(values[kEcsStart].empty() ? values[kEcsTime] : values[kEcsStart], record.first,
                has_zone)) {
    return false;
  }
  record.last = record.first;
  if (!values[kEcsEnd].empty()) {
    return read_iso(values[kEcsEnd], record.last, has_zone) && record.last >= record.first;
  }
  constexpr std::uint64_t kNanoseconds = 1000;
  constexpr std::uint64_t kMost = std::uint64_t{1} << 60;
  std::optional<std::uint64_t> took;
  if (!read_optional(values[kEcsDuration], took) || took.value_or(0) > kMost) {
    return false;
  }
  record.last += static_cast<TimeUs>(took.value_or(0) / kNanoseconds);
  return true;
}

Fault read_ecs(const Values& values, FlowRecord& record) {
  if (!read_ecs_times(values, record)) {
    return Fault::time;
  }
  if (!read_address(values[kEcsFrom], record.from.address) ||
      !read_address(values[kEcsTo], record.to.address)) {
    return Fault::address;
  }
  return read_protocol(values[kEcsTransport], record.protocol) &&
                 read_port(values[kEcsFromPort], record.from.port) &&
                 read_port(values[kEcsToPort], record.to.port) &&
                 read_optional(values[kEcsFromBytes], record.out.bytes) &&
                 read_optional(values[kEcsFromPackets], record.out.packets) &&
                 read_optional(values[kEcsToBytes], record.back.bytes) &&
                 read_optional(values[kEcsToPackets], record.back.packets)
             ? Fault::count_
             : Fault::number;
}

/// The columns of a tuple. Both kinds have them in this order up to the direction.
enum Column : std::size_t { kTime, kSource, kTarget, kSourcePort, kTargetPort, kProtocolOf, kWay };

/// What follows: a network security group's tuple says accepted or denied, then the state; one of a
/// virtual network the state, then how it is encrypted.
struct Rest {
  std::string_view state;
  bool is_denied = false;
  std::size_t volume = 0;  ///< the column of packets sent; 0: there are none
};

Rest rest_of(const Columns& columns, bool is_of_group) {
  constexpr std::size_t kOld = 8;
  constexpr std::size_t kFull = 13;
  Rest rest;
  const std::string_view after = columns[kWay + 1];
  rest.is_denied = after == "D";
  rest.state = is_of_group && columns.count() > kOld ? columns[kWay + 2] : after;
  rest.volume = columns.count() == kFull ? kWay + 3 : 0;
  return rest;
}

Fault read_tuple(const Columns& columns, FlowRecord& record) {
  constexpr std::size_t kOld = 8;
  constexpr std::size_t kFull = 13;
  if (columns.count() != kOld && columns.count() != kFull) {
    return Fault::columns;
  }
  if (!read_epoch(columns[kTime], record.first)) {
    return Fault::time;
  }
  record.last = record.first;
  if (!read_address(columns[kSource], record.from.address) ||
      !read_address(columns[kTarget], record.to.address)) {
    return Fault::address;
  }
  const std::string_view protocol = columns[kProtocolOf];
  const bool is_of_group = protocol == "T" || protocol == "U";
  record.protocol = protocol == "T" ? kTcp : kUdp;
  if ((!is_of_group && !read_protocol(protocol, record.protocol)) ||
      !read_number(columns[kSourcePort], record.from.port) ||
      !read_number(columns[kTargetPort], record.to.port)) {
    return Fault::number;
  }
  const Rest rest = rest_of(columns, is_of_group);
  const bool begins = rest.state == "B";
  record.set(Flag::kRefused, rest.is_denied);
  record.set(Flag::kSawStart, begins);
  record.set(Flag::kSawEnd, rest.state == "E");
  record.set(Flag::kIsOpen, begins);  // and a state that goes on is of what was since the last
  record.set(Flag::kStartUnknown, rest.state == "C" || rest.state == "E");
  record.set(Flag::kExistenceOnly, rest.volume == 0);
  if (rest.volume == 0 || begins || rest.is_denied) {
    return Fault::count_;
  }
  record.layer = Layer::unstated;
  return read_optional(columns[rest.volume], record.out.packets) &&
                 read_optional(columns[rest.volume + 1], record.out.bytes) &&
                 read_optional(columns[rest.volume + 2], record.back.packets) &&
                 read_optional(columns[rest.volume + 3], record.back.bytes)
             ? Fault::count_
             : Fault::number;
}

}  // namespace

void take_gcp(const Values& values, std::uint64_t line, Output& to) {
  FlowRecord record;
  record.line = line;
  record.exporter = Exporter::gcp;
  if (const Fault fault = read_gcp(values, record); fault != Fault::count_) {
    to.fault(fault, line);
    return;
  }
  record.layer = record.out.bytes ? Layer::unstated : Layer::none;
  record.set(Flag::kOneWay);
  record.set(Flag::kOriginUnknown);
  record.set(Flag::kSampled);
  // Two machines that are both reported on tell the same flow twice.
  record.observer = to.observer(values[kGcpReporter]);
  record.nat_from = record.from;
  record.nat_to = record.to;
  to.flow(record);
}

void take_ecs(const Values& values, std::uint64_t line, Output& to) {
  FlowRecord record;
  record.line = line;
  // What is summed over a window, or sampled, stays so.
  const std::string_view dataset = values[kEcsDataset];
  record.exporter = dataset.starts_with("aws.")     ? Exporter::aws
                    : dataset.starts_with("gcp.")   ? Exporter::gcp
                    : dataset.starts_with("azure.") ? Exporter::azure
                                                    : Exporter::ecs;
  record.set(Flag::kSampled, record.exporter == Exporter::gcp);
  const bool has_bytes = !values[kEcsFromBytes].empty() || !values[kEcsToBytes].empty();
  if (!has_bytes || values[kEcsTransport].empty()) {
    to.passed();  // anything has a source and a destination there
    return;
  }
  if (const Fault fault = read_ecs(values, record); fault != Fault::count_) {
    to.fault(fault, line);
    return;
  }
  record.layer = Layer::unstated;
  record.set(Flag::kOneWay, !record.back.bytes);
  record.set(Flag::kOriginUnknown, !record.back.bytes);
  record.set(Flag::kRefused, values[kEcsTypes].find("denied") != std::string_view::npos);
  record.set(Flag::kIsOpen, values[kEcsFinal] == "false");  // Packetbeat's totals so far
  if (values[kEcsFlowId].size() <= ShortText::kMost) {
    record.id = ShortText(values[kEcsFlowId]);
  } else {
    to.fault(Fault::long_id, line);
  }
  record.observer = to.observer(values[kEcsObserver]);
  record.nat_from = record.from;
  record.nat_to = record.to;
  to.flow(record);
}

/// What is logged of one interface by a security group of its own, by its subnet's and by its
/// virtual network are the same flows, each told whole.
void take_azure(const Values& values, std::uint64_t line, Output& to) {
  const std::uint32_t observer =
      to.observer(fmt::format("{} {:016x}", values[kNic].empty() ? values[kSystem] : values[kNic],
                              input::fnv(input::kFnvBegin, values[kResource])));
  Columns columns;
  for (const std::string_view tuple : values.tuples) {
    columns.split<','>(tuple);
    FlowRecord record;
    record.line = line;
    record.exporter = Exporter::azure;
    if (const Fault fault = read_tuple(columns, record); fault != Fault::count_) {
      to.fault(fault, line);
      continue;
    }
    record.observer = observer;
    record.nat_from = record.from;
    record.nat_to = record.to;
    to.flow(record);
  }
}

}  // namespace auexfil::flow::json
