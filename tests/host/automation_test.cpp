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
      {{"fish", "--command=scp f host:"}, false},
      {{"fish", "--command", "scp f host:"}, false},
      {{"nu"}, true},
      {{"pwsh", "-NoLogo"}, true},
      {{"pwsh", "-File", "up.ps1"}, false},
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

TEST_CASE("words: sessions of ssh are those of the rules") {
  const input::RuleFile file = input::parse_rule_file(
      "[words ssh-openers]\nprogram = dropbear*\n[words ssh-terminals]\nprogram = ssh\n", "a.conf");
  std::vector<input::Mistake> mistakes;
  const Signs signs = load_signs(file.sections, mistakes);
  CHECK(mistakes.empty());
  CHECK(signs.ssh_openers.match("dropbear-2"));
  CHECK_FALSE(signs.ssh_openers.match("sshd"));
  CHECK(signs.ssh_terminals.match("ssh"));
  CHECK_FALSE(signs.ssh_terminals.match("sshd"));
}

TEST_CASE("reasons: what is wrong with one is told with its line") {
  using Words = std::vector<std::string>;
  const auto [text, line, words] = GENERATE(table<std::string, int, Words>({
      {"[reason detatched]\ntext = x\n", 1, {"unknown [reason detatched]", "'detached'"}},
      {"[reason detached]\ntext = x\nsing = y\n", 3, {"unknown key 'sing'", "'sign'"}},
      {"[reason detached]\nsign = y\n", 1, {"[reason detached] says nothing"}},
      {"[reason detached]\ntext = from {tty}\n", 2, {"{tty}", "there are {terminal}"}},
      {"[reason asked-for]\ntext = by {pid}\n", 2, {"{pid}", "there are {command}"}},
      {"[reason no-terminal]\ntext = {terminal}\n", 2, {"{terminal} in [reason no-terminal]"}},
      {"[reason detached]\ntext = from {terminal\n", 2, {"a brace without its partner"}},
      {"[reason detached]\ntext = from terminal}\n", 2, {"a brace without its partner"}},
      {"[reason detached]\ntext = from {{terminal}\n", 2, {"a brace without its partner"}},
  }));
  CAPTURE(text);
  const input::RuleFile file = input::parse_rule_file(text, "auto.conf");
  REQUIRE(file.mistakes.empty());
  std::vector<input::Mistake> mistakes;
  static_cast<void>(load_signs(file.sections, mistakes));
  REQUIRE(mistakes.size() == 1);
  CHECK(mistakes[0].line == line);
  for (const std::string& word : words) {
    CHECK_THAT(mistakes[0].what, Catch::Contains(word));
  }
}

TEST_CASE("reasons: a name, a kind of job and a sentence with what the log says in its places") {
  const input::RuleFile file = input::parse_rule_file(
      "[reason detached]\nsign = off\njob = strays\ntext = {terminal}: off {terminal}, gone\n"
      "[reason no-terminal]\ntext = none\n",
      "auto.conf");
  std::vector<input::Mistake> mistakes;
  const ReasonTexts texts = load_signs(file.sections, mistakes).reasons;
  REQUIRE(mistakes.empty());
  CHECK(texts.sign(ReasonKind::detached) == "off");
  CHECK(texts.job(ReasonKind::detached) == "strays");
  CHECK(texts.sentence(ReasonKind::detached, {{"terminal", "pts{ses}1"}}) ==
        "pts{ses}1: off pts{ses}1, gone");
  CHECK(texts.sign(ReasonKind::no_terminal) == "no-terminal");
  CHECK(texts.job(ReasonKind::no_terminal) == "no-terminal");
  CHECK(texts.sentence(ReasonKind::no_terminal) == "none");
}

TEST_CASE("words: a list by the name that it had lies over the one of today") {
  input::RuleFile below =
      input::parse_rule_file("[words scripted-terminals]\nprogram = script, expect*\n", "a.conf");
  input::RuleFile above = input::parse_rule_file("[words puppets]\nprogram = dtach\n", "b.conf");
  rename_old_sections(above.sections);
  const input::RuleFile all = input::overlay({std::move(below), std::move(above)});
  std::vector<input::Mistake> mistakes;
  const Signs signs = load_signs(all.sections, mistakes);
  CHECK(mistakes.empty());
  CHECK(signs.scripted_terminals.match("dtach"));
  CHECK_FALSE(signs.scripted_terminals.match("script"));
}

}  // namespace auexfil::host
