#include "auexfil/policy/units.hpp"

#include <catch2/catch.hpp>

namespace auexfil::policy {
namespace {

constexpr std::uint64_t kBad = 0xbad;

TEST_CASE("units: sizes are bytes, powers of ten or of two") {
  struct Case {
    const char* text;
    std::uint64_t bytes;
  };
  const Case cases[] = {{"0", 0},
                        {"1500", 1500},
                        {"5B", 5},
                        {"5MB", 5'000'000},
                        {"5MiB", 5'242'880},
                        {"5 MiB", 5'242'880},
                        {"1KB", 1000},
                        {"1kB", 1000},
                        {"1KiB", 1024},
                        {"1.5GiB", 1'610'612'736},
                        {"0.000001MB", 1},
                        {"2GB", 2'000'000'000},
                        {"3TB", 3'000'000'000'000},
                        {"1TiB", 1'099'511'627'776},
                        {"18446744073709551615", 18'446'744'073'709'551'615U},
                        {"18446744073709551616", kBad},
                        {"16777216TiB", kBad},
                        {"16777215.999999TiB", 18'446'744'073'708'452'104U},
                        {"", kBad},
                        {"MB", kBad},
                        {"-1", kBad},
                        {"5mb", kBad},
                        {"5M", kBad},
                        {"5MiBs", kBad},
                        {"1.5", kBad},
                        {"1.5B", kBad},
                        {"1.MB", kBad},
                        {".5MB", kBad},
                        {"1.0000001MB", kBad},
                        {"1e6", kBad},
                        {"0x10", kBad}};
  for (const Case& c : cases) {
    INFO(c.text);
    CHECK(parse_size(c.text).value_or(kBad) == c.bytes);
  }
}

TEST_CASE("units: durations have one unit") {
  struct Case {
    const char* text;
    std::int64_t ms;
  };
  const Case cases[] = {{"30s", 30'000},
                        {"10m", 600'000},
                        {"24h", 86'400'000},
                        {"7d", 604'800'000},
                        {"0s", 0},
                        {"36525d", 3'155'760'000'000},
                        {"36526d", -1},
                        {"99999999999999999h", -1},
                        {"", -1},
                        {"24", -1},
                        {"h", -1},
                        {"1d12h", -1},
                        {"-1h", -1},
                        {"1w", -1},
                        {"1.5h", -1}};
  for (const Case& c : cases) {
    INFO(c.text);
    CHECK(parse_duration(c.text).value_or(-1) == c.ms);
  }
}

TEST_CASE("units: dates are days of the calendar") {
  CHECK(parse_date("2027-01-31") == 1'801'353'600'000);
  CHECK(parse_date("2028-02-29").has_value());
  for (const char* text : {"2027-02-29", "2027-13-01", "2027-1-31", "31.01.2027", "soon", "",
                           "2027-01-31T00:00:00Z"}) {
    INFO(text);
    CHECK(!parse_date(text));
  }
}

TEST_CASE("units: amounts are told with one decimal in the unit that fits") {
  CHECK(format_size(0) == "0 B");
  CHECK(format_size(1023) == "1023 B");
  CHECK(format_size(1024) == "1.0 KiB");
  CHECK(format_size(1'048'575) == "1.0 MiB");
  CHECK(format_size(3'153'717) == "3.0 MiB");
  CHECK(format_size(5'368'709'120) == "5.0 GiB");
  CHECK(format_size(18'446'744'073'709'551'615U) == "16.0 EiB");
  CHECK(format_duration(86'400'000) == "24 h");
  CHECK(format_duration(172'800'000) == "2 d");
  CHECK(format_duration(5'400'000) == "90 min");
  CHECK(format_duration(90'000) == "90 s");
  CHECK(format_duration(1) == "1 ms");
}

}  // namespace
}  // namespace auexfil::policy
