#include "auexfil/host/session_table.hpp"

#include <catch2/catch.hpp>

namespace auexfil::host {

TEST_CASE("sessions: past the bound the oldest goes, and it is counted") {
  SessionTable sessions(3);
  for (std::uint32_t ses = 1; ses <= 5; ++ses) {
    sessions.get({0, ses}).pid = ses;
  }
  CHECK(sessions.refused() == 2);
  CHECK(sessions.all().size() == 3);
  CHECK(sessions.find({0, 2}) == nullptr);
  REQUIRE(sessions.find({0, 5}) != nullptr);
  CHECK(sessions.find({0, 5})->pid == 5);
  sessions.get({0, 5}).auid = 7;  // one that is there needs no room
  CHECK(sessions.refused() == 2);
}

TEST_CASE("sessions: those that are over go when there are many, unless something of them lives") {
  SessionTable sessions(100'000);
  std::uint32_t made = 0;
  while (!sessions.wants_prune()) {
    sessions.get({0, ++made}).ended = 1;
  }
  sessions.get({0, 2}).ended = 0;
  sessions.prune({{0, 1}});
  CHECK(sessions.find({0, 1}) != nullptr);
  CHECK(sessions.find({0, 2}) != nullptr);
  CHECK(sessions.find({0, 3}) == nullptr);
  CHECK(sessions.find({0, made}) != nullptr);
  CHECK_FALSE(sessions.wants_prune());
}

}  // namespace auexfil::host
