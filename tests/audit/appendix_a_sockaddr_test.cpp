#include <catch2/catch.hpp>

#include "lines.hpp"

using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test

namespace {

void check_inet(const SocketAddress& address, const char* ip, unsigned port) {
  CHECK(address.has_address);
  CHECK(address.ip.to_string() == ip);
  CHECK(address.port == port);
}

/// One event of i386: SYSCALL socketcall and, unless empty, its SOCKETCALL.
EventCopy socketcall_event(const std::string& outer, const std::string& inner,
                           const std::string& saddr = {}) {
  std::string log =
      "type=SYSCALL msg=audit(1.000:1): arch=40000003 syscall=102 " + outer +
      " a1=bf a2=0 a3=0 items=0 ppid=1 pid=900 auid=0 comm=\"x\" exe=\"/x\" key=(null)\n";
  if (!inner.empty()) {
    log += "type=SOCKETCALL msg=audit(1.000:1): " + inner + "\n";
  }
  if (!saddr.empty()) {
    log += "type=SOCKADDR msg=audit(1.000:1): saddr=" + saddr + "\n";
  }
  const Reading reading = events_of(log);
  REQUIRE(reading.events.size() == 1);
  return reading.events[0];
}

std::uint64_t hex_of(const EventCopy& event, const char* key) {
  const auto* const record = event.find(type::kSocketcall);
  REQUIRE(record != nullptr);
  std::uint64_t value = 0;
  REQUIRE(parse_hex(raw(record->body, key).value(), value));
  return value;
}

}  // namespace

TEST_CASE("A088 sockaddr: IPv4") {
  check_inet(saddr_of("02000050C00002010000000000000000", 0xc000003e), "192.0.2.1", 80);
}

TEST_CASE("A089 sockaddr: IPv4 loopback") {
  const SocketAddress address = saddr_of("02002BCB7F0000010000000000000000");
  check_inet(address, "127.0.0.1", 11211);
  CHECK(address.ip.is_loopback());
}

TEST_CASE("A090 sockaddr: the family is in the byte order of the event's arch") {
  check_inet(saddr_of("0002D903000000000000000000000000", 0x80000015), "0.0.0.0", 55555);
}

TEST_CASE("A091 sockaddr: IPv6 loopback") {
  const SocketAddress address =
      saddr_of("0A002BCB000000000000000000000000000000000000000100000000");
  check_inet(address, "::1", 11211);
  CHECK(address.ip.is_loopback());
}

TEST_CASE("A092 sockaddr: IPv6") {
  check_inet(saddr_of("0A0000160000000020010DB800000000000000000000000500000000"), "2001:db8::5",
             22);
}

TEST_CASE("A093 sockaddr: IPv6 in the 24 bytes of RFC 2133") {
  check_inet(saddr_of("0A0000160000000020010DB8000000000000000000000005"), "2001:db8::5", 22);
}

TEST_CASE("A094 sockaddr: an IPv4-mapped address is IPv4") {
  const SocketAddress address =
      saddr_of("0A0001BB0000000000000000000000000000FFFFCB00710900000000");
  check_inet(address, "203.0.113.9", 443);
  CHECK(address.ip.is_v4());
}

TEST_CASE("A095 sockaddr: a link-local address") {
  const SocketAddress address =
      saddr_of("0A00001600000000FE80000000000000000000000000000102000000");
  check_inet(address, "fe80::1", 22);
  CHECK(address.ip.is_link_local());
}

TEST_CASE("A096 sockaddr: garbage in the padding does not matter") {
  check_inet(saddr_of("02000015C6336407DEADBEEF01020304"), "198.51.100.7", 21);
}

TEST_CASE("A097 sockaddr: 8 bytes are enough for IPv4") {
  check_inet(saddr_of("02000015C6336407"), "198.51.100.7", 21);
}

TEST_CASE("A098 sockaddr: a family alone is no address") {
  SocketAddress address;
  CHECK_FALSE(decode_saddr("0200", false, address));
  CHECK(address.family == Family::inet);
  CHECK_FALSE(address.has_address);
}

TEST_CASE("A099 sockaddr: AF_UNSPEC dissolves an association") {
  const SocketAddress address = saddr_of("00000000000000000000000000000000");
  CHECK(address.family == Family::unspec);
  CHECK_FALSE(address.has_address);
}

TEST_CASE("A100 sockaddr: an unnamed unix socket") {
  const SocketAddress address = saddr_of("0100");
  CHECK(address.family == Family::unix);
  CHECK(address.path.empty());
}

TEST_CASE("A101 sockaddr: a unix path") {
  const SocketAddress address =
      saddr_of("01002F72756E2F73797374656D642F6A6F75726E616C2F7374646F757400");
  CHECK(address.family == Family::unix);
  CHECK(address.path == "/run/systemd/journal/stdout");
}

TEST_CASE("A102 sockaddr: an abstract unix name") {
  CHECK(saddr_of("0100006162737472616374").path == "@abstract");
}

TEST_CASE("A103 sockaddr: netlink") {
  const SocketAddress address = saddr_of("100000000000000000000000");
  CHECK(address.family == Family::netlink);
  CHECK_FALSE(address.has_address);
}

TEST_CASE("A104 sockaddr: vsock has no IP address") {
  const SocketAddress address = saddr_of("28000000000400000200000000000000");
  CHECK(address.family == Family::other);
  CHECK(address.family_number == 40);
  CHECK_FALSE(address.has_address);
}

TEST_CASE("A105 sockaddr: getsockname's is local") {
  const Syscall call = syscall_of(
      "arch=c000003e syscall=51 success=yes exit=0 a0=3 a1=7f a2=7f a3=0 items=0 ppid=1 pid=2 "
      "auid=0 comm=\"x\" exe=\"/x\" key=(null)");
  CHECK(call_of(call) == Call::getsockname);
  check_inet(saddr_of("02009C400A0000050000000000000000"), "10.0.0.5", 40000);
}

TEST_CASE("A106 sockaddr: connect through socketcall") {
  const EventCopy event =
      socketcall_event("success=no exit=-115 a0=3", "nargs=3 a0=7 a1=856baec a2=10",
                       "02000CEA7F0000010000000000000000");
  REQUIRE(event.syscall);
  CHECK(call_of(*event.syscall) == Call::socketcall);
  CHECK(SyscallTables::socketcall(event.syscall->a[0]) == Call::connect);
  CHECK(event.syscall->exit == -115);
  CHECK(hex_of(event, "a0") == 7);
  CHECK(hex_of(event, "a2") == 16);
  REQUIRE(event.find(type::kSockaddr) != nullptr);
  check_inet(saddr_of(raw(event.find(type::kSockaddr)->body, "saddr").value(), 0x40000003),
             "127.0.0.1", 3306);
}

TEST_CASE("A107 sockaddr: socket through socketcall") {
  const EventCopy event = socketcall_event("success=yes exit=3 a0=1", "nargs=3 a0=2 a1=1 a2=6");
  CHECK(SyscallTables::socketcall(event.syscall->a[0]) == Call::socket);
  CHECK(event.syscall->exit == 3);
  CHECK(hex_of(event, "a0") == 2);
  CHECK(hex_of(event, "a1") == 1);
  CHECK(hex_of(event, "a2") == 6);
}

TEST_CASE("A108 sockaddr: send through socketcall") {
  const EventCopy event =
      socketcall_event("success=yes exit=1400 a0=9", "nargs=4 a0=3 a1=bf a2=578 a3=0");
  CHECK(SyscallTables::socketcall(event.syscall->a[0]) == Call::send);
  CHECK(is_write(Call::send));
  CHECK(event.syscall->exit == 1400);
  CHECK(hex_of(event, "a0") == 3);
}

TEST_CASE("A109 sockaddr: send through socketcall whose SOCKETCALL is missing") {
  const EventCopy event = socketcall_event("success=yes exit=1400 a0=9", "");
  CHECK(SyscallTables::socketcall(event.syscall->a[0]) == Call::send);
  CHECK(event.syscall->exit == 1400);
  CHECK(event.find(type::kSocketcall) == nullptr);
}
