#include "auexfil/audit/address_set.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "auexfil/input/state_io.hpp"

namespace auexfil::audit::test {
namespace {

IpAddress address(unsigned number) {
  return IpAddress::v4({10, static_cast<std::uint8_t>(number >> 16U),
                        static_cast<std::uint8_t>(number >> 8U),
                        static_cast<std::uint8_t>(number)});
}

}  // namespace

TEST_CASE("addresses: each once, and none that did not come") {
  AddressSet set;
  CHECK_FALSE(set.contains(address(0)));
  for (unsigned i = 0; i < 5000; ++i) {
    set.add(address(i));
    set.add(address(i / 2));
  }
  set.add(*IpAddress::parse("2001:db8::1"));
  CHECK(set.size() == 5001);
  CHECK(set.is_whole());
  for (unsigned i = 0; i < 10000; ++i) {
    CHECK(set.contains(address(i)) == (i < 5000));
  }
  CHECK(set.contains(*IpAddress::parse("2001:db8::1")));
}

TEST_CASE("addresses: one that is full says so, once something is missed") {
  AddressSet set(3);
  for (const unsigned i : {1U, 2U, 3U, 2U, 1U}) {
    set.add(address(i));
  }
  CHECK(set.is_whole());
  set.add(address(4));
  CHECK_FALSE(set.is_whole());
  CHECK(set.size() == 3);
  CHECK_FALSE(set.contains(address(4)));
  AddressSet held;
  held.add(address(1));
  held.stop_growing(2);
  held.add(address(2));
  CHECK(held.is_whole());
  held.add(address(3));
  CHECK_FALSE(held.is_whole());
}

TEST_CASE("addresses: a state gives back what it was told, and no more than it may") {
  AddressSet set(100);
  for (unsigned i = 0; i < 101; ++i) {
    set.add(address(i));
  }
  std::string bytes;
  {
    input::StateWriter writer(bytes);
    set.walk(writer, 100);
  }
  AddressSet back(100);
  input::StateReader reader(bytes);
  back.walk(reader, 100);
  CHECK(reader.is_at_end());
  CHECK(back.size() == 100);
  CHECK_FALSE(back.is_whole());
  CHECK(back.contains(address(99)));
  AddressSet small(99);
  input::StateReader again(bytes);
  CHECK_THROWS_AS(small.walk(again, 99), input::StateRefused);
}

}  // namespace auexfil::audit::test
