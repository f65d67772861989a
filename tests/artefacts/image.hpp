#pragma once

#include <map>
#include <string>
#include <vector>

#include "../input/memory_tree.hpp"
#include "auexfil/artefacts/collect.hpp"
#include "auexfil/artefacts/matcher.hpp"

namespace auexfil::artefacts::test {

using Files = std::map<std::string, std::string>;

/// An image in memory.
using Image = input::test::MemoryTree;

using Lines = std::vector<std::string>;

/// "KIND WHERE USER [SCHEDULE] COMMAND" of each artefact.
inline Lines told(const std::vector<Artefact>& artefacts) {
  Lines lines;
  for (const Artefact& one : artefacts) {
    std::string line(to_word(one.kind));
    line.append(" ").append(one.where()).append(" ").append(one.user.empty() ? "-" : one.user);
    line.append(" [").append(one.schedule).append("] ").append(one.command);
    lines.push_back(line);
  }
  return lines;
}

/// Words of each command with blanks between, what only the run knows as *, commands parted by |.
inline std::string told(const std::vector<Words>& commands) {
  std::string text;
  for (const Words& words : commands) {
    text.append(text.empty() ? "" : " | ");
    for (std::size_t i = 0; i < words.size(); ++i) {
      text.append(i == 0 ? "" : " ");
      for (std::size_t part = 0; part < words[i].pieces.size(); ++part) {
        text.append(part == 0 ? "" : "*").append(words[i].pieces[part]);
      }
      text.append(words[i].any_count ? "..." : "");
    }
  }
  return text;
}

}  // namespace auexfil::artefacts::test
