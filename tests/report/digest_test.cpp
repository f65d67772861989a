#include "auexfil/report/digest.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "sample.hpp"

using namespace auexfil;
using coverage::CoverageVerdict;

namespace {

std::string digest(const std::vector<policy::Finding>& findings,
                   const std::vector<coverage::HostCoverage>& hosts,
                   const coverage::ReadSummary& read = {}, std::vector<std::string> files = {}) {
  report::Counts counts;
  counts.transfers = 7;
  counts.judged = report::Counts::Judged{2, 1, findings.size(), findings.empty() ? 0 : 1};
  std::string out;
  report::append_digest(out, {findings, hosts, read, counts, std::move(files)}, {});
  return out;
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("digest: severities, the biggest, coverage, what was read and where the report is") {
  policy::Finding small = sample::finding();
  small.severity = policy::Severity::low;
  small.bytes_out = {};
  policy::Finding large = sample::finding();
  large.bytes_out = 5'000'000;
  large.severity = policy::Severity::medium;
  coverage::ReadSummary read;
  read.inputs = {{"a", "read", ""}, {"b", "missing", "no such file"}, {"c", "damaged", ""}};
  read.events = 1234;
  read.bytes_read = 1 << 20;
  read.complete = false;
  read.bounds = {{"argv", 2}, {"processes", 3}};
  const std::string text = digest({small, sample::finding(), large},
                                  {sample::coverage("etl-01", CoverageVerdict::adequate),
                                   sample::coverage("bk-07", CoverageVerdict::blind)},
                                  read, {"day.csv", "coverage.csv"});
  CHECK(text ==
        "Findings: 3 (1 high, 1 medium, 1 low); 7 transfers, 2 approved, 1 unmeasured\n"
        "Biggest:  medium bulk-unattended etl-01: 4.8 MiB (5,000,000 bytes) to 203.0.113.11:22 by "
        "scp from cron → sh, user root, limit 1.0 MiB in 24 h (finding 00000000000000ab)\n"
        "Coverage: 1 adequate, 0 partial, 1 blind: bk-07 blind\n"
        "Read:     3 inputs, 1,234 events, 1.0 MiB; not whole: b missing and 1 more; bounds "
        "reached: argv 2 and 1 more\n"
        "Report:   day.csv, coverage.csv; exit code 1\n");
}

TEST_CASE("digest: what no finding is worth stands in its line") {
  coverage::HostCoverage blind = sample::coverage("bk-07", CoverageVerdict::blind);
  blind.reasons = {"no call that carries bytes is in the log"};
  const std::string text = digest({}, {blind});
  CHECK(lines(text) == 4);
  CHECK(text.find("Findings: none; ") == 0);
  CHECK(text.find("\nCoverage: No findings, but this log could not have shown one: no call that "
                  "carries bytes is in the log.\n") != std::string::npos);
  CHECK(text.find("\nReport:   not written (-o FILE); exit code 0\n") != std::string::npos);
}

TEST_CASE("digest: findings of reports before, those that stand and those that hold no longer") {
  const std::vector<coverage::HostCoverage> hosts = {
      sample::coverage("etl-01", CoverageVerdict::adequate)};
  const auto told = [&](const std::vector<policy::Finding>& findings, std::uint64_t standing,
                        std::vector<std::uint64_t> withdrawn) {
    report::Counts counts;
    counts.transfers = 7;
    counts.judged =
        report::Counts::Judged{2, 1, findings.size(), 0, standing, std::move(withdrawn)};
    std::string out;
    report::append_digest(out, {findings, hosts, {}, counts, {}}, {});
    return out;
  };
  const auto begins = [](const std::string& text, const std::string& line) {
    INFO(text);
    CHECK(text.substr(0, text.find(';')) == line);
  };
  begins(told({}, 0, {}), "Findings: none");
  const std::string standing = told({}, 1200, {});
  begins(standing, "Findings: none new, 1,200 of earlier reports still hold");
  CHECK(standing.find("No findings") == std::string::npos);
  CHECK(standing.find("\nCoverage: etl-01 adequate\n") != std::string::npos);
  begins(told({}, 1, {7, 8}),
         "Findings: none new, 1 of earlier reports still holds, 2 hold no longer");
  begins(told({}, 0, {7}), "Findings: none new, 1 of earlier reports holds no longer");
  begins(told({sample::finding()}, 3, {}), "Findings: 1 (1 high), 3 of earlier reports still hold");
}

TEST_CASE("digest: nothing that a log says makes another line, or one too long for a mail") {
  const std::string evil = "x\r\nFindings: none\x1b[2J\u202e" + std::string(5000, 'y') + "\n";
  policy::Finding finding = sample::finding();
  finding.rule = finding.tool = evil;
  finding.host = finding.user = finding.auid_user = evil;
  finding.chain = std::vector<std::string>(50, evil);
  finding.destinations.front().address = evil;
  coverage::HostCoverage host = sample::coverage(evil.c_str(), CoverageVerdict::partial);
  host.reasons = {evil};
  coverage::ReadSummary read;
  read.inputs = {{evil, evil, evil}};
  read.bounds = {{evil, 1}};
  for (const auto& hosts : {std::vector{host}, std::vector(20, host)}) {
    const std::string text = digest({finding}, hosts, read, {"day\n.csv"});
    CHECK(lines(text) == 5);
    CHECK(text.find_first_of("\r\x1b") == std::string::npos);
    CHECK(text.find("\u202e") == std::string::npos);
    std::size_t at = 0;
    for (std::size_t end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
      CHECK(end - at < 998);
    }
    CHECK(text.find("(finding 00000000000000ab)") != std::string::npos);
  }
}

TEST_CASE("digest: credentials are masked") {
  policy::Finding finding = sample::finding();
  finding.destinations.front().address = "ftp://bob:hunter2@h";
  CHECK(digest({finding}, {}).find("hunter2") == std::string::npos);
}
