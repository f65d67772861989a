#include <array>
#include <utility>

#include "commands.hpp"
#include "lines.hpp"
#include "sources.hpp"
#include "tables.hpp"

namespace auexfil::artefacts {
namespace {

/// %(program_name)s and %(ENV_X)s: Python's way to name a value.
std::string with_expansions(std::string_view text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t end = text.substr(i).starts_with("%(") ? text.find(')', i) : text.npos;
    if (end != std::string_view::npos) {
      made += "${_}";
      i = std::min(end + 1, text.size() - 1);  // and the letter of its type
    } else {
      made.push_back(text[i]);
      i += text.substr(i).starts_with("%%") ? 1U : 0U;
    }
  }
  return made;
}

void read_folder(Reader& reader, const std::string& folder,
                 std::vector<Artefact> (*parse)(std::string_view, const std::string&)) {
  for (const std::string& name : reader.names(folder).value_or(std::vector<std::string>())) {
    const std::string path = folder + "/" + name;
    for (Artefact& one : parse(reader.text(path).value_or(std::string()), path)) {
      reader.add(std::move(one));
    }
  }
}

void read_file(Reader& reader, const std::string& path,
               std::vector<Artefact> (*parse)(std::string_view, const std::string&)) {
  for (Artefact& one : parse(reader.text(path).value_or(std::string()), path)) {
    reader.add(std::move(one));
  }
}

/// The words and quoted strings of a line of monit's.
struct Token {
  std::string text;
  bool is_quoted{};
};

std::vector<Token> tokens_of(std::string_view line) {
  constexpr std::size_t kMost = 256;
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < line.size() && tokens.size() < kMost;) {
    const char c = line[at];
    if (c == ' ' || c == '\t' || c == '=') {
      ++at;
    } else if (c == '#') {
      break;
    } else if (c == '"' || c == '\'') {
      const std::size_t end = std::min(line.find(c, at + 1), line.size());
      tokens.push_back({std::string(line.substr(at + 1, end - at - 1)), true});
      at = end + 1;
    } else {
      const std::size_t end = std::min(line.find_first_of(" \t=\"'", at), line.size());
      tokens.push_back({lower(line.substr(at, end - at)), false});
      at = end;
    }
  }
  return tokens;
}

}  // namespace

std::vector<Artefact> parse_supervisor(std::string_view text, const std::string& path) {
  std::vector<Artefact> found;
  bool in_program = false;
  std::string user;
  std::size_t begun = 0;  // of the section
  each_line(text, [&](std::string_view line, std::uint32_t number) {
    line = trimmed(line.substr(0, line.find(" ;")));
    const std::size_t equals = line.find('=');
    if (line.starts_with('[')) {
      in_program = line.starts_with("[program:") || line.starts_with("[eventlistener:") ||
                   line.starts_with("[fcgi-program:");
      user.clear();
      begun = found.size();
      return;
    }
    if (!in_program || line.starts_with('#') || line.starts_with(';') ||
        equals == std::string_view::npos) {
      return;
    }
    const std::string_view key = trimmed(line.substr(0, equals));
    const std::string_view value = trimmed(line.substr(equals + 1));
    if (key == "user") {
      user = value;
    } else if (key == "command" && !value.empty()) {
      Artefact one;
      one.kind = Kind::supervisor;
      one.path = path;
      one.line = number;
      one.command = value;
      one.commands = split_shell(with_expansions(value));
      found.push_back(std::move(one));
    }
    for (std::size_t i = begun; i < found.size(); ++i) {
      found[i].user = user.empty() ? "root" : user;
    }
  });
  return found;
}

std::vector<Artefact> parse_monit(std::string_view text, const std::string& path) {
  std::vector<Artefact> found;
  bool of_program = false;  // the check that these lines belong to
  each_line(text, [&](std::string_view line, std::uint32_t number) {
    bool runs = false;
    std::string before;
    for (const Token& token : tokens_of(line)) {
      if (token.is_quoted && runs && !token.text.empty()) {
        Artefact one;
        one.kind = Kind::monit;
        one.path = path;
        one.line = number;
        one.user = "root";
        one.command = token.text;
        one.commands = split_shell(token.text);
        found.push_back(std::move(one));
      }
      if (before == "uid" && !found.empty() && found.back().line == number) {
        found.back().user = token.text;  // exec "…" as uid "maria"
      }
      of_program = token.text == "check"
                       ? false
                       : of_program || (before == "check" && token.text == "program");
      runs = !token.is_quoted && (token.text == "exec" || (token.text == "path" && of_program) ||
                                  ((before == "start" || before == "stop" || before == "restart") &&
                                   token.text == "program") ||
                                  (runs && token.text == "with"));
      before = token.is_quoted ? std::string() : token.text;
    }
  });
  return found;
}

void collect_supervisors(Reader& reader) {
  for (const char* const file : {"/etc/supervisord.conf", "/etc/supervisor/supervisord.conf"}) {
    read_file(reader, file, parse_supervisor);
  }
  for (const char* const folder : {"/etc/supervisor/conf.d", "/etc/supervisord.d"}) {
    read_folder(reader, folder, parse_supervisor);
  }
  for (const char* const file : {"/etc/monitrc", "/etc/monit/monitrc"}) {
    read_file(reader, file, parse_monit);
  }
  for (const char* const folder :
       {"/etc/monit/conf.d", "/etc/monit/conf-enabled", "/etc/monit/monitrc.d", "/etc/monit.d"}) {
    read_folder(reader, folder, parse_monit);
  }
}

}  // namespace auexfil::artefacts
