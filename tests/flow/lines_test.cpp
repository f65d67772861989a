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
        Lines{"f:1: 1 line has a header without the columns of a flow (left out)"});
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

}  // namespace
}  // namespace auexfil::flow::test
