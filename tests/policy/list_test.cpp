#include "auexfil/policy/list.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "builders.hpp"

namespace auexfil::policy {
namespace {

using Words = std::vector<std::string>;

Words told(const ListReading& reading) {
  Words out;
  for (const ListEntry& entry : reading.entries) {
    out.push_back(fmt::format("{}:{}/{}", entry.line, entry.network.network.to_string(),
                              entry.network.prefix));
  }
  return out;
}

Words read(std::string_view text) {
  return told(read_list(text, 100));
}

TEST_CASE("list: one address or network a line, with comments") {
  const ListReading reading = read_list(
      "\xef\xbb\xbf# a feed\r\n203.0.113.9\r\n\n 198.51.100.0/24 ; SBL1\n2001:db8::/32\t# v6\n"
      "drop.example.org\n198.51.100.7/24\n203.0.113.10",
      100);
  CHECK(told(reading) ==
        Words{"2:203.0.113.9/32", "4:198.51.100.0/24", "5:2001:db8::/32", "8:203.0.113.10/32"});
  CHECK(
      reading.said ==
      Words{"6: 'drop.example.org' is neither an address nor a network",
            "7: '198.51.100.7/24' has bits set behind its prefix; 198.51.100.0/24 would be right"});
  CHECK(reading.left_out == 2);
  CHECK(reading.passed_over == 0);
  CHECK(reading.problem.empty());
}

TEST_CASE("list: what is left out is counted beyond what is said") {
  std::string text;
  for (int i = 0; i < 50; ++i) {
    text += std::string(5000, 'x') + "\n";
  }
  const ListReading reading = read_list(text, 100);
  CHECK(reading.left_out == 50);
  REQUIRE(reading.said.size() == 3);
  CHECK(reading.said[0].size() < 200);
}

TEST_CASE("list: more entries than there is room for are a problem, nothing is cut in silence") {
  CHECK(read_list("10.0.0.1\n10.0.0.2\n", 2).problem.empty());
  CHECK(read_list("10.0.0.1\n10.0.0.2\n10.0.0.3\n10.0.0.4\n", 2).problem ==
        "lists hold more than 1048576 entries");
  CHECK(
      read_list(R"([{"type":"ip-dst","value":"10.0.0.1"},{"type":"ip-dst","value":"10.0.0.2"}])", 1)
          .problem == "lists hold more than 1048576 entries");
  CHECK(read("").empty());
}

TEST_CASE("list: patterns of STIX") {
  struct Case {
    const char* pattern;
    Words told;
  };
  const Case cases[] = {
      {"[ipv4-addr:value = '203.0.113.9']", {"0:203.0.113.9/32"}},
      {"[ipv4-addr:value='203.0.113.9/32' OR ipv6-addr:value = '2001:db8::1']",
       {"0:203.0.113.9/32", "0:2001:db8::1/128"}},
      {"[ ipv4-addr:value ISSUBSET '198.51.100.0/24' ]", {"0:198.51.100.0/24"}},
      {"[ipv4-addr:value IN ('203.0.113.1', '203.0.113.2')]",
       {"0:203.0.113.1/32", "0:203.0.113.2/32"}},
      {"[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = "
       "'203.0.113.33/32']",
       {"0:203.0.113.33/32"}},
      {"[ipv4-addr:value = '203.0.113.9'] FOLLOWEDBY [url:value = 'http://203.0.113.1/']",
       {"0:203.0.113.9/32"}},
      {"[ipv4-addr:value != '203.0.113.9']", {}},
      {"[ipv4-addr:value NOT = '203.0.113.9']", {}},
      {"[ipv4-addr:value NOT IN ('203.0.113.1', '203.0.113.2')]", {}},
      {"[ipv4-addr:value LIKE '203.0.113.%']", {}},
      {"[domain-name:value = '203.0.113.9']", {}},
      {"[file:name = 'a\\\\'b = [ipv4-addr:value = ' AND ipv4-addr:value = '203.0.113.9']",
       {"0:203.0.113.9/32"}},
      {"[ipv4-addr:value = '203.0.113.9", {"0:203.0.113.9/32"}},
      {"'", {}},
      {"", {}},
  };
  for (const Case& c : cases) {
    INFO(c.pattern);
    const ListReading reading = read_list(
        fmt::format(R"({{"type":"bundle","objects":[{{"type":"indicator","pattern":"{}"}}]}})",
                    c.pattern),
        100);
    CHECK(reading.problem.empty());
    CHECK(told(reading) == c.told);
    CHECK(reading.passed_over == (c.told.empty() ? 1 : 0));
  }
}

TEST_CASE("list: a bundle of STIX, and what of it is no address to look for") {
  const ListReading reading = read_list(R"({
    "type": "bundle", "id": "bundle--1", "objects": [
      {"type": "indicator", "pattern_type": "stix", "pattern": "[ipv4-addr:value = '203.0.113.9']"},
      {"type": "indicator", "revoked": true, "pattern": "[ipv4-addr:value = '203.0.113.10']"},
      {"type": "ipv4-addr", "value": "203.0.113.11"},
      {"type": "ipv6-addr", "value": "2001:db8::/48"},
      {"type": "observed-data", "objects": {"0": {"type": "ipv4-addr", "value": "203.0.113.12"}}},
      {"type": "domain-name", "value": "drop.example.org"},
      {"type": "ipv4-addr", "value": "somewhere"},
      {"type": "identity", "name": "example"}]})",
                                        100);
  CHECK(reading.problem.empty());
  CHECK(told(reading) ==
        Words{"0:203.0.113.9/32", "0:203.0.113.11/32", "0:2001:db8::/48", "0:203.0.113.12/32"});
  CHECK(reading.passed_over == 2);
  CHECK(reading.left_out == 1);
  CHECK(reading.said == Words{"'somewhere' is neither an address nor a network"});
}

TEST_CASE("list: indicators of STIX hold for their time") {
  constexpr audit::TimeMs kDay = 86'400'000;
  const ListReading reading = read_list(R"({
    "type": "bundle", "id": "bundle--1", "objects": [
      {"type": "indicator", "pattern": "[ipv4-addr:value = '203.0.113.1']",
       "valid_from": "1970-01-02T00:00:00Z", "valid_until": "1970-01-04T00:00:00.000Z"},
      {"type": "indicator", "pattern": "[ipv4-addr:value = '203.0.113.2']",
       "valid_from": "1970-02-01T00:00:00Z"},
      {"type": "indicator", "pattern": "[ipv4-addr:value = '203.0.113.3']",
       "valid_from": "1970-01-01T00:00:00Z", "valid_until": "1970-02-01T00:00:00Z"},
      {"type": "ipv4-addr", "value": "203.0.113.4"},
      {"type": "ipv4-addr", "value": "203.0.113.5", "revoked": true}]})",
                                        100, 10 * kDay);
  CHECK(told(reading) ==
        Words{"0:203.0.113.1/32", "0:203.0.113.2/32", "0:203.0.113.3/32", "0:203.0.113.4/32"});
  CHECK(reading.ended == 1);
  CHECK(reading.to_come == 1);
  CHECK(reading.passed_over == 1);
  struct Case {
    std::size_t entry;
    audit::TimeMs first;
    audit::TimeMs last;
    bool holds;
  };
  const Case cases[] = {
      {0, 0, kDay - 1, false},         {0, 0, kDay, true},
      {0, kDay, kDay, true},           {0, 3 * kDay - 1, 9 * kDay, true},
      {0, 3 * kDay, 9 * kDay, false},  {1, 10 * kDay, 10 * kDay, false},
      {1, 99 * kDay, 99 * kDay, true}, {3, -kDay, 99 * kDay, true},
  };
  for (const Case& one : cases) {
    INFO(one.entry << " from " << one.first << " to " << one.last);
    CHECK(reading.entries[one.entry].holds(one.first, one.last) == one.holds);
  }
}

TEST_CASE("list: events of MISP, alone, of a feed, of a search") {
  const std::string event = R"({"Event": {"info": "x", "Attribute": [
      {"type": "ip-dst", "value": "203.0.113.9", "to_ids": true},
      {"type": "ip-src", "value": "203.0.113.10", "to_ids": false},
      {"type": "ip-dst", "value": "203.0.113.11", "deleted": true},
      {"type": "ip-dst|port", "value": "203.0.113.12|443"},
      {"type": "domain|ip", "value": "evil.example|203.0.113.13"},
      {"type": "domain|ip", "value": "old.example|203.0.113.14", "to_ids": false},
      {"type": "sha256", "value": "00"}],
    "Object": [{"name": "network", "Attribute": [{"type": "ip-src", "value": "2001:db8::7"}]}]}})";
  const Words right = {"0:203.0.113.9/32", "0:203.0.113.12/32", "0:203.0.113.13/32",
                       "0:2001:db8::7/128"};
  for (const std::string& text : {event, "[" + event + "]", R"({"response":[)" + event + "]}"}) {
    const ListReading reading = read_list(text, 100);
    CHECK(reading.problem.empty());
    CHECK(told(reading) == right);
    CHECK(reading.passed_over == 4);
  }
}

TEST_CASE("list: JSON that is broken or too deep is no list") {
  CHECK(read_list(R"({"type":"bundle","objects":[)", 100).problem.starts_with("is not JSON: "));
  CHECK(read_list(std::string(200, '['), 100).problem.starts_with("is not JSON: "));
  CHECK(read_list(std::string(200, '[') + std::string(200, ']'), 100)
            .problem.starts_with("is not JSON: "));
}

}  // namespace
}  // namespace auexfil::policy
