#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/facts/fact_reader.hpp"
#include "auexfil/report/json.hpp"
#include "sample.hpp"

using namespace auexfil;  // NOLINT(google-build-using-namespace): a test
using report::append_json;

namespace {

/// Writes again what policy's reader makes of `text`.
std::string rewritten(const std::string& text) {
  std::string out;
  facts::FactReader reader({
      [&out](const facts::Fact& fact) { append_json(out, fact); },
      [&out](const coverage::HostCoverage& host) { append_json(out, host); },
      [&out](const coverage::ReadSummary& read, const facts::SummaryClaim&) {
        append_json(out, read, report::Counts{3, {}});
      },
  });
  reader.begin_file("facts.jsonl");
  reader.feed(text);
  reader.end_file();
  for (const facts::FactMistake& mistake : reader.mistakes()) {
    FAIL_CHECK(mistake.what);
  }
  return out;
}

}  // namespace

TEST_CASE("what is written reads back as the same values") {
  facts::Fact odd = sample::unmeasured_fact();
  odd.process.argv.clear();
  for (int byte = 0; byte < 256; ++byte) {
    odd.process.argv.push_back(std::string(1, static_cast<char>(byte)) + "\xed\xb2\x80\xc2\x9b…");
  }
  odd.scripted = true;
  odd.destinations[0].first = odd.start;  // a time that was never set is null, which no fact has
  odd.destinations[0].last = odd.end;
  odd.script = "/opt/x.sh";
  odd.notes = {"a note"};
  odd.destinations[0].flow.emplace().together = facts::FlowsTogether{0xabc, 3, 1'000'000};
  coverage::HostCoverage host = sample::coverage("bk-07", coverage::CoverageVerdict::partial);
  host.reasons = {"lost"};
  host.gaps = {{sample::kStart, sample::kEnd, "backlog"}};
  host.jobs = {{"cron",
                "/usr/sbin/cron",
                "www-data",
                false,
                2,
                0,
                sample::kStart,
                sample::kEnd,
                {sample::kStart, sample::kEnd},
                {}},
               {"unit", "backup", {}, true, 0, 1, sample::kStart, sample::kStart, {}, {}}};
  host.flows.emplace().tells_unseen = true;
  host.flows->unseen_above = 1 << 20;
  coverage::Uncounted& uncounted = host.uncounted.emplace();
  uncounted.messages = 20;
  uncounted.connections = 1;
  uncounted.silent = 3;
  uncounted.programs = 2;
  uncounted.peers = {
      {"203.0.113.9", 443, "other", "quic", false, 20, 0, 3, 20 * 65535, sample::kEnd},
      {"", {}, "", "others", true, 0, 1, 0, {}, sample::kStart}};
  coverage::ReadSummary read;
  read.inputs = {{"a.log", "read", ""}};
  read.malformed = {{"odd_hex", 2}};
  read.bounds = {{"argv", 1}};
  read.events = 4;

  std::string text;
  append_json(text, sample::fact());
  append_json(text, odd);
  append_json(text, host);
  append_json(text, read, report::Counts{3, {}});
  CHECK(rewritten(text) == text);
}
