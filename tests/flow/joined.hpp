#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "auexfil/facts/fact_json.hpp"
#include "auexfil/flow/join.hpp"
#include "auexfil/input/rule_file.hpp"
#include "values.hpp"

/// Facts and flows as tests write them, and what becomes of them.
namespace auexfil::flow::test {

using facts::Basis;
using facts::Direction;
using facts::Source;

inline const std::string kOwn = "10.0.0.1";

inline audit::IpAddress address(const std::string& text) {
  return audit::IpAddress::parse(text).value();
}

/// Tools with what the join asks of them.
inline const transfer::Tools& tools() {
  static const transfer::Tools loaded = [] {
    const input::RuleFile file = input::parse_rule_file(R"(
[control ftp]
port = 21
data = 20, 1024-65535

[control tftp]
port      = 69
transport = udp

[tool scp]
program = scp
grammar = copy
floor   = 12KiB

[tool curl]
program = curl
grammar = url
control = 21
floor   = 1KiB

[tool tftp]
program   = tftp
grammar   = first
transport = udp
floor     = 256

[tool vsftpd]
program = vsftpd
side    = server
control = 21, 990
floor   = 1KiB
)",
                                                        "tools.conf");
    std::vector<input::Mistake> mistakes;
    transfer::Tools made = transfer::Tools::load(file.sections, mistakes);
    REQUIRE(mistakes.empty());
    return made;
  }();
  return loaded;
}

/// A connection of the log, as tests write it.
inline facts::Destination to(const std::string& peer, std::uint16_t port, double first, double last,
                             std::uint64_t connections = 1) {
  facts::Destination d;
  d.address = address(peer);
  if (port != 0) {
    d.port = port;
  }
  d.transport = facts::Transport::tcp;
  d.direction = Direction::unknown;
  d.connections = connections;
  d.first = static_cast<audit::TimeMs>(first * 1000);
  d.last = static_cast<audit::TimeMs>(last * 1000);
  return d;
}

inline facts::Destination to(const std::string& peer, std::uint16_t port, double at) {
  return to(peer, port, at, at);
}

/// A destination that the command line alone names.
inline facts::Destination named(const std::string& peer, std::uint16_t port, double at) {
  facts::Destination d = to(peer, port, at, at, 0);
  d.transport = facts::Transport::unknown;
  d.source = Source::argv;
  return d;
}

inline facts::Destination measured(facts::Destination d, std::uint64_t bytes, Basis basis) {
  d.bytes_out = bytes;
  d.basis = basis;
  return d;
}

inline facts::Fact fact(const std::string& tool, std::uint64_t id,
                        std::vector<facts::Destination> destinations) {
  facts::Fact made;
  made.id = id;
  made.host = "etl";
  made.tool = tool;
  made.start = destinations.front().first;
  made.end = destinations.front().last;
  made.automation = facts::Verdict::unattended;
  made.job = facts::Job{"cron", "job " + std::to_string(id), std::nullopt};
  made.destinations = std::move(destinations);
  return made;
}

inline FlowRecord flow(double start, double end, const std::string& peer, std::uint16_t port,
                       std::uint64_t sent, std::uint64_t received, std::uint16_t own_port = 40000) {
  FlowRecord record;
  record.first = static_cast<TimeUs>(start * 1e6);
  record.last = static_cast<TimeUs>(end * 1e6);
  record.from = {address(kOwn), own_port};
  record.to = {address(peer), port};
  record.nat_from = record.from;
  record.nat_to = record.to;
  record.protocol = kTcp;
  record.exporter = Exporter::zeek;
  record.layer = Layer::l4;
  record.out = {sent, sent / 1400 + 4};
  record.back = {received, sent / 1400 + 4};
  record.set(FlowRecord::kSawStart);
  record.line = 1;
  return record;
}

inline FlowRecord turned(FlowRecord record) {
  std::swap(record.from, record.to);
  std::swap(record.nat_from, record.nat_to);
  std::swap(record.out, record.back);
  return record;
}

inline FlowRecord udp(FlowRecord record) {
  record.protocol = kUdp;
  return record;
}

inline FlowRecord from(FlowRecord record, const std::string& own) {
  record.from.address = record.nat_from.address = address(own);
  return record;
}

class Collector final : public facts::Stage {
 public:
  void on_fact(const facts::Fact& fact, const facts::FactDetails& /*details*/) override {
    facts.push_back(fact);
  }
  void on_host(const coverage::HostCoverage& host) override { hosts.push_back(host); }
  std::vector<facts::Fact> facts;
  std::vector<coverage::HostCoverage> hosts;
};

struct Run {
  Collector collected;
  std::vector<std::string> messages;
  std::map<std::string, std::uint64_t> bounds;
  bool read_again = false;
};

/// What a log could have shown that has all connections.
inline coverage::HostCoverage whole_log() {
  coverage::HostCoverage whole;
  whole.host = "etl";
  whole.connects = true;
  return whole;
}

/// \param commands  of ftp, that come before the flows, as the answers of the name service do
inline Run join(const std::vector<facts::Fact>& facts, const std::vector<FlowRecord>& flows,
                JoinStage::Options options = {},
                const coverage::HostCoverage& coverage = whole_log(),
                const std::vector<FtpCommand>& commands = {},
                const std::vector<NameAnswer>& answers = {}) {
  Run run;
  JoinStage stage(tools(), std::move(options), run.collected);
  for (const facts::Fact& one : facts) {
    stage.on_fact(one, {});
  }
  stage.on_host(coverage);
  for (const FtpCommand& command : commands) {
    stage.sink().on_ftp(command);
  }
  for (const NameAnswer& answer : answers) {
    stage.sink().on_name(answer);
  }
  const auto read = [&](FlowSink& sink) {
    std::uint64_t line = 0;
    for (FlowRecord record : flows) {
      record.line = ++line;
      sink.on_flow(record);
    }
  };
  read(stage.sink());
  FlowSink* const again = stage.join();
  if (again != nullptr) {
    read(*again);
  }
  run.read_again = again != nullptr;
  stage.finish({"conn.log", "ftp.log"}, again != nullptr);
  run.messages = stage.messages();
  run.bounds = stage.bounds();
  return run;
}

/// "PEER:PORT BYTES BASIS GRADE DIRECTION", one a destination.
inline std::string told(const Run& run) {
  std::string text;
  for (const facts::Fact& fact : run.collected.facts) {
    for (const facts::Destination& d : fact.destinations) {
      text += fmt::format("{}{} {} {} {} {}", text.empty() ? "" : "; ",
                          d.address ? d.address->to_string() : "?",
                          d.bytes_out ? std::to_string(*d.bytes_out) : "?", to_word(d.basis),
                          d.flow ? to_word(d.flow->grade) : "-", to_word(d.direction));
    }
  }
  return text;
}

/// Two transfers that tell the clocks' difference, and their flows.
inline std::vector<facts::Fact> with_others(std::vector<facts::Fact> facts) {
  facts.push_back(fact("scp", 901, {to("192.0.2.101", 22, 5000)}));
  facts.push_back(fact("scp", 902, {to("192.0.2.102", 22, 6000)}));
  return facts;
}
inline std::vector<FlowRecord> with_others_flows(std::vector<FlowRecord> flows) {
  flows.push_back(flow(5000, 5001, "192.0.2.101", 22, 50000, 3000));
  flows.push_back(flow(6000, 6001, "192.0.2.102", 22, 50000, 3000));
  return flows;
}
inline const std::string kOthers =
    "192.0.2.101 50000 flow exact out; 192.0.2.102 50000 flow exact out";

inline std::string with_others_told(const std::string& text) {
  return text + "; " + kOthers;
}

}  // namespace auexfil::flow::test
