#include <map>
#include <utility>

#include "commands.hpp"
#include "lines.hpp"
#include "sources.hpp"
#include "tables.hpp"

namespace auexfil::artefacts {
namespace {

/// One `KEY{attribute}OP"value"` of a rule.
struct Part {
  std::string_view key;  ///< with its attribute
  std::string value;
};

/// Takes the next part off a rule; an empty key at its end.
Part take_part(std::string_view& rule) {
  Part part;
  rule.remove_prefix(std::min(rule.find_first_not_of(" \t,"), rule.size()));
  const std::size_t end = rule.find_first_of("=!+-:");
  const std::size_t quote = rule.find('"');
  if (end == std::string_view::npos || quote == std::string_view::npos || quote < end) {
    rule = {};
    return part;
  }
  part.key = trimmed(rule.substr(0, end));
  std::size_t at = quote + 1;
  for (; at < rule.size() && rule[at] != '"'; ++at) {
    at += rule[at] == '\\' && at + 1 < rule.size() && rule[at + 1] == '"' ? 1U : 0U;
    part.value.push_back(rule[at]);
  }
  rule.remove_prefix(std::min(at + 1, rule.size()));
  return part;
}

bool is_run(std::string_view key) {
  return key == "RUN" || key == "RUN{program}" || key == "PROGRAM" || key == "IMPORT{program}";
}

/// %k, $kernel, %E{x} and the like stand for what only the run knows.
std::string with_substitutions(std::string_view text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] != '%' || next == '\0') {
      made.push_back(text[i]);
      continue;
    }
    ++i;
    if (next == '%') {
      made.push_back('%');
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == '{') {
      i = std::min(text.find('}', i), text.size() - 1);
    }
    made += "${_}";
  }
  return made;
}

}  // namespace

std::vector<Artefact> parse_udev_rules(std::string_view text, const std::string& path) {
  std::vector<Artefact> found;
  each_joined_line(text, " ", [&](std::string_view rule, std::uint32_t number) {
    rule = trimmed(rule);
    if (rule.starts_with('#')) {
      return;
    }
    while (!rule.empty()) {
      Part part = take_part(rule);
      std::vector<Words> commands;
      if (is_run(part.key)) {
        commands = split_shell(with_substitutions(part.value));
      }
      if (commands.empty()) {
        continue;
      }
      Artefact one;
      one.kind = Kind::udev;
      one.path = path;
      one.line = number;
      one.user = "root";
      one.command = std::move(part.value);
      one.commands = std::move(commands);
      found.push_back(std::move(one));
    }
  });
  return found;
}

/// Of files of one name the first folder's counts; a link to /dev/null masks.
void collect_udev(Reader& reader) {
  std::map<std::string, std::string> files;
  for (const char* const folder :
       {"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d",
        "/usr/lib/udev/rules.d", "/lib/udev/rules.d"}) {
    for (const std::string& name : reader.names(folder).value_or(std::vector<std::string>())) {
      if (name.ends_with(".rules")) {
        files.try_emplace(name, std::string(folder) + "/" + name);
      }
    }
  }
  for (const auto& [name, path] : files) {
    for (Artefact& one : parse_udev_rules(reader.text(path).value_or(std::string()), path)) {
      reader.add(std::move(one));
    }
  }
}

}  // namespace auexfil::artefacts
