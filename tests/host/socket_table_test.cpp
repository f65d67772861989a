#include "auexfil/host/socket_table.hpp"

#include <catch2/catch.hpp>

namespace auexfil::host {

TEST_CASE("sockets: those that nobody holds any more are told once, in their order") {
  SocketTable sockets(10);
  const SocketIndex a = sockets.make();
  const SocketIndex b = sockets.make();
  for (const SocketIndex index : {a, b, a}) {
    sockets.hold(index);
  }
  sockets.drop(a);
  CHECK_FALSE(sockets.any_unheld());
  sockets.drop(b);
  sockets.drop(a);
  REQUIRE(sockets.any_unheld());
  CHECK(sockets.take_unheld() == b);
  CHECK(sockets.take_unheld() == a);
  CHECK_FALSE(sockets.any_unheld());
}

TEST_CASE("sockets: past the bound new ones are refused, and it is counted") {
  SocketTable sockets(2);
  const SocketIndex first = sockets.make();
  static_cast<void>(sockets.make());
  CHECK(sockets.make() == kNone);
  CHECK(sockets.refused() == 1);
  sockets[first].fd = 7;
  sockets.remove(first);
  CHECK(sockets.make() == first);
  CHECK(sockets[first].fd == kNone);
}

}  // namespace auexfil::host
