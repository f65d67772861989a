#include <algorithm>
#include <array>
#include <utility>

#include "commands.hpp"
#include "lines.hpp"
#include "sources.hpp"
#include "tables.hpp"

/// What ifupdown, apt and PAM are told to run when they do something.
namespace auexfil::artefacts {
namespace {

Artefact hook(Kind kind, const std::string& path, std::uint32_t line, std::string_view command) {
  Artefact one;
  one.kind = kind;
  one.path = path;
  one.line = line;
  one.user = "root";
  one.command = trimmed(command);
  one.commands = split_shell(one.command);
  return one;
}

/// Of "DPkg::Post-Invoke", "Post-Invoke-Success::": a list of commands (apt.conf(5)).
bool is_invoked(std::string_view option) {
  while (option.ends_with(':')) {
    option.remove_suffix(1);
  }
  constexpr std::array<std::string_view, 6> kNames = {"pre-invoke",          "post-invoke",
                                                      "post-invoke-success", "post-invoke-stats",
                                                      "pre-install-pkgs",    "post-install-pkgs"};
  const std::string name = lower(option.substr(option.rfind(':') + 1));
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

/// Passes over blanks and comments. \return the place of the next token, or the end.
std::size_t next_token(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("//") || rest.front() == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (rest.starts_with("/*")) {
      const std::size_t end = text.find("*/", at);
      at = end == std::string_view::npos ? text.size() : end + 2;
    } else if (std::string_view(" \t\r\n").find(rest.front()) != std::string_view::npos) {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

}  // namespace

std::vector<Artefact> parse_interfaces(std::string_view text, const std::string& path) {
  constexpr std::array<std::string_view, 6> kWords = {"pre-up",   "up",   "post-up",
                                                      "pre-down", "down", "post-down"};
  std::vector<Artefact> found;
  each_joined_line(text, "", [&](std::string_view line, std::uint32_t number) {
    line = trimmed(line);
    const std::string_view word = take_word(line);
    if (std::find(kWords.begin(), kWords.end(), word) != kWords.end() && !trimmed(line).empty()) {
      found.push_back(hook(Kind::dispatcher, path, number, line));
      found.back().schedule = word;
    }
  });
  return found;
}

std::vector<Artefact> parse_apt_conf(std::string_view text, const std::string& path) {
  std::vector<Artefact> found;
  std::uint32_t line = 1;
  std::size_t counted = 0;
  std::string_view option;  // that a value would be of
  int depth = 0;
  int since = -1;  // the depth at which a list of commands began; -1: none is open
  for (std::size_t at = next_token(text, 0); at < text.size(); at = next_token(text, at)) {
    const char c = text[at];
    if (c == '"') {
      const std::size_t end = std::min(text.find('"', at + 1), text.size());
      for (; counted < at; ++counted) {
        line += text[counted] == '\n' ? 1U : 0U;
      }
      if (since >= 0 || is_invoked(option)) {
        found.push_back(hook(Kind::apt_hook, path, line, text.substr(at + 1, end - at - 1)));
      }
      at = std::min(end + 1, text.size());
    } else if (c == '{') {
      since = since < 0 && is_invoked(option) ? depth : since;
      ++depth;
      option = {};
      ++at;
    } else if (c == '}') {
      depth = std::max(depth - 1, 0);
      since = depth == since ? -1 : since;
      ++at;
    } else if (c == ';') {
      option = {};
      ++at;
    } else {
      const std::size_t end = std::min(text.find_first_of(" \t\r\n\"{};", at), text.size());
      option = text.substr(at, end - at);
      at = end;
    }
  }
  std::erase_if(found, [](const Artefact& one) { return one.commands.empty(); });
  return found;
}

/// pam_exec(8): its own options, then a program by its whole path; no shell reads it.
std::vector<Artefact> parse_pam(std::string_view text, const std::string& path) {
  std::vector<Artefact> found;
  each_joined_line(text, " ", [&](std::string_view line, std::uint32_t number) {
    line = trimmed(line);
    const std::size_t module = line.find("pam_exec.so");
    if (line.starts_with('#') || module == std::string_view::npos) {
      return;
    }
    std::string_view rest = line.substr(module);
    static_cast<void>(take_word(rest));
    while (!trimmed(rest).empty() && !trimmed(rest).starts_with('/')) {
      static_cast<void>(take_word(rest));
    }
    if (!trimmed(rest).empty()) {
      found.push_back(hook(Kind::pam, path, number, rest));
    }
  });
  return found;
}

void collect_hooks(Reader& reader) {
  using Parse = std::vector<Artefact> (*)(std::string_view, const std::string&);
  const auto read = [&reader](Parse parse, const std::string& path) {
    for (Artefact& one : parse(reader.text(path).value_or(std::string()), path)) {
      reader.add(std::move(one));
    }
  };
  const auto read_all = [&](Parse parse, const std::string& folder) {
    for (const std::string& name : reader.names(folder).value_or(std::vector<std::string>())) {
      if (!name.starts_with('.') && !name.ends_with('~')) {
        read(parse, folder + "/" + name);
      }
    }
  };
  read(parse_interfaces, "/etc/network/interfaces");
  read_all(parse_interfaces, "/etc/network/interfaces.d");
  read(parse_apt_conf, "/etc/apt/apt.conf");
  read_all(parse_apt_conf, "/etc/apt/apt.conf.d");
  read_all(parse_pam, "/etc/pam.d");
}

}  // namespace auexfil::artefacts
