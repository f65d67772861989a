#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "lines.hpp"

using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test

namespace {

std::string hex(const std::string& bytes, bool upper = true) {
  const char* const digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

/// A sockaddr of that family, `size` bytes long, the rest counting up from 0x21.
std::string bytes_of(unsigned family, std::size_t size, bool big) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) {
    bytes += static_cast<char>(0x21 + i % 90);
  }
  if (size > 0) {
    bytes[0] = static_cast<char>(big ? family >> 8 : family & 0xff);
  }
  if (size > 1) {
    bytes[1] = static_cast<char>(big ? family & 0xff : family >> 8);
  }
  return bytes;
}

}  // namespace

TEST_CASE("sockaddr: every family at every length, in both byte orders") {
  for (const bool big : {false, true}) {
    for (const unsigned family : {0U, 1U, 2U, 3U, 10U, 16U, 17U, 31U, 38U, 40U, 45U, 46U, 255U,
                                  256U, 512U, 2560U, 65535U}) {
      for (std::size_t size = 0; size <= 130; ++size) {
        CAPTURE(big, family, size);
        const std::string bytes = bytes_of(family, size, big);
        SocketAddress address;
        const bool good = decode_saddr(hex(bytes), big, address);
        const std::size_t least = family == 2 ? 8 : family == 10 ? 24 : 2;
        CHECK(good == (size >= least && size <= 128));
        CHECK(address.has_address == (good && (family == 2 || family == 10)));
        if (size < 2 || size > 128) {
          CHECK(address.family == Family::none);
          continue;
        }
        CHECK(address.family_number == family);
        const Family expected = family == 0    ? Family::unspec
                                : family == 1  ? Family::unix
                                : family == 2  ? Family::inet
                                : family == 10 ? Family::inet6
                                : family == 16 ? Family::netlink
                                               : Family::other;
        CHECK(address.family == expected);
        if (address.has_address) {
          CHECK(address.port == 0x2324);  // network order whatever the arch
          CHECK(address.ip.to_string() ==
                (family == 2 ? "37.38.39.40" : "292a:2b2c:2d2e:2f30:3132:3334:3536:3738"));
        }
        if (address.family == Family::unix) {
          CHECK(address.path == bytes.substr(2));
        }
        // Lower-case digits say the same; an odd digit or another letter says nothing.
        SocketAddress again;
        CHECK(decode_saddr(hex(bytes, false), big, again) == good);
        CHECK(again.port == address.port);
        CHECK_FALSE(decode_saddr(hex(bytes) + "0", big, again));
        CHECK(again.family == Family::none);
        std::string odd = hex(bytes);
        odd[size] = 'g';
        CHECK_FALSE(decode_saddr(odd, big, again));
        CHECK_FALSE(again.has_address);
      }
    }
  }
}

TEST_CASE("sockaddr: unix names end at NUL, abstract ones at the length") {
  const auto path = [](const std::string& name) { return saddr_of(hex("\x01" + name)).path; };
  using namespace std::string_literals;
  CHECK(path("\0/run/x\0garbage"s) == "/run/x");
  CHECK(path("\0/run/x"s) == "/run/x");
  CHECK(path("\0\0abc\0d"s) == "@abc\0d"s);
  CHECK(path("\0\0"s) == "@");
  CHECK(path("\0"s).empty());
  CHECK(path("\0"s + std::string(108, 'x')) == std::string(108, 'x'));
}

TEST_CASE("sockaddr: what the kernel's own structures hold comes back") {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(2121);
  in.sin_addr.s_addr = htonl(0xcb007109);
  const std::string four(reinterpret_cast<const char*>(&in), sizeof in);
  SocketAddress address = saddr_of(hex(four));
  CHECK(address.ip.to_string() == "203.0.113.9");
  CHECK(address.port == 2121);
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(873);
  in6.sin6_addr.s6_addr[0] = 0x20;
  in6.sin6_addr.s6_addr[1] = 0x01;
  in6.sin6_addr.s6_addr[2] = 0x0d;
  in6.sin6_addr.s6_addr[3] = 0xb8;
  in6.sin6_addr.s6_addr[15] = 7;
  in6.sin6_scope_id = 3;
  const std::string six(reinterpret_cast<const char*>(&in6), sizeof in6);
  address = saddr_of(hex(six));
  CHECK(address.ip.to_string() == "2001:db8::7");
  CHECK(address.port == 873);
}

TEST_CASE("sockaddr: byte order and width are bits of the arch") {
  CHECK_FALSE(is_big_endian(0xc000003e));  // x86_64
  CHECK_FALSE(is_big_endian(0x40000003));  // i386
  CHECK_FALSE(is_big_endian(0xc00000b7));  // aarch64
  CHECK_FALSE(is_big_endian(0xc0000015));  // ppc64le
  CHECK(is_big_endian(0x80000015));        // ppc64
  CHECK(is_big_endian(0x80000016));        // s390x
  CHECK(is_big_endian(0x16));              // s390
}
