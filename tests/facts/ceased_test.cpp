#include <algorithm>

#include "night.hpp"

/// Rules that go without a word in the log: what came with each run of a program comes no more.
namespace auexfil::test {
namespace {

/// \param name  of a call; "all": nothing of any call.
struct Hole {
  const char* connect;
  int runs;  ///< of each job before and in it
};

void upload(CronHost& log, int runs) {
  for (int i = 0; i < runs; ++i) {
    const int scp = log.tool("/usr/bin/scp", {"scp", "f", "192.0.2.33:p"});
    const int ssh = log.ssh_child(scp, CronHost::sftp_argv("192.0.2.33"), "192.0.2.33");
    log.upload(ssh, 3, 400'000);
    log.done(ssh);
    log.exit(scp);
    log.pass(60'000);
  }
}

bool has_reason(const coverage::HostCoverage& coverage, std::string_view part) {
  return std::any_of(
      coverage.reasons.begin(), coverage.reasons.end(),
      [&](const std::string& reason) { return reason.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("ceased: transfers of a time that no byte of is in the log are unknown, not nothing") {
  bool is_audited = true;
  const std::string without = GENERATE("bytes", "connects");
  CAPTURE(without);
  const bool any_connects = without == "bytes";
  CronHost log = night([&](const Called& call) {
    const bool is_left = call.name == "execve" || (any_connects && call.name == "connect");
    return is_audited || is_left;
  });
  upload(log, 40);
  is_audited = false;
  const audit::TimeMs from = log.now();
  upload(log, 40);
  int known = 0;
  int unknown = 0;
  for (const facts::Fact& fact : tell(log)) {
    if (fact.tool != "scp") {
      continue;
    }
    if (fact.start < from) {
      known += fact.bytes_out && *fact.bytes_out >= 400'000 ? 1 : 0;
    } else {
      unknown += fact.bytes_out ? 0 : 1;
      REQUIRE(fact.destinations.size() == 1);
      CHECK(fact.destinations[0].address);
    }
  }
  CHECK(known >= 40);
  CHECK(unknown == 40);
  const coverage::HostCoverage coverage = coverage_of(log);
  CHECK(coverage.verdict == coverage::CoverageVerdict::partial);
  CHECK(has_reason(coverage, "no call that carries bytes is in the log from"));
  CHECK(has_reason(coverage, "no connection is in the log from") == !any_connects);
}

TEST_CASE("ceased: what comes again ends the time without it") {
  bool is_audited = true;
  CronHost log = night([&](const Called& call) { return is_audited || call.name == "execve"; });
  upload(log, 40);
  is_audited = false;
  upload(log, 40);
  is_audited = true;
  upload(log, 40);
  std::uint64_t bytes = 0;
  int runs = 0;
  for (const facts::Fact& fact : tell(log)) {
    runs += fact.tool == "scp" ? 1 : 0;
    bytes += fact.tool == "scp" ? fact.bytes_out.value_or(0) : 0;
  }
  CHECK(runs >= 120);
  CHECK(bytes >= std::uint64_t{80} * 400'000);
  CHECK(bytes < std::uint64_t{90} * 400'000);
  CHECK(has_reason(coverage_of(log), "no connection is in the log from"));
}

TEST_CASE("ceased: rules that were loaded late") {
  const int before = GENERATE(2, 12);
  CAPTURE(before);
  bool is_audited = false;
  CronHost log("", [&](const Called&) { return is_audited; });
  for (int i = 0; i < before; ++i) {
    static_cast<void>(log.job("sync"));
    log.pass(3'600'000);
  }
  is_audited = true;
  upload(log, 10);
  const coverage::HostCoverage coverage = coverage_of(log);
  CAPTURE(coverage.reasons);
  CHECK(has_reason(coverage, "no program start is in the log from") == (before > 2));
}

TEST_CASE("ceased: a night in which little happens is none of them") {
  CronHost log = night([](const Called& /*call*/) { return true; });
  upload(log, 40);
  for (int i = 0; i < 31; ++i) {  // they come to nothing: no peer answers
    const int scp = log.tool("/usr/bin/scp", {"scp", "f", "192.0.2.33:p"});
    log.exit(scp);
  }
  CHECK(coverage_of(log).reasons.empty());
}

}  // namespace auexfil::test
