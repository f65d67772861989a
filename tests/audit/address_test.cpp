#include "auexfil/audit/address.hpp"

#include <random>

#include <catch2/catch.hpp>

using namespace auexfil::audit;  // NOLINT(google-build-using-namespace): a test

TEST_CASE("addresses: literals and their one spelling") {
  struct Case {
    const char* text;
    const char* canonical;
  };
  for (const Case& c : std::vector<Case>{
           {"192.0.2.1", "192.0.2.1"},
           {"0.0.0.0", "0.0.0.0"},
           {"255.255.255.255", "255.255.255.255"},
           {"::", "::"},
           {"::1", "::1"},
           {"2001:DB8::A", "2001:db8::a"},
           {"2001:0db8:0000:0000:0000:0000:0000:000a", "2001:db8::a"},
           {"2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"},
           {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
           {"[2001:db8::1]", "2001:db8::1"},
           {"fe80::1%eth0", "fe80::1"},
           {"[fe80::1%2]", "fe80::1"},
           {"::ffff:203.0.113.9", "203.0.113.9"},
           {"::FFFF:cb00:7109", "203.0.113.9"},
       }) {
    CAPTURE(c.text);
    const auto address = IpAddress::parse(c.text);
    REQUIRE(address);
    CHECK(address->to_string() == c.canonical);
    CHECK(IpAddress::parse(address->to_string()) == address);
  }
  using namespace std::string_literals;
  for (const std::string& bad : {""s,
                                 "192.0.2"s,
                                 "192.0.2.256"s,
                                 "192.0.2.1.1"s,
                                 " 192.0.2.1"s,
                                 "192.0.2.1 "s,
                                 "host"s,
                                 "example.org"s,
                                 ":::1"s,
                                 "1:2:3:4:5:6:7:8:9"s,
                                 "2001:db8::g"s,
                                 "[192.0.2.1"s,
                                 "[]"s,
                                 "%"s,
                                 "192.0.2.1\0x"s,
                                 "192.0.2.1\0"s,
                                 "2001:db8::1\0junk"s,
                                 std::string(47, '1'),
                                 std::string(1000, '1'),
                                 "192.0.2.1:80"s,
                                 "0x7f.1"s,
                                 "2130706433"s}) {
    CAPTURE(bad);
    CHECK_FALSE(IpAddress::parse(bad));
  }
}

TEST_CASE("addresses: kinds") {
  struct Case {
    const char* text;
    const char* kinds;  // u unspecified, l loopback, k link-local, m multicast, p private
  };
  for (const Case& c : std::vector<Case>{
           {"0.0.0.0", "u"},
           {"::", "u"},
           {"0.0.0.1", ""},
           {"127.0.0.1", "l"},
           {"127.255.255.255", "l"},
           {"128.0.0.0", ""},
           {"::1", "l"},
           {"::2", ""},
           {"::ffff:127.0.0.1", "l"},
           {"169.254.0.1", "k"},
           {"169.253.0.1", ""},
           {"fe80::1", "k"},
           {"febf::1", "k"},
           {"fec0::1", ""},
           {"224.0.0.1", "m"},
           {"239.255.255.255", "m"},
           {"223.255.255.255", ""},
           {"240.0.0.1", ""},
           {"255.255.255.255", "m"},
           {"ff02::1", "m"},
           {"10.0.0.1", "p"},
           {"11.0.0.1", ""},
           {"172.15.255.255", ""},
           {"172.16.0.0", "p"},
           {"172.31.255.255", "p"},
           {"172.32.0.0", ""},
           {"192.168.0.1", "p"},
           {"192.169.0.1", ""},
           {"100.63.255.255", ""},
           {"100.64.0.0", "p"},
           {"100.127.255.255", "p"},
           {"100.128.0.0", ""},
           {"fc00::1", "p"},
           {"fdff::1", "p"},
           {"fe00::1", ""},
           {"203.0.113.9", ""},
           {"2001:db8::1", ""},
       }) {
    CAPTURE(c.text);
    const IpAddress a = IpAddress::parse(c.text).value();
    CHECK(std::string(a.is_unspecified() ? "u" : "") + (a.is_loopback() ? "l" : "") +
              (a.is_link_local() ? "k" : "") + (a.is_multicast() ? "m" : "") +
              (a.is_private() ? "p" : "") ==
          c.kinds);
  }
}

TEST_CASE("networks: what is one and what is in it") {
  struct Case {
    const char* network;
    const char* address;
    bool inside;
  };
  for (const Case& c : std::vector<Case>{
           {"198.51.100.0/24", "198.51.100.255", true},
           {"198.51.100.0/24", "198.51.101.0", false},
           {"198.51.100.0/25", "198.51.100.127", true},
           {"198.51.100.0/25", "198.51.100.128", false},
           {"198.51.100.7", "198.51.100.7", true},
           {"198.51.100.7", "198.51.100.6", false},
           {"198.51.100.6/31", "198.51.100.7", true},
           {"0.0.0.0/0", "203.0.113.9", true},
           {"0.0.0.0/0", "2001:db8::1", false},
           {"::/0", "2001:db8::1", true},
           {"::/0", "203.0.113.9", false},
           {"2001:db8:77::/48", "2001:db8:77:ffff::1", true},
           {"2001:db8:77::/48", "2001:db8:78::1", false},
           {"2001:db8::/33", "2001:db8:7fff::1", true},
           {"2001:db8::/33", "2001:db8:8000::1", false},
           {"2001:db8::1/128", "2001:db8::1", true},
           {"198.51.100.0/24", "::ffff:198.51.100.1", true},
       }) {
    CAPTURE(c.network, c.address);
    const auto network = Cidr::parse(c.network);
    REQUIRE(network);
    CHECK(network->contains(IpAddress::parse(c.address).value()) == c.inside);
  }
  for (const char* const bad :
       {"", "/24", "198.51.100.0/", "198.51.100.0/33", "198.51.100.0/-1", "198.51.100.0/+8",
        "198.51.100.0/8x", "198.51.100.1/24", "2001:db8::/129", "2001:db8::1/64",
        "198.51.100.0/24/8", "198.51.100.0/024", "fe80::1%eth0", "fe80::%1/64", "host/24",
        "198.51.100.0/255.255.255.0", "198.51.100.0 /24"}) {
    CAPTURE(bad);
    CHECK_FALSE(Cidr::parse(bad));
  }
}

TEST_CASE("networks: each prefix holds its own bits and no more") {
  std::mt19937 random(5);
  for (unsigned prefix = 0; prefix <= 128; ++prefix) {
    std::array<std::uint8_t, 16> bytes{};
    for (auto& byte : bytes) {
      byte = static_cast<std::uint8_t>(random());
    }
    bytes[0] = 0x20;
    std::array<std::uint8_t, 16> network = bytes;
    for (unsigned bit = prefix; bit < 128; ++bit) {
      network[bit / 8] = static_cast<std::uint8_t>(network[bit / 8] & ~(0x80U >> bit % 8));
    }
    const Cidr cidr{IpAddress::v6(network), prefix};
    CHECK(cidr.contains(IpAddress::v6(bytes)));
    if (prefix > 0) {
      auto other = bytes;
      other[(prefix - 1) / 8] =
          static_cast<std::uint8_t>(other[(prefix - 1) / 8] ^ (0x80U >> (prefix - 1) % 8));
      CHECK_FALSE(cidr.contains(IpAddress::v6(other)));
    }
    if (prefix < 128) {
      auto other = bytes;
      other[prefix / 8] = static_cast<std::uint8_t>(other[prefix / 8] ^ (0x80U >> prefix % 8));
      CHECK(cidr.contains(IpAddress::v6(other)));
    }
  }
}
