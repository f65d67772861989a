#include <array>
#include <cctype>
#include <utility>

#include "commands.hpp"
#include "lines.hpp"
#include "sources.hpp"
#include "tables.hpp"

namespace auexfil::artefacts {

std::string with_variables(std::string_view text, char sign, std::string_view marks) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] != sign || next == '\0') {
      made.push_back(text[i]);
    } else if (next == sign) {
      made.append("\\").push_back(sign);
      ++i;
    } else if (marks.find(next) != std::string_view::npos) {
      made += "${_}";
      ++i;
    } else {
      made.push_back(text[i]);
    }
  }
  return made;
}

std::vector<Artefact> parse_incrontab(std::string_view text, const std::string& path,
                                      const std::string& user) {
  std::vector<Artefact> found;
  each_line(text, [&](std::string_view line, std::uint32_t number) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#') {
      return;
    }
    std::string watched(take_word(line));
    while (watched.ends_with('\\') && !line.empty()) {
      watched.back() = ' ';  // a blank in the path
      watched += take_word(line);
    }
    const std::string mask(take_word(line));
    Artefact one;
    one.command = trimmed(line);
    if (one.command.empty()) {
      return;
    }
    one.kind = Kind::incron;
    one.path = path;
    one.line = number;
    one.user = user.empty() ? "root" : user;
    one.schedule = watched + " " + mask;
    one.commands = split_shell(with_variables(one.command, '$', "@#%&"));
    found.push_back(std::move(one));
  });
  return found;
}

void collect_incron(Reader& reader) {
  for (const bool is_system : {true, false}) {
    const std::string folder = is_system ? "/etc/incron.d" : "/var/spool/incron";
    for (const std::string& name : reader.names(folder).value_or(std::vector<std::string>())) {
      const std::string path = folder + "/" + name;
      const std::string text = reader.text(path).value_or(std::string());
      for (Artefact& one : parse_incrontab(text, path, is_system ? std::string() : name)) {
        reader.add(std::move(one));
      }
    }
  }
}

}  // namespace auexfil::artefacts
