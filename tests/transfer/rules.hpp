#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/host/automation.hpp"
#include "auexfil/input/rule_file.hpp"
#include "auexfil/transfer/tools.hpp"

namespace auexfil::test {

struct Rules {
  transfer::Tools tools;
  host::Signs signs;
};

/// The rules that auexfil ships.
inline const Rules& rules() {
  static const Rules loaded = [] {
    std::vector<input::Section> sections;
    for (const char* name : {"tools.conf", "automation.conf", "files.conf"}) {
      const std::string path = std::string(AUEXFIL_SOURCE_DIR "/rules/") + name;
      std::ifstream stream(path, std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(stream), {}};
      input::RuleFile file = input::parse_rule_file(text, path);
      REQUIRE(file.mistakes.empty());
      std::move(file.sections.begin(), file.sections.end(), std::back_inserter(sections));
    }
    std::vector<input::Mistake> mistakes;
    Rules made{transfer::Tools::load(sections, mistakes), host::load_signs(sections, mistakes)};
    REQUIRE(mistakes.empty());
    return made;
  }();
  return loaded;
}

}  // namespace auexfil::test
