#include "remotes.hpp"

#include <algorithm>
#include <array>

#include "auexfil/audit/fields.hpp"
#include "lines.hpp"
#include "steps.hpp"

namespace auexfil::artefacts {
namespace {

constexpr int kMostAliases = 8;  // remotes of rclone that stand for others

/// The value of `--config FILE` or `--config=FILE`; empty: it is not given.
std::string value_behind(const std::vector<std::string>& argv, const std::string& option) {
  std::string value;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    if (argv[i] == option && i + 1 < argv.size()) {
      value = argv[i + 1];
    } else if (argv[i].starts_with(option + "=")) {
      value = argv[i].substr(option.size() + 1);
    }
  }
  return value;
}

/// What the settings of a remote say of where it is: the port is 0 where they do not.
struct Remote {
  std::string url;
  std::string host;
  std::uint16_t port{};
};

Remote rclone_remote(const std::string& config, std::string name) {
  constexpr std::array<std::string_view, 3> kAliases = {"alias", "crypt", "chunker"};
  for (int i = 0; i < kMostAliases; ++i) {
    const std::string type = setting_of(config, name, "type");
    if (std::find(kAliases.begin(), kAliases.end(), type) == kAliases.end()) {
      break;
    }
    const std::string remote = setting_of(config, name, "remote");
    name = remote.substr(0, remote.find(':'));
  }
  Remote found;
  found.host = setting_of(config, name, "host");
  std::uint32_t port = 0;
  if (audit::parse_number(setting_of(config, name, "port"), port) && port <= 0xffff) {
    found.port = static_cast<std::uint16_t>(port);
  }
  for (const char* const key : {"url", "endpoint"}) {
    const std::string value = setting_of(config, name, key);
    if (found.url.empty() && !value.empty()) {
      found.url = value.find("://") == std::string::npos ? "https://" + value : value;
    }
  }
  return found;
}

}  // namespace

std::string setting_of(std::string_view text, std::string_view section, std::string_view key) {
  std::string value;
  bool is_in = false;
  each_line(text, [&](std::string_view line, std::uint32_t) {
    line = trimmed(line);
    if (line.starts_with('[')) {
      is_in = line.ends_with(']') && trimmed(line.substr(1, line.size() - 2)) == section;
      return;
    }
    const std::size_t equals = line.find('=');
    if (is_in && value.empty() && equals != std::string_view::npos &&
        lower(trimmed(line.substr(0, equals))) == key) {
      value = unquoted(trimmed(line.substr(equals + 1)));
    }
  });
  return value;
}

void resolve_rclone(const std::vector<std::string>& argv, const std::string& home,
                    const ReadFile& read, const transfer::Tools& tools,
                    std::vector<transfer::ArgPeer>& peers) {
  const std::string given = value_behind(argv, "--config");
  std::optional<std::string> config;
  if (!given.empty()) {
    config = read(given);
  } else if (!home.empty()) {
    config = read(home + "/.config/rclone/rclone.conf");
    config = config ? config : read(home + "/.rclone.conf");
  }
  const transfer::Tool* const curl = tools.find("curl");
  for (transfer::ArgPeer& peer : peers) {
    if (!config || peer.host.empty()) {
      continue;
    }
    const Remote remote = rclone_remote(*config, peer.host);
    if (!remote.host.empty()) {
      peer.host = remote.host;
      peer.port = remote.port;
    } else if (!remote.url.empty() && curl != nullptr) {
      const auto named = transfer::read_argv(*curl, {"curl", remote.url}).peers;
      if (!named.empty()) {
        peer.host = named.front().host;
        peer.port = named.front().port;
      }
    }
  }
}

std::vector<transfer::ArgPeer> remote_of_git(const std::vector<std::string>& argv,
                                             const std::string& cwd, const ReadFile& read,
                                             const transfer::Tool& git) {
  constexpr std::array<std::string_view, 4> kVerbs = {"push", "fetch", "pull", "ls-remote"};
  std::string folder = cwd;
  std::string verb;
  std::string name = "origin";
  for (std::size_t i = 1; i < argv.size(); ++i) {
    if (argv[i] == "-C" && i + 1 < argv.size() && verb.empty()) {
      folder = in_folder(folder, argv[++i]);
    } else if (verb.empty() && std::find(kVerbs.begin(), kVerbs.end(), argv[i]) != kVerbs.end()) {
      verb = argv[i];
    } else if (!verb.empty() && !argv[i].starts_with('-')) {
      name = argv[i];
      break;
    }
  }
  if (verb.empty() || folder.empty()) {
    return {};
  }
  std::optional<std::string> config = read(folder + "/.git/config");
  config = config ? config : read(folder + "/config");  // a bare one
  const std::string section = "remote \"" + name + "\"";
  std::string url = config && verb == "push" ? setting_of(*config, section, "pushurl") : "";
  url = config && url.empty() ? setting_of(*config, section, "url") : url;
  return url.empty() ? std::vector<transfer::ArgPeer>()
                     : transfer::read_argv(git, {"git", verb, url}).peers;
}

}  // namespace auexfil::artefacts
