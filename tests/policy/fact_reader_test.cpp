#include "auexfil/facts/fact_reader.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace auexfil::policy {

using facts::FactCounts;
using facts::FactDetail;
using facts::FactMistake;
using facts::FactReader;
using facts::FactSink;
using facts::SummaryClaim;
namespace {

using facts::Fact;
using Words = std::vector<std::string>;

const std::string kTransfer =
    R"({"type":"transfer","schema":1,"id":"9f0c000000000001","host":"etl-01","node":null,)"
    R"("start":"2026-12-02T01:02:01.113Z","end":"2026-12-02T01:02:04.870Z",)"
    R"("tool":"scp","side":"client","direction":"out",)"
    R"("automation":{"verdict":"unattended","scripted":false,"reasons":[{"sign":"cron",)"
    R"x("text":"started by cron (pid 311)","event":"1796173321.113:512"}],)x"
    R"("job":{"kind":"cron","what":"/bin/sh -c scp -q","artefact":null}},)"
    R"("user":{"auid":0,"auid_name":"root","uid":4294967294,"uid_name":null,"ses":3},)"
    R"("process":{"pid":811,"ppid":810,"exe":"/usr/bin/scp","comm":"scp",)"
    R"("argv":["scp","-q","caf\udce9 \u0022\n\ud83d\ude00",""],"cwd":"/root","script":null},)"
    R"("lineage":[{"pid":810,"exe":"/usr/bin/dash","comm":"sh","argv":["/bin/sh","-c","x"]},)"
    R"({"pid":1,"exe":"/usr/lib/systemd/systemd","comm":"systemd","argv":[]}],)"
    R"("destinations":[{"address":"203.0.113.11","port":22,"transport":"tcp","name":null,)"
    R"("source":"connect","direction":"out","bytes_out":18446744073709551615,"bytes_in":null,)"
    R"("basis":"measured","connections":1,"first":"2026-12-02T01:02:02.000Z",)"
    R"("last":"2026-12-02T01:02:03.000Z"},{"address":null,"port":null,"transport":"unknown",)"
    R"("name":"x.example.org","source":"argv","direction":"unknown","bytes_out":null,)"
    R"("bytes_in":null,"basis":"unknown","connections":0,"first":"2026-12-02T01:02:02.000Z",)"
    R"("last":"2026-12-02T01:02:02.000Z"}],)"
    R"("bytes_out":3153717,"bytes_in":null,"basis":"at-least",)"
    R"("evidence":[{"file":"audit.log.3","line":1234,"event":"1796173321.480:530",)"
    R"("what":"connect"}],"notes":["a note"]})"
    "\n";

const std::string kCoverage =
    R"({"type":"coverage","schema":1,"host":"etl-01","node":null,"verdict":"partial",)"
    R"("reasons":["records were lost"],"first":"2026-12-02T00:00:00.000Z","last":null,)"
    R"("execs":true,"connects":true,"bytes":false,"descriptors":true,)"
    R"("gaps":[{"from":"2026-12-02T02:10:00.000Z","to":"2026-12-02T02:14:00.000Z",)"
    R"("why":"lost records"}]})"
    "\n";

const std::string kSummary =
    R"({"type":"summary","schema":1,"complete":false,)"
    R"("inputs":[{"name":"audit.log","status":"damaged","note":"cut"}],"events":7,"records":20,)"
    R"("bytes_read":4096,"malformed":{"no-header":2},"bounds":{"argv":1},"transfers":1})"
    "\n";

struct Read {
  std::vector<Fact> facts;
  std::vector<coverage::HostCoverage> coverages;
  std::vector<coverage::ReadSummary> summaries;
  std::vector<SummaryClaim> claims;
  FactCounts counts;
  std::string mistakes;
  std::uint64_t mistake_count = 0;
};

Read read(std::string_view text, std::size_t chunk = 1 << 20, FactDetail detail = FactDetail::all) {
  Read out;
  FactReader reader({[&](const Fact& f) { out.facts.push_back(f); },
                     [&](const coverage::HostCoverage& c) { out.coverages.push_back(c); },
                     [&](const coverage::ReadSummary& s, const SummaryClaim& claim) {
                       out.summaries.push_back(s);
                       out.claims.push_back(claim);
                     }},
                    detail);
  reader.begin_file("f.jsonl");
  for (std::size_t at = 0; at < text.size(); at += chunk) {
    // A copy, so that a sanitizer sees what is read past it.
    const std::string_view part = text.substr(at, chunk);
    const std::vector<char> piece(part.begin(), part.end());
    reader.feed({piece.data(), piece.size()});
  }
  out.counts = reader.end_file();
  for (const FactMistake& mistake : reader.mistakes()) {
    out.mistakes += fmt::format("{}:{}: {}\n", mistake.file, mistake.line, mistake.what);
  }
  out.mistake_count = reader.mistake_count();
  return out;
}

void check_fact(const Fact& f, FactDetail detail = FactDetail::all) {
  const bool all = detail == FactDetail::all;
  CHECK(f.id == 0x9f0c000000000001);
  CHECK(f.host == "etl-01");
  CHECK(!f.node);
  CHECK(audit::format_rfc3339(f.start) == "2026-12-02T01:02:01.113Z");
  CHECK(audit::format_rfc3339(f.end) == "2026-12-02T01:02:04.870Z");
  CHECK(f.tool == "scp");
  CHECK(f.side == transfer::Side::client);
  CHECK(f.direction == transfer::Direction::out);
  CHECK(f.automation == transfer::Verdict::unattended);
  CHECK(!f.scripted);
  REQUIRE(f.reasons.size() == 1);
  CHECK(f.reasons[0].sign == "cron");
  CHECK(f.reasons[0].text == "started by cron (pid 311)");
  CHECK(f.reasons[0].event.has_value() == all);
  CHECK(f.reasons[0].event.value_or(audit::Stamp{}).serial == (all ? 512 : 0));
  REQUIRE(f.job);
  CHECK(f.job->kind == "cron");
  CHECK(!f.job->artefact);
  CHECK(f.auid == 0);
  CHECK(f.auid_name == "root");
  CHECK(f.uid == 4294967294);
  CHECK(!f.uid_name);
  CHECK(f.ses == 3);
  CHECK(f.process.pid == 811);
  CHECK(f.ppid == 810);
  CHECK(f.process.argv == Words{"scp", "-q", "caf\xe9 \"\n\xf0\x9f\x98\x80", ""});
  CHECK(!f.script);
  REQUIRE(f.lineage.size() == 2);
  CHECK(f.lineage[1].comm == "systemd");
  REQUIRE(f.destinations.size() == 2);
  const facts::Destination& d = f.destinations[0];
  CHECK(d.address->to_string() == "203.0.113.11");
  CHECK(d.port == 22);
  CHECK(d.transport == transfer::Transport::tcp);
  CHECK(!d.name);
  CHECK(d.source == transfer::Source::connect);
  CHECK(d.bytes_out == 18446744073709551615U);
  CHECK(!d.bytes_in);
  CHECK(d.basis == transfer::Basis::measured);
  CHECK(d.connections == 1);
  CHECK(d.last - d.first == (all ? 1000 : 0));
  CHECK(!f.destinations[1].address);
  CHECK(f.destinations[1].name == "x.example.org");
  CHECK(!f.destinations[1].bytes_out);
  CHECK(f.bytes_out == 3153717);
  CHECK(f.basis == transfer::Basis::at_least);
}

TEST_CASE("fact_reader: every field of the contract comes back, at any size of chunk") {
  for (const std::size_t chunk : {1UL, 7UL, 64UL, 1000UL, 1UL << 20}) {
    INFO(chunk);
    const Read got = read(kTransfer + kCoverage + kSummary, chunk);
    CHECK(got.mistakes.empty());
    CHECK(got.counts.lines == 3);
    CHECK(got.counts.facts == 1);
    REQUIRE(got.facts.size() == 1);
    const Fact& f = got.facts[0];
    check_fact(f);
    CHECK(f.cwd == "/root");
    CHECK(f.lineage[0].argv == Words{"/bin/sh", "-c", "x"});
    REQUIRE(f.evidence.size() == 1);
    CHECK(f.evidence[0].file == "audit.log.3");
    CHECK(f.evidence[0].line == 1234);
    CHECK(f.evidence[0].event.serial == 530);
    CHECK(f.evidence[0].what == "connect");
    CHECK(f.notes == Words{"a note"});

    REQUIRE(got.coverages.size() == 1);
    const coverage::HostCoverage& c = got.coverages[0];
    CHECK(c.host == "etl-01");
    CHECK(c.verdict == coverage::CoverageVerdict::partial);
    CHECK(c.reasons == Words{"records were lost"});
    CHECK(c.first == 1'796'169'600'000);
    CHECK(c.last == 0);
    CHECK(c.execs);
    CHECK(c.connects);
    CHECK(!c.bytes);
    CHECK(c.descriptors);
    REQUIRE(c.gaps.size() == 1);
    CHECK(c.gaps[0].to - c.gaps[0].from == 240'000);
    CHECK(c.gaps[0].why == "lost records");

    REQUIRE(got.summaries.size() == 1);
    const coverage::ReadSummary& s = got.summaries[0];
    CHECK(!s.complete);
    REQUIRE(s.inputs.size() == 1);
    CHECK(s.inputs[0].status == "damaged");
    CHECK(s.events == 7);
    CHECK(s.records == 20);
    CHECK(s.bytes_read == 4096);
    CHECK(s.malformed.at("no-header") == 2);
    CHECK(s.bounds.at("argv") == 1);
  }
}

TEST_CASE("fact_reader: names of counts are texts like any other, escapes and all") {
  const Read got =
      read(R"({"type":"summary","schema":1,"bounds":{"ar\u0067v":1,"\udc80":2}})", 1 << 20);
  REQUIRE(got.summaries.size() == 1);
  CHECK(got.summaries[0].bounds.at("argv") == 1);
  CHECK(got.summaries[0].bounds.at("\x80") == 2);
}

TEST_CASE("fact_reader: what the judge does not look at can be left out") {
  const Read got = read(kTransfer, 1 << 20, FactDetail::judged);
  REQUIRE(got.facts.size() == 1);
  check_fact(got.facts[0], FactDetail::judged);
  CHECK(got.facts[0].evidence.empty());
  CHECK(got.facts[0].notes.empty());
  CHECK(got.facts[0].lineage[0].argv.empty());
}

TEST_CASE("fact_reader: nothing of a line stays for the next") {
  const std::string bare = R"({"type":"transfer","schema":1,"id":"0000000000000002",)"
                           R"("start":"2026-12-02T01:02:01Z","end":"2026-12-02T01:02:01Z"})"
                           "\n";
  const Read got = read(kTransfer + bare + kTransfer);
  CHECK(got.mistakes.empty());
  REQUIRE(got.facts.size() == 3);
  const Fact& f = got.facts[1];
  CHECK(f.id == 2);
  CHECK(!f.host);
  CHECK(f.tool.empty());
  CHECK(f.reasons.empty());
  CHECK(!f.job);
  CHECK(f.process.argv.empty());
  CHECK(f.process.exe.empty());
  CHECK(f.lineage.empty());
  CHECK(f.destinations.empty());
  CHECK(!f.bytes_out);
  CHECK(f.automation == transfer::Verdict::unknown);
  CHECK(f.evidence.empty());
  check_fact(got.facts[2]);
}

TEST_CASE("fact_reader: keys in any order, fields of later versions, CRLF, no last newline") {
  std::string sorted =
      R"({"end":"2026-12-02T01:02:01Z","future":{"a":[1,{"b":"c"}]},"id":"0000000000000003",)"
      R"("schema":1,"start":"2026-12-02T01:02:01Z","type":"transfer"})";
  const Read got = read("\xEF\xBB\xBF" + sorted + "\r\n\r\n" + sorted);
  CHECK(got.mistakes.empty());
  CHECK(got.facts.size() == 2);
  CHECK(got.counts.lines == 2);
  CHECK(got.counts.summaries == 0);
}

TEST_CASE("fact_reader: whose summary it is") {
  const Read got = read(kSummary + R"({"type":"summary","schema":1,"transfers":null})" + "\n" +
                        R"({"type":"summary","schema":1,"transfers":3,"findings":0,"exit":0})");
  REQUIRE(got.claims.size() == 3);
  CHECK(got.claims[0].transfers == 1U);
  CHECK_FALSE(got.claims[0].of_findings);
  CHECK_FALSE(got.claims[1].transfers);
  CHECK(got.claims[2].of_findings);
}

TEST_CASE("fact_reader: a bad line is left out, counted, and told with file and line") {
  struct Case {
    std::string line;
    const char* said;
  };
  const auto with = [](std::string_view from, std::string_view to) {
    std::string line = kTransfer.substr(0, kTransfer.size() - 1);
    return line.replace(line.find(from), from.size(), to);
  };
  const Case cases[] = {
      {"not json", "not a JSON object"},
      {"{", "not JSON"},
      {"[]", "not a JSON object"},
      {"17", "not a JSON object"},
      {"{}", "an object without type"},
      {kTransfer.substr(0, 500), "not JSON"},
      {kTransfer.substr(0, kTransfer.size() - 1) + "}", "not JSON"},
      {kTransfer.substr(0, kTransfer.size() - 1) + " {}", "not JSON"},
      {"{\"type\":\"transfer\",\"id\":\"\xff\"}", "not JSON"},
      {"{\"type\":\"transfer\",\"id\":\"\x01\"}", "not JSON"},
      {with(R"("id":"9f0c000000000001")", R"("id":"9f0c")"), "id is not 16 hex digits"},
      {with(R"("id":"9f0c000000000001")", R"("id":7)"), "id is not a string"},
      {with(R"("id":"9f0c000000000001",)", ""), "a transfer without id"},
      {with(R"("start":"2026-12-02T01:02:01.113Z",)", ""), "a transfer without start"},
      {with("2026-12-02T01:02:04.870Z", "yesterday"), "end is not an RFC 3339 time"},
      {with(R"("side":"client")", R"("side":"peer")"), "side is a word that this program"},
      {with("203.0.113.11", "203.0.113"), "destinations address is not an IP address"},
      {with(R"("port":22)", R"("port":70000)"), "destinations port is too large"},
      {with(R"("port":22)", R"("port":-1)"), "destinations port is not a whole number"},
      {with("18446744073709551615", "18446744073709551616"), "destinations bytes_out"},
      {with("1796173321.113:512", "512"), "automation reasons event is not an event"},
      {with(R"("scripted":false)", R"("scripted":0)"), "automation scripted is neither"},
      {with(R"("argv":["scp")", R"("argv":[7)"), "process argv is not a string"},
      {with(R"(\udce9)", R"(\x)"), "process argv holds an escape"},
      {with(R"("schema":1)", R"("schema":2)"), "schema 2 is newer than this program reads (1)"},
      {with(R"("schema":1)", R"("schema":0)"), "schema 0 is none that this program knows"},
      {R"({"type":"finding","schema":1,"id":"0000000000000001"})", "a finding, not a fact"},
      {R"({"type":"flow"})", "type 'flow' is none that this program knows"},
  };
  for (const Case& c : cases) {
    INFO(c.line);
    const Read got = read(kTransfer + c.line + "\n" + kTransfer);
    INFO(got.mistakes);
    CHECK(got.facts.size() == 2);
    CHECK(got.mistake_count == 1);
    CHECK(got.counts.mistakes == 1);
    CHECK(got.mistakes.starts_with("f.jsonl:2: "));
    CHECK(got.mistakes.find(c.said) != std::string::npos);
  }
  CHECK(read(kTransfer).mistake_count == 0);
}

TEST_CASE("fact_reader: lines past 16 MiB are left out, mistakes past a hundred only counted") {
  const std::string monster = "{\"type\":\"" + std::string(17u << 20, 'x') + "\"}\n";
  const Read got = read(monster + kTransfer, 1 << 16);
  CHECK(got.mistakes == "f.jsonl:1: the line is longer than 16 MiB (left out)\n");
  CHECK(got.facts.size() == 1);
  CHECK(read(monster).mistake_count == 1);

  std::string many;
  for (int i = 0; i < 150; ++i) {
    many += "wrong\n";
  }
  const Read counted = read(many);
  CHECK(counted.mistake_count == 150);
  CHECK(std::count(counted.mistakes.begin(), counted.mistakes.end(), '\n') == 100);
}

TEST_CASE("fact_reader: a cut anywhere in a line is a problem and never a fact") {
  const std::string line = kTransfer.substr(0, kTransfer.size() - 1);
  for (std::size_t length = 1; length < line.size(); ++length) {
    const Read got = read(line.substr(0, length));
    INFO(length);
    REQUIRE(got.facts.empty());
    REQUIRE(got.mistake_count == 1);
  }
}

}  // namespace
}  // namespace auexfil::policy
