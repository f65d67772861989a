#include "auexfil/audit/stamp.hpp"

#include <random>

#include <catch2/catch.hpp>

using namespace auexfil::audit;  // NOLINT(google-build-using-namespace): a test

TEST_CASE("stamps: text and back") {
  struct Case {
    const char* text;
    Stamp stamp;
  };
  const std::vector<Case> cases = {
      {"0.000:0", {0, 0}},
      {"1.002:3", {1002, 3}},
      {"1796173321.113:512", {1796173321113, 512}},
      {"1492037298.883:4294967295", {1492037298883, 4294967295U}},
      {"999999999999999.999:1", {999999999999999999, 1}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(to_string(c.stamp) == c.text);
    CHECK(parse_stamp(c.text) == c.stamp);
  }
  CHECK(parse_stamp("472.5:7") == Stamp{472005, 7});
  CHECK(parse_stamp("472.05:7") == Stamp{472005, 7});
  for (const char* const bad : {"",
                                "1",
                                "1.",
                                "1.1",
                                "1.1:",
                                ".1:1",
                                "1.1:x",
                                "1.1:1x",
                                "1.1:4294967296",
                                "1.1234:1",
                                "1.0001:1",
                                "-1.000:1",
                                "-0.000:1",
                                "+1.000:1",
                                "1.-1:1",
                                "1.1:-1",
                                " 1.1:1",
                                "1.1:1 ",
                                "1,1:1",
                                "1000000000000000.000:1",
                                "99999999999999999999.000:1"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_stamp(bad));
  }
  CHECK(Stamp{1, 2} < Stamp{1, 3});
  CHECK(Stamp{1, 9} < Stamp{2, 0});
}

TEST_CASE("stamps: random ones come back") {
  std::mt19937_64 random(11);
  for (int i = 0; i < 2000; ++i) {
    const Stamp stamp{static_cast<TimeMs>(random() % 4'000'000'000'000ULL),
                      static_cast<std::uint32_t>(random())};
    CHECK(parse_stamp(to_string(stamp)) == stamp);
    CHECK(parse_rfc3339(format_rfc3339(stamp.time)) == stamp.time);
  }
}

TEST_CASE("rfc3339: known times") {
  struct Case {
    const char* text;
    TimeMs time;
  };
  const std::vector<Case> exact = {
      {"1970-01-01T00:00:00.000Z", 0},
      {"2026-12-02T01:02:01.113Z", 1796173321113},
      {"2000-02-29T23:59:59.999Z", 951868799999},
      {"1969-12-31T23:59:59.999Z", -1},
      {"9999-12-31T23:59:59.999Z", 253402300799999},
  };
  for (const Case& c : exact) {
    CAPTURE(c.text);
    CHECK(format_rfc3339(c.time) == c.text);
    CHECK(parse_rfc3339(c.text) == c.time);
  }
  const std::vector<Case> read = {
      {"2026-12-02", 1796169600000},
      {"2026-12-02T01:02:01Z", 1796173321000},
      {"2026-12-02t01:02:01z", 1796173321000},
      {"2026-12-02 01:02:01Z", 1796173321000},
      {"2026-12-02T01:02:01", 1796173321000},
      {"2026-12-02T01:02:01.1Z", 1796173321100},
      {"2026-12-02T01:02:01.1139999Z", 1796173321113},
      {"2026-12-02T03:02:01+02:00", 1796173321000},
      {"2026-12-01T19:32:01-05:30", 1796173321000},
      {"2026-12-02T01:02:01.113+00:00", 1796173321113},
  };
  for (const Case& c : read) {
    CAPTURE(c.text);
    CHECK(parse_rfc3339(c.text) == c.time);
  }
  for (const char* const bad : {"",
                                "2026",
                                "2026-12",
                                "2026-13-01",
                                "2026-02-29",
                                "2026-00-01",
                                "2026-01-00",
                                "2026/01/01",
                                "2026-12-02T",
                                "2026-12-02T01",
                                "2026-12-02T01:02",
                                "2026-12-02T24:00:00Z",
                                "2026-12-02T01:60:00Z",
                                "2026-12-02T01:02:61Z",
                                "2026-12-02T01:02:01.Z",
                                "2026-12-02T01:02:01+0200",
                                "2026-12-02T01:02:01+2:00",
                                "2026-12-02T01:02:01+24:00",
                                "2026-12-02T01:02:01+02:60",
                                "2026-12-02T01:02:01Zx",
                                "2026-12-02x",
                                "x026-12-02",
                                "2026-12-02T01:02:01*02:00",
                                "2026-12-02T01-02-01Z"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_rfc3339(bad));
  }
}

TEST_CASE("rfc3339: a year that the format cannot hold does not come round again") {
  // A hostile log may hold any number of seconds; year 67562 must not be printed as 2026.
  for (const TimeMs time :
       {TimeMs{253402300800000}, TimeMs{2069955000000000}, TimeMs{999999999999999999}}) {
    CHECK(format_rfc3339(time) == "9999-12-31T23:59:59.999Z");
  }
}
