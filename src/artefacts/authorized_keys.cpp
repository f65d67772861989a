#include "authorized_keys.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "commands.hpp"
#include "lines.hpp"

namespace auexfil::artefacts {
namespace {

bool is_option_called(std::string_view option, std::string_view name) {
  return option.size() >= name.size() &&
         std::equal(name.begin(), name.end(), option.begin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

/// The value of a quoted option, \" being a quote in it.
std::string value_of(std::string_view quoted) {
  std::string value;
  for (std::size_t i = 0; i < quoted.size() && quoted[i] != '"'; ++i) {
    i += quoted[i] == '\\' && i + 1 < quoted.size() && quoted[i + 1] == '"' ? 1U : 0U;
    value.push_back(quoted[i]);
  }
  return value;
}

/// command="…" among the options that stand before the key. A line without options begins with the
/// key's type.
std::optional<std::string> forced_command(std::string_view line) {
  constexpr std::string_view kCommand = "command=\"";
  bool is_start = true;
  bool in_quotes = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (is_start && !in_quotes && is_option_called(line.substr(i), kCommand)) {
      return value_of(line.substr(i + kCommand.size()));
    }
    is_start = !in_quotes && line[i] == ',';
    if (line[i] == '\\' && in_quotes) {
      ++i;
    } else if (line[i] == '"') {
      in_quotes = !in_quotes;
    } else if (!in_quotes && (line[i] == ' ' || line[i] == '\t')) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<Artefact> parse_authorized_keys(std::string_view text, const std::string& path) {
  std::vector<Artefact> found;
  each_line(text, [&](std::string_view line, std::uint32_t number) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#') {
      return;
    }
    const std::optional<std::string> command = forced_command(line);
    Artefact one;
    one.command = trimmed(command.value_or(std::string()));
    if (one.command.empty()) {
      return;
    }
    one.kind = Kind::key_command;
    one.path = path;
    one.line = number;
    one.commands = split_shell(one.command);
    found.push_back(std::move(one));
  });
  return found;
}

}  // namespace auexfil::artefacts
