#include "auexfil/host/automation.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/input/rule_file.hpp"

namespace auexfil::host {

TEST_CASE("shells: which arguments read a terminal") {
  using Argv = std::vector<std::string>;
  const auto [argv, reads] = GENERATE(table<Argv, bool>({
      {{"-bash"}, true},
      {{"bash"}, true},
      {{"bash", "-i"}, true},
      {{"bash", "-l"}, true},
      {{"bash", "--login"}, true},
      {{"bash", "--rcfile", "/etc/rc", "-i"}, true},
      {{"bash", "-o", "vi"}, true},
      {{"sh", "-s", "arg"}, true},
      {{"-bash", "-c", "scp f host:"}, false},
      {{"sh", "-c", "x"}, false},
      {{"bash", "-lc", "x"}, false},
      {{"bash", "-ec", "x"}, false},
      {{"bash", "script.sh"}, false},
      {{"bash", "-e", "script.sh"}, false},
      {{"bash", "--", "script.sh"}, false},
      {{"zsh", "-f"}, true},
      {{"fish"}, true},
  }));
  CAPTURE(argv);
  CHECK(reads_terminal(argv) == reads);
}

TEST_CASE("names: the part behind the last slash") {
  CHECK(base_name("/usr/bin/scp") == "scp");
  CHECK(base_name("scp") == "scp");
  CHECK(base_name("") == "");
  CHECK(base_name("/usr/bin/") == "");
}

TEST_CASE("signs: every mistake is told with its line") {
  const input::RuleFile file = input::parse_rule_file(
      "[sign cron]\nprogramm = cron\n"
      "[sign nothing]\njob = x\n"
      "[words shell]\nprogram = sh\n"
      "[words shells]\nexe = sh\n"
      "[sign good]\nprogram = x*\nargv = /(/\n",
      "auto.conf");
  REQUIRE(file.mistakes.empty());
  std::vector<input::Mistake> mistakes;
  static_cast<void>(load_signs(file.sections, mistakes));
  REQUIRE(mistakes.size() == 6);
  CHECK(mistakes[0].line == 2);
  CHECK(mistakes[0].what.find("program") != std::string::npos);
  CHECK(mistakes[1].line == 1);
  CHECK(mistakes[2].line == 3);
  CHECK(mistakes[3].line == 5);
  CHECK(mistakes[4].line == 8);
  CHECK(mistakes[5].line == 11);
}

}  // namespace auexfil::host
