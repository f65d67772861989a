#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "auexfil/flow/read_flows.hpp"
#include "format.hpp"

/// The values of one JSON document that some kind of record asks for. One key means the same in
/// all of them, or is told apart by the kind.
namespace auexfil::flow::json {

enum Field : std::size_t {
  // Suricata
  kEventType,
  kTimestamp,
  kFlowId,
  kInterface,
  kHost,
  kFrom,
  kFromPort,
  kTo,
  kToPort,
  kAppProtocol,
  kFlowStart,
  kFlowEnd,
  kFlowState,
  kOutPackets,
  kBackPackets,
  kOutBytes,
  kBackBytes,
  kOutFlags,
  kBackFlags,
  kOutGap,
  kBackGap,
  kNetStart,
  kNetEnd,
  kNetPackets,
  kNetBytes,
  kFtpCommand,
  kFtpMode,
  kFtpPort,
  kFtpDataCommand,
  kFileSize,
  kDnsType,
  kDnsName,
  kDnsAnswers,
  // shared with Zeek and nfdump
  kProtocol,
  // GCP
  kGcpFrom,
  kGcpFromPort,
  kGcpTo,
  kGcpToPort,
  kGcpProtocol,
  kGcpReporter,
  kGcpBytes,
  kGcpPackets,
  kGcpStart,
  kGcpEnd,
  // Azure
  kNic,
  kSystem,
  kResource,
  kTuples,
  // Elastic Common Schema
  kEcsFrom,
  kEcsFromPort,
  kEcsFromBytes,
  kEcsFromPackets,
  kEcsTo,
  kEcsToPort,
  kEcsToBytes,
  kEcsToPackets,
  kEcsTransport,
  kEcsTime,
  kEcsStart,
  kEcsEnd,
  kEcsDuration,
  kEcsTypes,
  kEcsFlowId,
  kEcsFinal,
  kEcsObserver,
  kEcsDataset,
  kCount
};

/// Texts, by what they stand for. Empty: not told. Lists have their elements parted by commas.
struct Values {
  std::array<std::string_view, kCount> of{};
  std::vector<std::string_view> tuples;
  [[nodiscard]] std::string_view operator[](Field field) const { return of[field]; }
};

void take_suricata(const Values& values, std::uint64_t line, Output& to);
void take_gcp(const Values& values, std::uint64_t line, Output& to);
void take_azure(const Values& values, std::uint64_t line, Output& to);
void take_ecs(const Values& values, std::uint64_t line, Output& to);

}  // namespace auexfil::flow::json
