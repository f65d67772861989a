#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <string>

#include "lines.hpp"
#include "values.hpp"

// Source: awsdocs/amazon-vpc-user-guide, doc_source/flow-logs.md and flow-logs-records-examples.

namespace auexfil::flow {
namespace {

using Flag = FlowRecord::Flag;

enum Field : std::size_t {
  kInterface,
  kFrom,
  kTo,
  kFromPort,
  kToPort,
  kProtocol,
  kPackets,
  kBytes,
  kStart,
  kEnd,
  kAction,
  kStatus,
  kTcpFlags,
  kPacketFrom,
  kPacketTo,
  kCount
};

constexpr std::array<ColumnName, 15> kNames = {{{"interface-id", kInterface},
                                                {"srcaddr", kFrom},
                                                {"dstaddr", kTo},
                                                {"srcport", kFromPort},
                                                {"dstport", kToPort},
                                                {"protocol", kProtocol},
                                                {"packets", kPackets},
                                                {"bytes", kBytes},
                                                {"start", kStart},
                                                {"end", kEnd},
                                                {"action", kAction},
                                                {"log-status", kStatus},
                                                {"tcp-flags", kTcpFlags},
                                                {"pkt-srcaddr", kPacketFrom},
                                                {"pkt-dstaddr", kPacketTo}}};

/// What a record of version 2 has, which is what is logged where nobody chose.
constexpr std::string_view kDefault =
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start "
    "end action log-status";

/// CloudWatch's export has a time before each record.
std::string_view without_time(std::string_view text) {
  const std::size_t blank = text.find(' ');
  TimeUs time = 0;
  bool has_zone = false;
  const bool is_time =
      blank != std::string_view::npos && read_iso(text.substr(0, blank), time, has_zone);
  return is_time ? text.substr(blank + 1) : text;
}

bool is_header(std::string_view text) {
  return text.find("srcaddr") != std::string_view::npos ||
         text.find("dstaddr") != std::string_view::npos ||
         text.find("log-status") != std::string_view::npos;
}

bool ends_in_status(std::string_view text) {
  return text.ends_with(" OK") || text.ends_with(" NODATA") || text.ends_with(" SKIPDATA");
}

bool is_default(std::string_view text) {
  return text.starts_with("2 ") && std::count(text.begin(), text.end(), ' ') == 13 &&
         ends_in_status(text);
}

/// VPC flow logs: what one end sent in some minutes, as an interface of a machine's saw it.
class AwsText final : public LineFormat {
 protected:
  void line(std::string_view text, std::uint64_t number, Output& to) override {
    if (is_header(text)) {
      header(text, number, to);
      return;
    }
    if (!has_header_) {
      header(kDefault, number, to);
    }
    columns_.split<' '>(trim(without_time(text)));
    if (!is_usable_) {
      to.passed();
      return;
    }
    if (columns_.count() != layout_.width()) {
      to.fault(Fault::columns, number);
      return;
    }
    if (value(kStatus) == "SKIPDATA") {
      TimeUs from = 0;
      TimeUs until = 0;
      const bool is_told = read_epoch(value(kStart), from) && read_epoch(value(kEnd), until);
      to.lost(is_told ? from : std::numeric_limits<TimeUs>::min(),
              is_told ? until : std::numeric_limits<TimeUs>::max());
      return;
    }
    if (value(kStatus) == "NODATA") {
      to.passed();
      return;
    }
    FlowRecord record;
    record.line = number;
    if (const Fault fault = read(record); fault != Fault::count_) {
      to.fault(fault, number);
      return;
    }
    record.observer = to.observer(value(kInterface));
    to.flow(record);
  }

 private:
  void header(std::string_view text, std::uint64_t number, Output& to) {
    std::string names(trim(text));
    // As Athena's tables and Parquet spell them.
    std::replace(names.begin(), names.end(), '_', '-');
    columns_.split<' '>(names);
    layout_.read(columns_, kNames);
    has_header_ = true;
    is_usable_ = layout_.width() > 0;
    for (const Field field : {kFrom, kTo, kFromPort, kToPort, kProtocol, kStart}) {
      is_usable_ = is_usable_ && layout_.has(field);
    }
    if (!is_usable_) {
      to.fault(Fault::header, number);
    }
  }

  /// Empty: not told.
  [[nodiscard]] std::string_view value(Field field) const {
    const std::string_view text = layout_.value(columns_, field);
    return text == "-" ? std::string_view() : text;
  }

  [[nodiscard]] Fault read(FlowRecord& record) const;
  void read_roles(FlowRecord& record) const;

  Columns columns_;
  Layout<kCount> layout_;
  bool has_header_ = false;
  bool is_usable_ = false;
};

/// Within the time that is summed up SYN alone is who called, SYN and ACK who was called.
void AwsText::read_roles(FlowRecord& record) const {
  constexpr unsigned kSyn = 2;
  constexpr unsigned kAck = 16;
  unsigned flags = 0;
  record.set(Flag::kOriginUnknown);
  if (record.protocol != kTcp || !read_number(value(kTcpFlags), flags)) {
    return;
  }
  record.set(Flag::kSawStart, (flags & kSyn) != 0);
  record.set(Flag::kSawEnd, (flags & 5U) != 0);
  if ((flags & kSyn) == 0) {
    return;
  }
  record.set(Flag::kOriginUnknown, false);
  if ((flags & kAck) != 0) {
    std::swap(record.from, record.to);
    std::swap(record.nat_from, record.nat_to);
    std::swap(record.out, record.back);
  }
}

Fault AwsText::read(FlowRecord& record) const {
  record.exporter = Exporter::aws;
  record.set(Flag::kOneWay);
  record.set(Flag::kWholeSeconds);
  if (!read_epoch(value(kStart), record.first) ||
      !read_epoch(value(kEnd).empty() ? value(kStart) : value(kEnd), record.last) ||
      record.last < record.first) {
    return Fault::time;
  }
  if (!read_address(value(kFrom), record.from.address) ||
      !read_address(value(kTo), record.to.address)) {
    return Fault::address;
  }
  const auto read_optional = [](std::string_view text, std::optional<std::uint64_t>& count) {
    return text.empty() || read_count(text, count);
  };
  if (!read_protocol(value(kProtocol), record.protocol) ||
      !read_number(value(kFromPort), record.from.port) ||
      !read_number(value(kToPort), record.to.port) ||
      !read_optional(value(kPackets), record.out.packets) ||
      !read_optional(value(kBytes), record.out.bytes)) {
    return Fault::number;
  }
  record.layer = record.out.bytes ? Layer::unstated : Layer::none;
  record.set(Flag::kRefused, value(kAction) == "REJECT");
  record.nat_from = record.from;
  record.nat_to = record.to;
  audit::IpAddress other;
  if (read_address(value(kPacketFrom), other)) {
    record.nat_from.address = other;
  }
  if (read_address(value(kPacketTo), other)) {
    record.nat_to.address = other;
  }
  read_roles(record);
  return Fault::count_;
}

}  // namespace

bool is_aws_text(std::string_view head) {
  const std::string_view line = first_line(head);
  return (is_header(line) && line.find(' ') != std::string_view::npos &&
          line.find_first_of(",{\t=") == std::string_view::npos) ||
         is_default(without_time(line));
}

/// Records of an order that somebody chose, and nobody tells.
bool is_aws_custom(std::string_view head) {
  const std::string_view line = first_line(head);
  return line.find("eni-") != std::string_view::npos &&
         (line.find(" ACCEPT") != std::string_view::npos ||
          line.find(" REJECT") != std::string_view::npos || ends_in_status(line));
}

std::unique_ptr<Format> make_aws_text() {
  return std::make_unique<AwsText>();
}

}  // namespace auexfil::flow
