#include <array>
#include <utility>

#include "authorized_keys.hpp"
#include "commands.hpp"
#include "lines.hpp"
#include "sources.hpp"

namespace auexfil::artefacts {
namespace {

/// The settings of sshd_config(5) that name what starts something.
struct SshdSettings {
  std::vector<std::string> key_files;
};

/// The one user that a Match line speaks of; empty: it may be several.
std::string user_of_match(std::string_view criteria) {
  while (!trimmed(criteria).empty()) {
    if (lower(take_word(criteria)) == "user") {
      const std::string_view name = take_word(criteria);
      return name.find_first_of("*?!,\"") == std::string_view::npos ? std::string(name)
                                                                    : std::string();
    }
  }
  return {};
}

/// Its own commands go straight to the reader: they hold for whoever logs in, or whom Match names.
void read_sshd_config(Reader& reader, const std::string& path, SshdSettings& settings) {
  const std::string text = reader.text(path).value_or(std::string());
  std::string user;  // of the block
  each_line(text, [&](std::string_view line, std::uint32_t number) {
    const std::string key = lower(take_word(line));
    const std::string_view value = trimmed(line);
    if (key == "match") {
      user = user_of_match(value);
    } else if (key == "authorizedkeysfile") {
      for (std::string_view rest = value; !trimmed(rest).empty();) {
        settings.key_files.emplace_back(take_word(rest));
      }
    } else if (key == "forcecommand" && !value.empty() && value != "internal-sftp") {
      Artefact one;
      one.kind = Kind::key_command;
      one.path = path;
      one.line = number;
      one.command = value;
      one.commands = split_shell(value);
      one.user = user;
      reader.add(std::move(one));
    }
  });
}

/// %h and %u of an account; a path that does not begin with / is one of its home.
std::string key_file(std::string_view pattern, const Account& account) {
  std::string path;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char next = pattern[i] == '%' && i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    if (next == 'h' || next == 'u' || next == '%') {
      path += next == 'h' ? account.home : next == 'u' ? account.name : "%";
      ++i;
    } else {
      path.push_back(pattern[i]);
    }
  }
  return path.starts_with('/') ? path : account.home + "/" + path;
}

void add_rc(Reader& reader, const std::string& path, const std::string& command,
            const Account* owner) {
  if (!reader.is_file(path)) {
    return;
  }
  Artefact one;
  one.kind = Kind::ssh_rc;
  one.path = path;
  one.command = command;
  one.commands = split_shell(command);
  if (owner != nullptr) {
    one.user = owner->name;
    one.uid = owner->uid;
  }
  reader.add(std::move(one));
}

}  // namespace

void collect_ssh(Reader& reader) {
  SshdSettings settings;
  read_sshd_config(reader, "/etc/ssh/sshd_config", settings);
  const std::string folder = "/etc/ssh/sshd_config.d";
  for (const std::string& name : reader.names(folder).value_or(std::vector<std::string>())) {
    if (name.ends_with(".conf")) {
      read_sshd_config(reader, folder + "/" + name, settings);
    }
  }
  if (settings.key_files.empty()) {
    settings.key_files = {".ssh/authorized_keys", ".ssh/authorized_keys2"};
  }
  const std::vector<Account> homes = reader.found().homes;
  for (const Account& account : homes) {
    for (const std::string& pattern : settings.key_files) {
      const std::string path = key_file(pattern, account);
      for (Artefact& one : parse_authorized_keys(reader.text(path).value_or(std::string()), path)) {
        one.user = account.name;
        one.uid = account.uid;
        reader.add(std::move(one));
      }
    }
    add_rc(reader, account.home + "/.ssh/rc", "/bin/sh .ssh/rc", &account);
  }
  add_rc(reader, "/etc/ssh/sshrc", "/bin/sh /etc/ssh/sshrc", nullptr);
}

}  // namespace auexfil::artefacts
