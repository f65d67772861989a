#include <algorithm>
#include <array>
#include <utility>

#include "commands.hpp"
#include "crontab.hpp"
#include "lines.hpp"
#include "sources.hpp"
#include "tables.hpp"

namespace auexfil::artefacts {

std::vector<Artefact> parse_logrotate(std::string_view text, const std::string& path) {
  constexpr std::array<std::string_view, 5> kBegins = {"prerotate", "postrotate", "firstaction",
                                                       "lastaction", "preremove"};
  std::vector<Artefact> found;
  Artefact one;
  bool is_open = false;
  each_line(text, [&](std::string_view line, std::uint32_t number) {
    std::string_view rest = trimmed(line);
    const std::string_view word = take_word(rest);
    if (!is_open) {
      is_open = std::find(kBegins.begin(), kBegins.end(), word) != kBegins.end();
      one = Artefact();
      one.line = number;
      one.schedule = word;
    } else if (word == "endscript") {
      is_open = false;
      one.command = trimmed(one.command);
      if (!one.command.empty()) {
        one.kind = Kind::logrotate;
        one.path = path;
        one.user = "root";
        one.commands = split_shell(one.command);
        found.push_back(std::move(one));
      }
    } else {
      one.command.append(line).push_back('\n');
    }
  });
  return found;
}

void collect_logrotate(Reader& reader) {
  const auto read = [&reader](const std::string& path) {
    for (Artefact& one : parse_logrotate(reader.text(path).value_or(std::string()), path)) {
      reader.add(std::move(one));
    }
  };
  read("/etc/logrotate.conf");
  const std::string folder = "/etc/logrotate.d";
  for (const std::string& name : reader.names(folder).value_or(std::vector<std::string>())) {
    if (is_cron_name(name, false)) {
      read(folder + "/" + name);
    }
  }
}

}  // namespace auexfil::artefacts
