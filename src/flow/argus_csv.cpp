#include <algorithm>
#include <array>
#include <memory>

#include "auexfil/input/find_byte.hpp"
#include "lines.hpp"
#include "values.hpp"

// Source: ra(1), rarc(5), and what `ra -c ,` of argus-client 3.0.8 prints.

namespace auexfil::flow {
namespace {

using Flag = FlowRecord::Flag;

enum Field : std::size_t {
  kStart,
  kLast,
  kDuration,
  kFlags,
  kProtocol,
  kFrom,
  kFromPort,
  kDirection,
  kTo,
  kToPort,
  kOutPackets,
  kBackPackets,
  kOutBytes,
  kBackBytes,
  kAllBytes,
  kState,
  kSensor,
  kCount
};

constexpr std::array<ColumnName, 17> kNames = {{{"StartTime", kStart},
                                                {"LastTime", kLast},
                                                {"Dur", kDuration},
                                                {"Flgs", kFlags},
                                                {"Proto", kProtocol},
                                                {"SrcAddr", kFrom},
                                                {"Sport", kFromPort},
                                                {"Dir", kDirection},
                                                {"DstAddr", kTo},
                                                {"Dport", kToPort},
                                                {"SrcPkts", kOutPackets},
                                                {"DstPkts", kBackPackets},
                                                {"SrcBytes", kOutBytes},
                                                {"DstBytes", kBackBytes},
                                                {"TotBytes", kAllBytes},
                                                {"State", kState},
                                                {"SrcId", kSensor}}};

/// Seconds (ra -u), or a date and a clock's time: "2026/12/02.01:02:03.5", "2026-12-02 01:02:03.5".
bool read_time(std::string_view text, FlowRecord& record, TimeUs& time) {
  if (read_seconds(text, time)) {
    return true;
  }
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kMost = 48;
  std::array<char, kMost> iso{};
  if (text.size() <= kDate || text.size() > kMost) {
    return false;
  }
  std::copy(text.begin(), text.end(), iso.begin());
  std::replace(iso.begin(), iso.begin() + kDate, '/', '-');
  if (iso[kDate] == '.') {
    iso[kDate] = 'T';
  }
  bool has_zone = false;
  if (!read_iso({iso.data(), text.size()}, time, has_zone)) {
    return false;
  }
  record.set(Flag::kLocalTime, record.has(Flag::kLocalTime) || !has_zone);
  return true;
}

/// A clock's time alone: of which day nobody knows.
bool has_no_date(std::string_view text) {
  return text.size() >= 8 && text[2] == ':' && text[5] == ':';
}

/// Records of `ra -c ,`: bytes with link headers, status records with what was since the last.
class ArgusCsv final : public LineFormat {
 protected:
  void line(std::string_view text, std::uint64_t number, Output& to) override {
    columns_.split<','>(text);
    if (is_header(text)) {
      layout_.read(columns_, kNames);
      is_usable_ = layout_.width() > 0;
      for (const Field field : {kStart, kProtocol, kFrom, kFromPort, kTo, kToPort}) {
        is_usable_ = is_usable_ && layout_.has(field);
      }
      if (!is_usable_) {
        to.fault(Fault::header, number);
      }
      return;
    }
    if (columns_.count() != layout_.width()) {
      to.fault(Fault::columns, number);
      return;
    }
    FlowRecord record;
    // Of itself ("man"), and of what is no IP ("arp").
    if (!is_usable_ || !read_protocol(value(kProtocol), record.protocol)) {
      to.passed();
      return;
    }
    record.line = number;
    if (const Fault fault = read(record); fault != Fault::count_) {
      to.fault(fault, number);
      return;
    }
    record.observer = to.observer(value(kSensor));
    to.flow(record);
  }

 private:
  static bool is_header(std::string_view text) {
    return text.find("SrcAddr,") != std::string_view::npos;
  }

  [[nodiscard]] std::string_view value(Field field) const {
    return trim(layout_.value(columns_, field));
  }

  [[nodiscard]] bool read_optional(Field field, std::optional<std::uint64_t>& count) const {
    return value(field).empty() || read_count(value(field), count);
  }

  [[nodiscard]] Fault read(FlowRecord& record) const;
  [[nodiscard]] Fault read_span(FlowRecord& record) const;
  [[nodiscard]] Fault read_volume(FlowRecord& record) const;
  void read_state(FlowRecord& record) const;

  Columns columns_;
  Layout<kCount> layout_;
  bool is_usable_ = false;
};

Fault ArgusCsv::read_span(FlowRecord& record) const {
  if (has_no_date(value(kStart))) {
    return Fault::no_date;
  }
  TimeUs span = 0;
  if (!read_time(value(kStart), record, record.first) ||
      (!value(kDuration).empty() && !read_seconds(value(kDuration), span))) {
    return Fault::time;
  }
  record.last = record.first + span;
  if (!value(kLast).empty() && !read_time(value(kLast), record, record.last)) {
    return Fault::time;
  }
  return record.last < record.first ? Fault::time : Fault::count_;
}

Fault ArgusCsv::read_volume(FlowRecord& record) const {
  std::optional<std::uint64_t> all;
  if (!read_optional(kOutPackets, record.out.packets) ||
      !read_optional(kBackPackets, record.back.packets) ||
      !read_optional(kOutBytes, record.out.bytes) ||
      !read_optional(kBackBytes, record.back.bytes) || !read_optional(kAllBytes, all)) {
    return Fault::number;
  }
  if (!record.out.bytes && !record.back.bytes) {
    record.both = all;
  }
  const bool has_bytes = record.out.bytes || record.back.bytes || record.both;
  record.layer = has_bytes ? Layer::l2 : Layer::none;
  return Fault::count_;
}

/// The arrow points to who was called. A question mark: the call was not seen.
void ArgusCsv::read_state(FlowRecord& record) const {
  const std::string_view arrow = value(kDirection);
  const bool is_unsure = arrow.find('?') != std::string_view::npos;
  record.set(Flag::kOriginUnknown, is_unsure || arrow.empty());
  record.set(Flag::kMidStream, is_unsure && record.protocol == kTcp);
  if (arrow.starts_with("<") && !arrow.ends_with(">")) {
    std::swap(record.from, record.to);
    std::swap(record.out, record.back);
  }
  const std::string_view state = value(kState);
  record.set(Flag::kSawStart, record.protocol == kTcp && input::is_word(state, "REQ"));
  record.set(Flag::kSawEnd, state == "FIN" || state == "RST" || state == "CLO");
  record.set(Flag::kGaps, value(kFlags).find('g') != std::string_view::npos);
}

Fault ArgusCsv::read(FlowRecord& record) const {
  record.exporter = Exporter::argus;
  Fault fault = read_span(record);
  if (fault != Fault::count_) {
    return fault;
  }
  if (!read_address(value(kFrom), record.from.address) ||
      !read_address(value(kTo), record.to.address)) {
    return Fault::address;
  }
  const bool has_ports = record.protocol == kTcp || record.protocol == kUdp;
  if (has_ports && (!read_number(value(kFromPort), record.from.port) ||
                    !read_number(value(kToPort), record.to.port))) {
    return Fault::number;
  }
  fault = read_volume(record);
  read_state(record);
  record.nat_from = record.from;
  record.nat_to = record.to;
  return fault;
}

}  // namespace

bool is_argus_csv(std::string_view head) {
  const std::string_view line = first_line(head);
  return line.find("SrcAddr,") != std::string_view::npos &&
         line.find("DstAddr") != std::string_view::npos &&
         (line.starts_with("StartTime,") || line.find(",StartTime") != std::string_view::npos ||
          line.find("Sport") != std::string_view::npos);
}

std::unique_ptr<Format> make_argus_csv() {
  return std::make_unique<ArgusCsv>();
}

}  // namespace auexfil::flow
