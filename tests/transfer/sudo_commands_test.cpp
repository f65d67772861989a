#include "auexfil/transfer/sudo_commands.hpp"

#include <catch2/catch.hpp>

namespace auexfil::transfer {
namespace {

SudoCommands::Command command(std::uint32_t number, const Tool& tool, audit::TimeMs time) {
  return {host::ProgramIndex{number}, &tool, {"scp", "f", "h:"}, {1000, 3, time}};
}

}  // namespace

TEST_CASE("sudo: an execve takes the place of the record of the same tool, subject and time") {
  struct Case {
    const char* what;
    bool same_tool;
    SudoCommands::Subject subject;
    bool is_it;
  };
  const Tool scp;
  const Tool curl;
  const auto c = GENERATE(values<Case>({
      {"at once", true, {1000, 3, 100'000}, true},
      {"a stamp before the record's", true, {1000, 3, 99'000}, true},
      {"seconds later", true, {1000, 3, 114'999}, true},
      {"much later", true, {1000, 3, 115'000}, false},
      {"long before", true, {1000, 3, 85'000}, false},
      {"another tool", false, {1000, 3, 100'000}, false},
      {"another user", true, {1001, 3, 100'000}, false},
      {"another session", true, {1000, 4, 100'000}, false},
  }));
  CAPTURE(c.what);
  SudoCommands commands;
  REQUIRE(commands.add(command(7, scp, 100'000)));
  const host::ProgramIndex expected = c.is_it ? host::ProgramIndex{7} : host::ProgramIndex{};
  CHECK(commands.take_out(c.same_tool ? &scp : &curl, c.subject) == expected);
  CHECK(commands.empty() == c.is_it);
}

TEST_CASE("sudo: of several records the oldest gives way") {
  const Tool scp;
  SudoCommands commands;
  REQUIRE(commands.add(command(1, scp, 100'000)));
  REQUIRE(commands.add(command(2, scp, 101'000)));
  CHECK(commands.take_out(&scp, {1000, 3, 101'000}) == host::ProgramIndex{1});
  CHECK(commands.take_out(&scp, {1000, 3, 101'000}) == host::ProgramIndex{2});
  CHECK(commands.take_out(&scp, {1000, 3, 101'000}) == host::kNone);
}

TEST_CASE("sudo: a flood of records is bounded") {
  const Tool scp;
  SudoCommands commands;
  for (std::size_t i = 0; i < SudoCommands::kMost; ++i) {
    REQUIRE(commands.add(command(1, scp, 100'000)));
  }
  CHECK_FALSE(commands.add(command(2, scp, 100'000)));
  CHECK(commands.all().size() == SudoCommands::kMost);
}

}  // namespace auexfil::transfer
