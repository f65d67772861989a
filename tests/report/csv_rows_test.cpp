#include "auexfil/report/csv_rows.hpp"

#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "auexfil/report/writer.hpp"
#include "sample.hpp"

using namespace auexfil;
using report::CsvRowKey;

TEST_CASE("CSV: a row is known again by its figures, not by its words") {
  const CsvRowKey key("finding,rule,address,bytes_out,reasons");
  struct Case {
    std::string_view one;
    std::string_view other;
    bool same;
  };
  constexpr Case kCases[] = {
      {"ab,r,h,1,why", "ab,r,h,1,why", true},
      {"ab,r,h,1,why", "ab,q,h,1,\"else, quite\"", true},
      {"ab,r,h,1,why", "ac,r,h,1,why", false},
      {"ab,r,h,1,why", "ab,r,i,1,why", false},
      {"ab,r,h,1,why", "ab,r,h,,why", false},
      {"ab,r,h,1,why", "ab,r,h,1", false},
      {"ab,r,h,1,why", "ab,r,h", false},
      {"ab,r,h,1,why", "ab,r,h,1,why,more", false},
      {"ab,\"r,h\",i,1,why", "ab,r,h,i,1", false},
      {"ab,\"r\"\",\"\"h\",i,1,why", "ab,r,i,1,why", true},
      {"ab,r,\"h,1\",2,x", "ab,r,\"h\",1,2", false},
      {"", ",,,,", false},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.one, c.other);
    CHECK((key.of(c.one) == key.of(c.other)) == c.same);
  }
}

TEST_CASE("CSV: what has not as many cells as the header is no row of it") {
  const CsvRowKey key("finding,rule,address,bytes_out,reasons");
  for (const std::string_view row : {"", "ab,r,h,1", "ab,r,h,1,why,more", "ab,r,\"h,1,2,x"}) {
    CAPTURE(row);
    CHECK_FALSE(key.of(row).has_value());
  }
}

TEST_CASE("CSV: every kind has columns of figures, by which its rows are told apart") {
  for (const auto content :
       {report::Content::findings, report::Content::facts, report::Content::coverage}) {
    const std::string header = report::csv_header(content);
    REQUIRE(!header.empty());
    CHECK(CsvRowKey(header).of(header).value().size() > 40);
  }
  CHECK(report::csv_header(report::Content::inputs).empty());
}
