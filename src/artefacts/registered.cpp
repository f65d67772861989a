#include "auexfil/artefacts/registered.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "commands.hpp"
#include "fit.hpp"
#include "lines.hpp"
#include "reader.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::size_t kMostRegistered = 4096;
constexpr std::size_t kMostWrappers = 16;  // words before the tool's own

/// What only the run knows is written as a variable.
std::string as_text(const Word& word) {
  std::string text = word.pieces.front();
  for (std::size_t i = 1; i < word.pieces.size(); ++i) {
    text.append("$").append(word.pieces[i]);
  }
  return text;
}

/// A tool that is called by a command, and what its words say.
struct Call {
  const transfer::Tool* tool = nullptr;
  std::vector<std::string> argv;
  transfer::ArgReading reading;
};

/// By name, else by the shape of its arguments; behind timeout, sshpass and their kin only where
/// its words name a peer.
Call call_of(const Words& words, const transfer::Tools& tools) {
  std::vector<std::string> all;
  for (const Word& word : words) {
    all.push_back(as_text(word));
  }
  const std::size_t last = std::min(all.size(), kMostWrappers);
  for (std::size_t i = 0; i < last && !is_find(words[i]); ++i) {  // what find starts is told apart
    Call call;
    call.argv.assign(all.begin() + static_cast<std::ptrdiff_t>(i), all.end());
    call.tool = tools.find_by_name(call.argv.front(), call.argv);
    if (call.tool == nullptr && i == 0) {
      call.tool = tools.find_by_shape(call.argv);
    }
    if (call.tool == nullptr || call.tool->server) {
      continue;
    }
    call.reading = transfer::read_argv(*call.tool, call.argv);
    if (i == 0 || !call.reading.peers.empty()) {
      return call;
    }
  }
  return {};
}

/// The peers that the run alone knows have no host.
std::vector<transfer::ArgPeer> peers_of(const transfer::ArgReading& reading) {
  std::vector<transfer::ArgPeer> peers;
  for (transfer::ArgPeer peer : reading.peers) {
    if (transfer::is_this_host(peer.host)) {
      continue;
    }
    if (peer.host.find('$') != std::string::npos) {
      peer.host.clear();
    }
    peers.push_back(std::move(peer));
  }
  return peers;
}

/// Of tools whose words tell what they do, and not to whom: git push sends, git describe speaks to
/// nobody.
bool needs_no_peer(const transfer::Tool& tool, const transfer::ArgReading& reading) {
  return tool.grammar == transfer::Grammar::none &&
         (reading.direction != transfer::Direction::unknown || !tool.needs.empty());
}

/// Where no script at all may be executed, modes got lost on the way (zip as Windows makes it).
bool keeps_modes(const Inventory& inventory) {
  return std::any_of(inventory.artefacts.begin(), inventory.artefacts.end(),
                     [](const Artefact& one) { return one.executable == true; });
}

class Finder {
 public:
  Finder(const input::Tree& image, const transfer::Tools& tools)
      : tools_(tools), reader_(image, bounds_, scratch_) {}

  std::vector<Registered> run(const Inventory& inventory) {
    const bool has_modes = keeps_modes(inventory);
    for (const Artefact& artefact : inventory.artefacts) {
      if (has_modes && artefact.executable == false) {
        continue;  // run-parts, git and their kin leave it out
      }
      for (const Words& words : artefact.commands) {
        if (!add(artefact, words, {})) {
          add_script(artefact, words);
        }
      }
    }
    return std::move(found_);
  }

 private:
  /// \return is it a tool's?
  bool add(const Artefact& artefact, const Words& words, const std::string& script) {
    const Call call = call_of(words, tools_);
    std::vector<transfer::ArgPeer> peers = peers_of(call.reading);
    if (call.tool == nullptr || (peers.empty() && !call.reading.peers.empty()) ||
        (peers.empty() && !needs_no_peer(*call.tool, call.reading))) {
      return false;
    }
    Registered one;
    one.artefact = &artefact;
    one.command = transfer::join_argv(call.argv);
    one.argv = call.argv;
    one.script = script;
    one.tool = call.tool->name;
    one.direction = call.reading.direction;
    one.peers = std::move(peers);
    const bool is_known = std::any_of(found_.begin(), found_.end(), [&](const Registered& other) {
      return other.artefact == one.artefact && other.command == one.command;
    });
    if (!is_known && found_.size() < kMostRegistered) {
      found_.push_back(std::move(one));
    }
    return true;
  }

  /// The first words that are files of the image: the program itself, or what its interpreter runs.
  void add_script(const Artefact& artefact, const Words& words) {
    if (artefact.kind == Kind::git_hook || artefact.kind == Kind::ssh_rc) {
      for (const Words& inner : commands_in(artefact.path)) {
        add(artefact, inner, artefact.path);
      }
    }
    const std::size_t last = std::min(words.size(), kMostWrappers);
    for (std::size_t i = 0; i < last; ++i) {
      const std::string path = words[i].is_plain() ? words[i].pieces.front() : std::string();
      if (!path.starts_with('/')) {
        continue;
      }
      for (const Words& inner : commands_in(path)) {
        add(artefact, inner, path);
      }
    }
  }

  const std::vector<Words>& commands_in(const std::string& path) {
    const auto [at, is_new] = scripts_.try_emplace(path);
    if (is_new) {
      const std::string text = reader_.text(path).value_or(std::string());
      const bool is_script = text.starts_with("#!") || path.ends_with("/rc");
      if (is_script && text.find('\0') == std::string::npos) {
        at->second = split_shell(text);
      }
    }
    return at->second;
  }

  const transfer::Tools& tools_;
  Bounds bounds_;
  Inventory scratch_;
  Reader reader_;
  std::map<std::string, std::vector<Words>> scripts_;
  std::vector<Registered> found_;
};

}  // namespace

std::vector<Registered> find_registered(const Inventory& inventory, const input::Tree& image,
                                        const transfer::Tools& tools) {
  return Finder(image, tools).run(inventory);
}

void weigh(std::vector<Registered>& registered, const Inventory& inventory,
           const input::Tree& image, const transfer::Tools& tools) {
  Volumes volumes(image);
  for (Registered& one : registered) {
    if (one.direction == transfer::Direction::in) {
      continue;
    }
    const Artefact& artefact = *one.artefact;
    Sending sending;
    sending.tool = tools.find(one.tool);
    sending.argv = one.argv;
    if (artefact.kind == Kind::cron) {  // which begins in its user's home
      const Account* const account = inventory.account(artefact.user);
      sending.cwd = account != nullptr ? account->home : std::string();
    }
    if (one.script.empty()) {
      sending.above = {{"/bin/sh", "-c", artefact.command}};
    } else {
      sending.above = {{"/bin/sh", one.script}};
    }
    one.volume = volumes.of(sending);
  }
}

}  // namespace auexfil::artefacts
