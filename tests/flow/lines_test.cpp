#include "lines.hpp"

#include <catch2/catch.hpp>

#include "told.hpp"
#include "values.hpp"

namespace auexfil::flow::test {
namespace {

TEST_CASE("a line beyond the bound is counted, and the next is read") {
  const std::string head =
      "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes\n";
  const std::string row = "1.5,0,TCP,10.0.0.1,1,10.0.0.2,2,1,40\n";
  const Lines lines = told(head + std::string(kLongestLine + 1, '1') + "\n" + row +
                           std::string(kLongestLine + 1, '1'));
  CHECK(lines == Lines{"1.5+0 6 10.0.0.1:1>10.0.0.2:2 40/? L3 one-way either-way",
                       "f:2: 2 lines have more than 1 MiB (left out)"});
}

TEST_CASE("ends of lines and a mark before the first") {
  CHECK(told("\xef\xbb\xbf"
             "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes\r\n\r\n"
             "1.5,0,TCP,10.0.0.1,1,10.0.0.2,2,1,40") ==
        Lines{"1.5+0 6 10.0.0.1:1>10.0.0.2:2 40/? L3 one-way either-way"});
}

TEST_CASE("more columns than there is place for are no layout") {
  std::string head = "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes";
  for (int i = 0; i < 200; ++i) {
    head += ",x";
  }
  CHECK(told(head + "\n1,2,3\n") ==
        Lines{"f:1: 1 line has a header without the columns of a flow (left out)",
              "f: not one of its records could be read"});
}

TEST_CASE("what is no file of flows is told as that") {
  CHECK(told("") == Lines{"f: nothing in it"});
  CHECK(told("hello\n") == Lines{"f: no flow records of a known format; it was left out"});
  CHECK(told("PAR1\x15\x04") == Lines{"f: Parquet is not read; export the flow log as text"});
}

TEST_CASE("times") {
  struct Case {
    const char* text;
    const char* told;
  };
  const auto iso = [](std::string_view text) {
    TimeUs time = 0;
    bool has_zone = false;
    return read_iso(text, time, has_zone) ? shown_time(time) + (has_zone ? "Z" : "")
                                          : std::string("none");
  };
  for (const Case& one :
       {Case{"2026-12-02T01:02:03Z", "1796173323Z"},
        Case{"2026-12-02 01:02:03.0005", "1796173323.0005"},
        Case{"2026-12-02T01:02:03,25+0100", "1796169723.25Z"},
        Case{"2026-12-02T01:02:03.123456789-05:30", "1796193123.123456Z"},
        Case{"2026-02-29T01:02:03Z", "none"}, Case{"2026-12-02", "none"},
        Case{"1969-12-31T23:59:59Z", "none"}, Case{"2026-12-02T24:02:03Z", "none"},
        Case{"2026-12-02T01:02:03Zulu", "none"}}) {
    INFO(one.text);
    CHECK(iso(one.text) == one.told);
  }
  const auto epoch = [](std::string_view text) {
    TimeUs time = 0;
    return read_epoch(text, time) ? shown_time(time) : std::string("none");
  };
  for (const Case& one : {Case{"1796173323", "1796173323"}, Case{"1796173323250", "1796173323.25"},
                          Case{"1796173323250001", "1796173323.250001"},
                          Case{"1796173323250001999", "1796173323.250001"}, Case{"", "none"},
                          Case{"99999999999", "99999999999"}, Case{"x", "none"}}) {
    INFO(one.text);
    CHECK(epoch(one.text) == one.told);
  }
}

TEST_CASE("an address and a number are wholly one or none") {
  audit::IpAddress address;
  CHECK(read_address("10.20.30.40", address));
  CHECK(address.to_string() == "10.20.30.40");
  CHECK(read_address("::ffff:10.20.30.40", address));
  CHECK(address.to_string() == "10.20.30.40");
  for (const char* const text : {"", "10.20.30", "10.20.30.400", "10.20.30.4.5", "10.20.30.04x"}) {
    INFO(text);
    CHECK_FALSE(read_address(text, address));
  }
  std::uint16_t port = 0;
  CHECK(read_number("65535", port));
  for (const char* const text : {"", "65536", "-1", "+1", " 1", "1.0", "99999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(read_number(text, port));
  }
}

TEST_CASE("addresses: dotted quads of every length, and what only looks like one") {
  for (const char* const text : {"1.2.3.4", "0.0.0.0", "12.3.4.5", "1.2.3.45", "10.20.30.40",
                                 "100.200.100.20", "255.255.255.255"}) {
    INFO(text);
    audit::IpAddress address;
    CHECK(read_address(text, address));
    CHECK(address.to_string() == text);
  }
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {"1.2.3"sv, "1.2.3."sv, ".1.2.3"sv, "1..2.3"sv, "1.2.3.4.5"sv, "1.2.3.4."sv, "256.2.3.4"sv,
        "1.2.3.999"sv, "1.2.3.1234"sv, "01.2.3.4"sv, "1.2.3.04"sv, "00.2.3.4"sv, "1.2.3.4\0"sv,
        "1.2.3.4\0 5"sv, "1.2.3.4 "sv, "1.2.3.a4"sv, "1.2.3:4"sv, "255.255.255.2555"sv}) {
    INFO(text);
    audit::IpAddress address;
    CHECK_FALSE(read_address(text, address));
  }
}

TEST_CASE("times: as nearly all are written, read at once, and any other") {
  const std::string usual = "1796173221.609873";
  TimeUs time = 0;
  CHECK(read_seconds(usual, time));
  CHECK(time == 1'796'173'221'609'873);
  for (const auto& [text, value] :
       {std::pair("0000000000.000000", TimeUs{0}),
        std::pair("9999999999.999999", TimeUs{9'999'999'999'999'999}),
        std::pair("0000000019.000009", TimeUs{19'000'009}),
        std::pair("12345678.90123456", TimeUs{12'345'678'901'234}),
        std::pair("0.092033", TimeUs{92'033}), std::pair("59.000001", TimeUs{59'000'001}),
        std::pair("123456.789012", TimeUs{123'456'789'012}),
        std::pair("123456789.000001", TimeUs{123'456'789'000'001}),
        std::pair("1.6", TimeUs{1'600'000}), std::pair("17.1234567890", TimeUs{17'123'456})}) {
    INFO(text);
    CHECK(read_seconds(text, time));
    CHECK(time == value);
  }
  for (const std::string& right : {usual, std::string("0.092033"), std::string("1234.000001")}) {
    for (std::size_t i = 0; i < right.size(); ++i) {
      for (const char c : {'/', ':', ' ', 'a', '-', '\0', '\xb1'}) {
        std::string wrong = right;
        wrong[i] = c;
        INFO(wrong);
        CHECK_FALSE(read_seconds(wrong, time));
      }
    }
  }
  CHECK_FALSE(read_seconds(".000001", time));
}

TEST_CASE("columns: of a line of any length, wherever its separators stand") {
  std::uint32_t random = 7;
  for (std::size_t size = 0; size < 100; ++size) {
    for (int turn = 0; turn < 20; ++turn) {
      std::string line;
      for (std::size_t i = 0; i < size; ++i) {
        random = random * 1664525 + 1013904223;
        line += (random >> 24) % 4 == 0 ? '\t' : 'x';
      }
      Columns columns;
      columns.split<'\t'>(line);
      std::vector<std::string_view> wanted;
      for (std::string_view rest = line;;) {
        const std::size_t end = rest.find('\t');
        wanted.push_back(rest.substr(0, end));
        if (end == std::string_view::npos) {
          break;
        }
        rest.remove_prefix(end + 1);
      }
      INFO(line);
      REQUIRE(columns.count() == wanted.size());
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        CHECK(columns[i] == wanted[i]);
      }
    }
  }
  const std::string many(500, ',');
  Columns columns;
  columns.split<','>(many);
  CHECK(columns.count() == 501);
  CHECK(columns[Columns::kMost - 1].empty());
}

}  // namespace
}  // namespace auexfil::flow::test
