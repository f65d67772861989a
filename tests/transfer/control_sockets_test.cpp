#include "auexfil/transfer/control_sockets.hpp"

#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "auexfil/input/state_io.hpp"

namespace auexfil::transfer {
namespace {

using host::ProgramIndex;

ProgramIndex program(std::uint32_t number) {
  return ProgramIndex{number};
}

/// Programs that have ended, by their numbers.
struct Gone {
  std::set<std::uint32_t> numbers;
  bool operator()(ProgramIndex /*image*/, std::uint32_t number) const {
    return !numbers.contains(number);
  }
};

ControlSockets::Bound bound(std::uint32_t number, audit::TimeMs time) {
  return {program(number), number, {time, 1}};
}

}  // namespace

TEST_CASE("control sockets: who connects to a name is carried by who bound it last and is there") {
  ControlSockets sockets;
  sockets.bind("/run/m.x1Yz", bound(1, 100), Gone{});
  sockets.bind("/run/m.a0Bc", bound(2, 200), Gone{});
  sockets.bind("/run/other", bound(3, 300), Gone{});
  CHECK(sockets.master_of("/run/m", Gone{}) == program(2));
  CHECK(sockets.master_of("/run/m", Gone{{2}}) == program(1));
  CHECK(sockets.master_of("/run/m", Gone{{1, 2}}) == host::kNone);
  CHECK(sockets.master_of("/run/other", Gone{}) == program(3));
  CHECK(sockets.master_of("/run/none", Gone{}) == host::kNone);
  CHECK(sockets.refused() == 0);
}

TEST_CASE(
    "control sockets: a flood of names is bounded and counted, those that are gone give way") {
  constexpr std::uint32_t kMore = 4096;  // then it looks again
  ControlSockets sockets;
  for (std::uint32_t i = 0; i < ControlSockets::kMost + kMore; ++i) {
    sockets.bind("/tmp/" + std::to_string(i), bound(i, i), Gone{});
  }
  CHECK(sockets.size() == ControlSockets::kMost);
  CHECK(sockets.refused() == kMore);
  CHECK(sockets.master_of("/tmp/" + std::to_string(ControlSockets::kMost), Gone{}) == host::kNone);
  const auto nobody = [](ProgramIndex, std::uint32_t) { return false; };
  sockets.bind("/tmp/late", bound(5, 5), nobody);
  CHECK(sockets.size() == 1);
  CHECK(sockets.refused() == kMore);
  CHECK(sockets.master_of("/tmp/late", Gone{}) == program(5));
}

TEST_CASE("control sockets: a state of them goes on, and a wrong one is refused") {
  ControlSockets sockets;
  sockets.bind("/run/m.1", bound(1, 100), Gone{});
  sockets.bind("/run/m.2", bound(2, 200), Gone{});
  std::string state;
  {
    input::StateWriter writer(state);
    sockets.walk(writer, 3);
  }
  ControlSockets again;
  input::StateReader reader(state);
  again.walk(reader, 3);
  CHECK(again.size() == 2);
  CHECK(again.master_of("/run/m", Gone{}) == program(2));
  ControlSockets fewer;
  input::StateReader of_fewer(state);
  CHECK_THROWS_AS(fewer.walk(of_fewer, 2), input::StateRefused);  // there is no program 2
}

}  // namespace auexfil::transfer
