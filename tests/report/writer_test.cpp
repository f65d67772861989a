#include "auexfil/report/writer.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "sample.hpp"

using namespace auexfil;
using report::Content;
using report::Format;

namespace {

/// Keeps each piece that a writer lets go.
class Pieces final : public report::Sink {
 public:
  [[nodiscard]] std::string& text() override { return text_; }
  void maybe_flush() override {
    pieces.push_back(text_);
    text_.clear();
  }
  /// All of it.
  [[nodiscard]] std::string all() const {
    std::string all;
    for (const std::string& piece : pieces) {
      all += piece;
    }
    return all + text_;
  }

  std::vector<std::string> pieces;

 private:
  std::string text_;
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++times;
  }
  return times;
}

std::vector<policy::Finding> findings() {
  std::vector<policy::Finding> findings(2, sample::finding());
  findings[0].severity = policy::Severity::low;
  findings[0].rule = "lesser";
  findings[1].severity = policy::Severity::high;
  findings[1].rule = "graver";
  return findings;
}

std::string report_of(Format format, Content content) {
  Pieces pieces;
  const auto writer = report::make_writer(format, {}, pieces);
  const auto found = findings();
  const auto host = sample::coverage("etl-01", coverage::CoverageVerdict::partial);
  writer->begin(content);
  if (content == Content::findings) {
    for (const policy::Finding& finding : found) {
      writer->finding(finding);
    }
  } else if (content == Content::facts) {
    writer->fact(sample::fact());
  }
  report::Counts counts;
  counts.transfers = 7;
  writer->host(host);
  writer->summary({}, counts);
  writer->end();
  return pieces.all();
}

}  // namespace

TEST_CASE("writer: each format is known by its word") {
  CHECK(to_word(Format::table) == "table");
  CHECK(to_word(Format::csv) == "csv");
  CHECK(to_word(Format::jsonl) == "jsonl");
}

TEST_CASE("writer: JSON lines hold findings, hosts and the summary in the order that they come") {
  const std::string text = report_of(Format::jsonl, Content::findings);
  const std::size_t lesser = text.find(R"("rule":"lesser")");
  const std::size_t graver = text.find(R"("rule":"graver")");
  const std::size_t host = text.find(R"({"type":"coverage")");
  const std::size_t summary = text.find(R"({"type":"summary")");
  REQUIRE(summary != std::string::npos);
  CHECK(lesser < graver);
  CHECK(graver < host);
  CHECK(host < summary);
  CHECK(count(text, "\n") == 4);
}

TEST_CASE("writer: CSV has the columns of what it tells, and rows for hosts in coverage alone") {
  CHECK(report_of(Format::csv, Content::findings).starts_with("finding,rule,"));
  CHECK(report_of(Format::csv, Content::facts).starts_with("id,host,"));
  CHECK(count(report_of(Format::csv, Content::findings), "\r\n") == 3);
  CHECK(report_of(Format::csv, Content::coverage).starts_with("host,node,verdict,"));
  CHECK(count(report_of(Format::csv, Content::coverage), "\r\n") == 2);
}

TEST_CASE("writer: a table has the gravest finding first, and says at its end what was seen") {
  const std::string text = report_of(Format::table, Content::findings);
  REQUIRE(count(text, "lesser") == 1);
  CHECK(text.find("graver") < text.find("lesser"));
  CHECK(text.find("lesser") < text.find("7 transfers, 1 host."));
  CHECK(count(text, "etl-01 partial") == 1);
}

TEST_CASE("writer: a table of coverage has a block a host and no last lines") {
  const std::string text = report_of(Format::table, Content::coverage);
  CHECK(text.starts_with("etl-01: partial\n"));
  CHECK(count(text, "transfers") == 0);
}

TEST_CASE("writer: each fact may leave as it comes, unmasked where it came so") {
  for (const Format format : {Format::table, Format::csv, Format::jsonl}) {
    Pieces pieces;
    const auto writer = report::make_writer(format, {}, pieces);
    writer->begin(Content::facts);
    for (std::size_t facts = 1; facts <= 3; ++facts) {
      facts::Fact fact = sample::fact();
      fact.process.argv = {"curl", "-u", "user:secret", "https://203.0.113.11/"};
      writer->fact(fact);
      REQUIRE(pieces.pieces.size() == facts);
      CHECK(count(pieces.pieces.back(), "user:secret") == 1);
    }
  }
}
