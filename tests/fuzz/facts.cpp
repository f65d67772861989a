#include <string>
#include <vector>

#include "auexfil/facts/fact_reader.hpp"
#include "auexfil/report/json.hpp"
#include "fuzz.hpp"

// JSON lines of `transfers`: read whole and in pieces, written and read again.

using namespace auexfil;  // NOLINT(google-build-using-namespace): a test
using fuzz::expect;

namespace {

struct Reading {
  facts::FactCounts counts;
  std::string written;
  std::vector<std::string> mistakes;
};

Reading read(std::string_view text, std::size_t chunk,
             facts::FactDetail detail = facts::FactDetail::all) {
  report::Options raw;
  raw.mask = false;
  Reading reading;
  facts::FactReader reader(
      {
          [&](const facts::Fact& fact) { report::append_json(reading.written, fact, raw); },
          [&](const coverage::HostCoverage& host) {
            report::append_json(reading.written, host, raw);
          },
          [&](const coverage::ReadSummary& summary, const facts::SummaryClaim&) {
            report::append_json(reading.written, summary, report::Counts{});
          },
      },
      detail);
  reader.begin_file("facts.jsonl");
  for (std::size_t at = 0; at < text.size(); at += chunk) {
    // A buffer of its own, so that sanitizers see a read past its end.
    const std::string_view piece = text.substr(at, chunk);
    reader.feed({std::vector<char>(piece.begin(), piece.end()).data(), piece.size()});
  }
  reading.counts = reader.end_file();
  for (const facts::FactMistake& mistake : reader.mistakes()) {
    reading.mistakes.push_back(std::to_string(mistake.line) + ": " + mistake.what);
    expect(!mistake.what.empty(), "a problem says what it is");
  }
  const facts::FactCounts& c = reading.counts;
  expect(c.facts + c.coverages + c.summaries + c.mistakes == c.lines, "every line is something");
  return reading;
}

void expect_same(const Reading& a, const Reading& b) {
  expect(a.counts.lines == b.counts.lines && a.counts.facts == b.counts.facts &&
             a.counts.mistakes == b.counts.mistakes,
         "pieces: the same counts");
  expect(a.written == b.written, "pieces: the same values");
  expect(a.mistakes == b.mistakes, "pieces: the same mistakes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const Reading whole = read(text, size + 1);
  expect_same(whole, read(text, 1 + size % 97));
  const Reading judged = read(text, size + 1, facts::FactDetail::judged);
  expect(
      judged.counts.lines == whole.counts.lines && judged.counts.mistakes <= whole.counts.mistakes,
      "less detail, no more mistakes");
  // A blank before a line keeps it from the quick way of reading what `transfers` wrote.
  std::string indented;
  bool ambiguous = text.starts_with("\xEF\xBB\xBF");  // which counts at the start of a file only
  for (const std::string_view line : fuzz::lines_of(text)) {
    // Which of two counts is left open.
    for (const std::string_view key : {R"("type")", R"("schema")"}) {
      ambiguous = ambiguous || line.find(key) != line.rfind(key);
    }
    indented.append(" ").append(line).append("\n");
  }
  const Reading slowly = read(indented, indented.size() + 1, facts::FactDetail::judged);
  if (!ambiguous) {
    expect(judged.counts.facts == slowly.counts.facts &&
               judged.counts.mistakes == slowly.counts.mistakes && judged.written == slowly.written,
           "the quick way reads the same values");
  }
  // A time that is missing, which no fact lacks, is written as null, which no time is.
  const bool has_times = whole.written.find("start\":null") == std::string::npos &&
                         whole.written.find("end\":null") == std::string::npos &&
                         whole.written.find("first\":null") == std::string::npos &&
                         whole.written.find("last\":null") == std::string::npos;
  if (!whole.written.empty() && has_times) {
    const Reading again = read(whole.written, whole.written.size() + 1);
    expect(again.mistakes.empty(), "what is written can be read");
    expect(again.written == whole.written, "what is written is read as the same values");
  }
  return 0;
}
