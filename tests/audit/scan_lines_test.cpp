#include "../../src/audit/scan_lines.hpp"

#include <random>
#include <string>

#include <catch2/catch.hpp>

using namespace auexfil::audit;  // NOLINT(google-build-using-namespace): a test

namespace {

/// Letter by letter.
Scanned scan_slowly(std::string_view text, std::vector<std::uint32_t>& newlines) {
  Scanned scanned;
  newlines.clear();
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n') {
      newlines.push_back(static_cast<std::uint32_t>(at));
    }
    scanned.marks += text.substr(at, 2) == "t(" ? 1U : 0U;
  }
  scanned.lines = newlines.size();
  return scanned;
}

/// Do all ways of this machine find the same?
bool agree(std::string_view text) {
  std::vector<std::uint32_t> wanted;
  const Scanned slow = scan_slowly(text, wanted);
  for (const ScanWay way : scan_ways()) {
    std::vector<std::uint32_t> found = {7, 7, 7};  // of the block before
    const Scanned fast = scan_lines(text, found, way);
    if (fast.lines != slow.lines || fast.marks != slow.marks || found.size() < fast.lines ||
        !std::equal(wanted.begin(), wanted.end(), found.begin())) {
      return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("scan: all ways find the same newlines and marks, at every length and place") {
  std::mt19937 random(1);
  const std::string_view letters = "t(\nxtx(\n";
  for (std::size_t length = 0; length < 400; ++length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) {
      text.push_back(letters[random() % letters.size()]);
    }
    for (std::size_t from = 0; from < 3 && from <= length; ++from) {
      CHECK(agree(std::string_view(text).substr(from)));
    }
  }
}

TEST_CASE("scan: blocks of one thing only") {
  for (const std::size_t length : {1U, 63U, 64U, 65U, 128U, 129U, 70'000U}) {
    CHECK(agree(std::string(length, '\n')));
    CHECK(agree(std::string(length, 't')));
    CHECK(agree(std::string(length, '(')));
    CHECK(agree(std::string(length, '\xff')));
    std::string marks;
    while (marks.size() < length) {
      marks += "t(";
    }
    CHECK(agree(marks));
  }
}
