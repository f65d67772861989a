#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "auexfil/input/json_units.hpp"
#include "format.hpp"
#include "json_fields.hpp"
#include "json_walk.hpp"
#include "nfdump.hpp"
#include "zeek.hpp"

namespace auexfil::flow {
namespace {

/// Where a value goes: to the fields of Zeek's, of nfdump's, or of one of the others.
struct Place {
  std::string_view path;
  std::size_t json = json::kCount;
  std::size_t nfdump = nfdump::kCount;
  std::size_t zeek = zeek::kFields;
  bool is_list = false;
};

constexpr std::array kPlaces = {
    Place{"event_type", json::kEventType},
    Place{"timestamp", json::kTimestamp},
    Place{"flow_id", json::kFlowId},
    Place{"in_iface", json::kInterface},
    Place{"host", json::kHost},
    Place{"src_ip", json::kFrom},
    Place{"dest_ip", json::kTo},
    Place{"dest_port", json::kToPort},
    Place{"app_proto", json::kAppProtocol},
    Place{"flow.start", json::kFlowStart},
    Place{"flow.end", json::kFlowEnd},
    Place{"flow.pkts_toserver", json::kOutPackets},
    Place{"flow.pkts_toclient", json::kBackPackets},
    Place{"flow.bytes_toserver", json::kOutBytes},
    Place{"flow.bytes_toclient", json::kBackBytes},
    Place{"tcp.tcp_flags_ts", json::kOutFlags},
    Place{"tcp.tcp_flags_tc", json::kBackFlags},
    Place{"tcp.ts_gap", json::kOutGap},
    Place{"tcp.tc_gap", json::kBackGap},
    Place{"netflow.start", json::kNetStart},
    Place{"netflow.end", json::kNetEnd},
    Place{"netflow.pkts", json::kNetPackets},
    Place{"netflow.bytes", json::kNetBytes},
    Place{"ftp.command", json::kFtpCommand},
    Place{"ftp.mode", json::kFtpMode},
    Place{"ftp.dynamic_port", json::kFtpPort},
    Place{"ftp_data.command", json::kFtpDataCommand},
    Place{"fileinfo.size", json::kFileSize},
    Place{"dns.type", json::kDnsType},
    Place{"dns.rrname", json::kDnsName},
    Place{"dns.queries.rrname", json::kDnsName},
    Place{"dns.answers.rdata", json::kDnsAnswers, nfdump::kCount, zeek::kFields, true},
    Place{"dns.grouped.A", json::kDnsAnswers, nfdump::kCount, zeek::kFields, true},
    Place{"dns.grouped.AAAA", json::kDnsAnswers, nfdump::kCount, zeek::kFields, true},
    Place{"connection.src_ip", json::kGcpFrom},
    Place{"connection.src_port", json::kGcpFromPort},
    Place{"connection.dest_ip", json::kGcpTo},
    Place{"connection.dest_port", json::kGcpToPort},
    Place{"connection.protocol", json::kGcpProtocol},
    Place{"reporter", json::kGcpReporter},
    Place{"bytes_sent", json::kGcpBytes},
    Place{"packets_sent", json::kGcpPackets},
    Place{"start_time", json::kGcpStart},
    Place{"end_time", json::kGcpEnd},
    Place{"source.ip", json::kEcsFrom},
    Place{"source.port", json::kEcsFromPort},
    Place{"source.bytes", json::kEcsFromBytes},
    Place{"source.packets", json::kEcsFromPackets},
    Place{"destination.ip", json::kEcsTo},
    Place{"destination.port", json::kEcsToPort},
    Place{"destination.bytes", json::kEcsToBytes},
    Place{"destination.packets", json::kEcsToPackets},
    Place{"network.transport", json::kEcsTransport},
    Place{"@timestamp", json::kEcsTime},
    Place{"event.start", json::kEcsStart},
    Place{"event.end", json::kEcsEnd},
    Place{"event.duration", json::kEcsDuration},
    Place{"event.type", json::kEcsTypes, nfdump::kCount, zeek::kFields, true},
    Place{"flow.id", json::kEcsFlowId},
    Place{"zeek.session_id", json::kEcsFlowId},
    Place{"suricata.eve.flow_id", json::kEcsFlowId},
    Place{"flow.final", json::kEcsFinal},
    Place{"observer.name", json::kEcsObserver},
    Place{"event.dataset", json::kEcsDataset},
    Place{"macAddress", json::kNic},
    Place{"systemId", json::kSystem},
    Place{"resourceId", json::kResource},
    Place{"flowLogResourceID", json::kResource},
    Place{"src_port", json::kFromPort, nfdump::kFromPort},
    Place{"proto", json::kProtocol, nfdump::kProtocol,
          static_cast<std::size_t>(zeek::Field::proto)},
    Place{"first", json::kCount, nfdump::kFirst},
    Place{"last", json::kCount, nfdump::kLast},
    Place{"received", json::kCount, nfdump::kReceived},
    Place{"dst_port", json::kCount, nfdump::kToPort},
    Place{"src4_addr", json::kCount, nfdump::kFrom},
    Place{"src6_addr", json::kCount, nfdump::kFrom},
    Place{"dst4_addr", json::kCount, nfdump::kTo},
    Place{"dst6_addr", json::kCount, nfdump::kTo},
    Place{"tcp_flags", json::kCount, nfdump::kFlags},
    Place{"in_packets", json::kCount, nfdump::kPackets},
    Place{"in_bytes", json::kCount, nfdump::kBytes},
    Place{"out_packets", json::kCount, nfdump::kBackPackets},
    Place{"out_bytes", json::kCount, nfdump::kBackBytes},
    Place{"src4_xlt_ip", json::kCount, nfdump::kNatFrom},
    Place{"src6_xlt_ip", json::kCount, nfdump::kNatFrom},
    Place{"dst4_xlt_ip", json::kCount, nfdump::kNatTo},
    Place{"dst6_xlt_ip", json::kCount, nfdump::kNatTo},
    Place{"src_xlt_port", json::kCount, nfdump::kNatFromPort},
    Place{"dst_xlt_port", json::kCount, nfdump::kNatToPort},
    Place{"sampled", json::kCount, nfdump::kSampled},
    Place{"ip4_router", json::kCount, nfdump::kRouter},
    Place{"ip6_router", json::kCount, nfdump::kRouter},
    Place{"answers", json::kCount, nfdump::kCount, static_cast<std::size_t>(zeek::Field::answers),
          true},
    Place{"conn_uids", json::kCount, nfdump::kCount,
          static_cast<std::size_t>(zeek::Field::conn_uids), true},
    Place{"tunnel_parents", json::kCount, nfdump::kCount,
          static_cast<std::size_t>(zeek::Field::tunnel_parents), true},
};

/// Paths with their places, found by a hash of their length and ends that is good enough.
class PlaceTable {
 public:
  PlaceTable() {
    for (const Place& place : kPlaces) {
      add(place);
    }
    for (std::size_t i = 0; i < zeek::kFields; ++i) {
      const std::string_view name = zeek::name_of(static_cast<zeek::Field>(i));
      if (find(name) == nullptr) {
        add({name, json::kCount, nfdump::kCount, i, false});
      }
    }
  }

  [[nodiscard]] const Place* find(std::string_view path) const {
    if (path.empty()) {
      return nullptr;
    }
    for (const std::uint8_t i : buckets_[bucket_of(path)]) {
      if (places_[i].path == path) {
        return &places_[i];
      }
    }
    return nullptr;
  }

 private:
  static constexpr std::size_t kBuckets = 256;

  static std::size_t bucket_of(std::string_view path) {
    const auto byte = [&](std::size_t at) {
      return std::size_t{static_cast<unsigned char>(path[at])};
    };
    return (path.size() * 31 + byte(0) * 7 + byte(path.size() / 2) * 3 + byte(path.size() - 1)) %
           kBuckets;
  }
  void add(const Place& place) {
    buckets_[bucket_of(place.path)].push_back(static_cast<std::uint8_t>(places_.size()));
    places_.push_back(place);
  }

  std::vector<Place> places_;
  std::array<std::vector<std::uint8_t>, kBuckets> buckets_;
};

/// The fields of a document that hold the line that it is about, and nothing that a peer has sent.
bool is_line(std::string_view path) {
  constexpr std::array<std::string_view, 9> kLines = {"message",  "event.original", "_raw",
                                                      "log",      "full_log",       "line",
                                                      "@message", "@rawstring",     "textPayload"};
  return std::find(kLines.begin(), kLines.end(), path) != kLines.end();
}

/// Records of flows as JSON documents, of one kind or of several in one file.
class JsonFlows final : public Format, private JsonWalk::Taker {
 public:
  void take(std::string_view bytes, bool last, Output& to) override {
    lines_ += static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
    Documents documents(*this, to);
    units_.take(bytes, last, documents);
    to.report().lines = lines_;
  }

 private:
  class Documents final : public input::JsonUnits::Taker {
   public:
    Documents(JsonFlows& flows, Output& to) : flows_(flows), to_(to) {}
    bool take(std::string_view document, std::uint64_t line) override {
      return flows_.document(document, line + 1, to_);
    }
    void refuse(std::string_view /*unit*/, std::uint64_t line) override {
      to_.fault(Fault::syntax, line + 1);
    }
    void pass(std::string_view /*text*/, std::uint64_t line) override {
      to_.fault(Fault::syntax, line + 1);
    }
    void cut(std::string_view /*unit*/, std::uint64_t line) override {
      to_.fault(Fault::cut, line + 1);
    }
    void bound(const char* /*name*/, std::uint64_t line) override {
      to_.fault(Fault::too_long, line + 1);
    }

   private:
    JsonFlows& flows_;
    Output& to_;
  };

  bool document(std::string_view text, std::uint64_t line, Output& to);
  bool read(std::string_view text);
  [[nodiscard]] bool is_of_a_kind() const;
  void hand_on(std::uint64_t line, Output& to);
  void take_nfdump(std::uint64_t line, Output& to);
  void value(std::string_view path, std::string_view text) override;
  void add(const Place& place, std::string_view text);
  void forget();

  [[nodiscard]] bool has(json::Field field) const { return !json_[field].empty(); }

  input::JsonUnits units_;
  JsonWalk walk_;
  PlaceTable table_;
  std::uint64_t lines_ = 0;
  zeek::Values zeek_;
  nfdump::Values nfdump_{};
  json::Values json_;
  std::array<bool, zeek::kFields> zeek_has_{};
  /// Elements of the lists of one document, by the value that they are put together to.
  std::vector<std::pair<std::string_view*, std::string>> lists_;
  std::string_view inside_;  ///< a text of the document that may be one itself
  std::string inner_;
};

void JsonFlows::forget() {
  zeek_.of.fill({});
  zeek_has_.fill(false);
  nfdump_.fill({});
  json_.of.fill({});
  json_.tuples.clear();
  lists_.clear();
  inside_ = {};
}

bool JsonFlows::read(std::string_view text) {
  forget();
  if (!walk_.walk(text, *this)) {
    return false;
  }
  for (auto& [value, elements] : lists_) {
    *value = elements;
  }
  return true;
}

bool JsonFlows::document(std::string_view text, std::uint64_t line, Output& to) {
  if (!read(text)) {
    return false;
  }
  if (!inside_.empty() && !is_of_a_kind() &&
      !zeek_has_[static_cast<std::size_t>(zeek::Field::orig_h)]) {
    // What a shipper or a search has put around a line.
    inner_ = inside_;
    if (!read(inner_)) {
      to.fault(Fault::syntax, line);
      return true;
    }
  }
  hand_on(line, to);
  return true;
}

bool JsonFlows::is_of_a_kind() const {
  return has(json::kEventType) || !json_.tuples.empty() || has(json::kGcpFrom) ||
         has(json::kEcsFrom) || !nfdump_[nfdump::kFrom].empty() ||
         zeek::log_of(zeek_has_) != zeek::Log::none;
}

void JsonFlows::value(std::string_view path, std::string_view text) {
  // Google's logging, a search's hit or result, one that Wazuh has decoded, Zeek's json-logs.
  constexpr std::array<std::string_view, 6> kAround = {"_source.",      "result.", "jsonPayload.",
                                                       "json_payload.", "data.",   "conn."};
  for (const std::string_view around : kAround) {
    path.remove_prefix(path.starts_with(around) ? around.size() : 0);
  }
  if (path.ends_with(".flowTuples")) {
    json_.tuples.push_back(text);
  } else if (const Place* const place = table_.find(path)) {
    add(*place, text);
  } else if (text.starts_with("{\"") && inside_.empty() && is_line(path)) {
    inside_ = text;
  }
}

void JsonFlows::add(const Place& place, std::string_view text) {
  const auto put = [&](std::string_view& value) {
    if (!place.is_list) {
      value = text;
      return;
    }
    auto found = std::find_if(lists_.begin(), lists_.end(),
                              [&](const auto& one) { return one.first == &value; });
    if (found == lists_.end()) {
      found = lists_.insert(lists_.end(), {&value, {}});
    }
    found->second.append(found->second.empty() ? "" : ",").append(text);
  };
  if (place.json < json::kCount) {
    put(json_.of[place.json]);
  }
  if (place.nfdump < nfdump::kCount) {
    put(nfdump_[place.nfdump]);
  }
  if (place.zeek < zeek::kFields) {
    put(zeek_.of[place.zeek]);
    zeek_has_[place.zeek] = true;
  }
}

/// What a document is of tells what it has.
void JsonFlows::hand_on(std::uint64_t line, Output& to) {
  std::string_view& format = to.report().format;
  if (has(json::kEventType)) {
    format = "suricata eve";
    take_suricata(json_, line, to);
  } else if (!json_.tuples.empty()) {
    format = "azure json";
    take_azure(json_, line, to);
  } else if (has(json::kGcpFrom) && has(json::kGcpStart)) {
    format = "gcp json";
    take_gcp(json_, line, to);
  } else if (has(json::kEcsFrom) && has(json::kEcsTo)) {
    format = has(json::kEcsFromBytes) || has(json::kEcsToBytes) ? "ecs json" : format;
    take_ecs(json_, line, to);
  } else if (!nfdump_[nfdump::kFrom].empty()) {
    format = "nfdump json";
    take_nfdump(line, to);
  } else {
    const zeek::Log log = zeek::log_of(zeek_has_);
    format = log == zeek::Log::none ? format : "zeek json";
    zeek::take(log, zeek_, line, to);
  }
}

void JsonFlows::take_nfdump(std::uint64_t line, Output& to) {
  FlowRecord record;
  record.line = line;
  if (const Fault fault = nfdump::read(nfdump_, record); fault != Fault::count_) {
    to.fault(fault, line);
    return;
  }
  record.observer = to.observer(nfdump_[nfdump::kRouter]);
  to.flow(record);
}

}  // namespace

bool is_json_flows(std::string_view head) {
  constexpr std::array<std::string_view, 9> kMarks = {"id.orig_h", "event_type", "flowTuples",
                                                      "src4_addr", "src6_addr",  "src_ip",
                                                      "conn_uids", "orig_h",     "fuid"};
  // A name in quotes, or, inside a text, in quotes behind backslashes.
  const auto has_name = [head](std::string_view name) {
    for (auto at = head.find(name); at != std::string_view::npos; at = head.find(name, at + 1)) {
      const std::size_t end = at + name.size();
      if (at > 0 && head[at - 1] == '"' && end < head.size() &&
          (head[end] == '"' || head[end] == '\\')) {
        return true;
      }
    }
    return false;
  };
  return input::JsonUnits::is_json(head) &&
         (std::any_of(kMarks.begin(), kMarks.end(), has_name) || has_name("source.bytes") ||
          (has_name("source") && has_name("destination") && has_name("bytes")));
}

std::unique_ptr<Format> make_json_flows() {
  return std::make_unique<JsonFlows>();
}

}  // namespace auexfil::flow
