#include "auexfil/artefacts/registered.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "commands.hpp"
#include "fit.hpp"
#include "lines.hpp"
#include "ssh_config.hpp"
#include "steps.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::size_t kMostRegistered = 65536;

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

/// Of a file of commands that the tool is given: what it opens in it, read as a command line.
transfer::ArgReading reading_of_orders(const transfer::Tool& tool, std::string_view text) {
  transfer::ArgReading reading;
  each_line(text, [&](std::string_view line, std::uint32_t) {
    if (take_word(line) != "open" || !reading.peers.empty()) {
      return;
    }
    std::vector<std::string> argv = {tool.name};
    for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
      argv.emplace_back(word);
    }
    reading = transfer::read_argv(tool, argv);
  });
  const transfer::Direction direction =
      transfer::read_argv(tool, {tool.name, std::string(text)}).direction;
  reading.direction = direction;
  for (transfer::ArgPeer& peer : reading.peers) {
    peer.direction = direction;
  }
  return reading;
}

/// The peers that the run alone knows have no host.
std::vector<transfer::ArgPeer> peers_of(const transfer::ArgReading& reading) {
  std::vector<transfer::ArgPeer> peers;
  for (transfer::ArgPeer peer : transfer::spoken_to(reading)) {
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
  Finder(const Inventory& inventory, const input::Tree& image, const transfer::Tools& tools)
      : inventory_(inventory), tools_(tools), steps_(image, inventory) {}

  std::vector<Registered> run() {
    const bool has_modes = keeps_modes(inventory_);
    for (const Artefact& artefact : inventory_.artefacts) {
      if (has_modes && artefact.executable == false) {
        continue;  // run-parts, git and their kin leave it out
      }
      steps_.follow(artefact, [&](const Step& step) { return add(artefact, step); });
    }
    return std::move(found_);
  }

  [[nodiscard]] Unfollowed unfollowed() const {
    Unfollowed all = unfollowed_;
    steps_.tell_unfollowed(all);
    return all;
  }

 private:
  /// \return is it a tool's?
  bool add(const Artefact& artefact, const Step& step) {
    Call call = call_of(step.words, tools_);
    if (call.tool != nullptr && call.reading.peers.empty()) {
      read_batch(step, call);
    }
    if (call.tool != nullptr) {
      read_settings(step, call);
    }
    std::vector<transfer::ArgPeer> peers = peers_of(call.reading);
    if (call.tool == nullptr || (peers.empty() && !call.reading.peers.empty()) ||
        (peers.empty() && !needs_no_peer(*call.tool, call.reading))) {
      return false;
    }
    Registered one;
    one.artefact = &artefact;
    one.command = transfer::join_argv(call.argv);
    one.argv = call.argv;
    one.cwd = step.cwd;
    one.user = step.user;
    const Account* const account = inventory_.account(step.user);
    one.uid = account != nullptr           ? account->uid
              : step.user == artefact.user ? artefact.uid
                                           : std::nullopt;
    one.script = step.script;
    one.tool = call.tool->name;
    one.direction = call.reading.direction;
    one.peers = std::move(peers);
    if (found_.size() >= kMostRegistered) {
      ++unfollowed_.jobs;
    } else if (known_.emplace(&artefact, one.command).second) {
      found_.push_back(std::move(one));
    }
    return true;
  }

  void read_batch(const Step& step, Call& call) {
    for (const transfer::ArgSource& source : transfer::sources_of(*call.tool, call.argv)) {
      if (source.kind == transfer::ArgSource::Kind::batch) {
        const auto text = steps_.text(source.path, step.cwd);
        call.reading = text ? reading_of_orders(*call.tool, *text) : call.reading;
      }
    }
  }

  /// What ssh's configuration in the image says of the hosts that it names.
  void read_settings(const Step& step, Call& call) {
    constexpr std::uint16_t kRsyncd = 873;
    const std::vector<std::string>& elsewhere = call.tool->elsewhere;
    const bool is_ssh =
        std::find(elsewhere.begin(), elsewhere.end(), "-oProxyCommand") != elsewhere.end();
    if (!is_ssh && call.tool->rsh.empty()) {
      return;
    }
    for (transfer::ArgPeer& peer : call.reading.peers) {
      if (peer.host.empty() || peer.host.find('$') != std::string::npos || peer.port == kRsyncd) {
        continue;
      }
      const SshHost& said = settings_of(step.user, peer.host);
      peer.host = said.host.value_or(peer.host);
      peer.port = peer.port == 0 ? said.port.value_or(0) : peer.port;
      if (call.reading.via.host.empty() && said.jump && *said.jump != "none") {
        if (const transfer::Tool* const scp = tools_.find("scp")) {
          call.reading.via = transfer::read_argv(*scp, {"scp", "-J", *said.jump, "x:"}).via;
        }
      } else if (call.reading.via.host.empty() && said.command && *said.command != "none") {
        call.reading.elsewhere = "ProxyCommand";
      }
    }
  }

  /// Of the user's file, then of the machine's.
  const SshHost& settings_of(const std::string& user, const std::string& host) {
    constexpr std::size_t kMostBytes = std::size_t{64} << 10U;  // of a file, for each host
    const auto [known, is_new] = hosts_.try_emplace({user, host});
    SshHost& said = known->second;
    if (!is_new) {
      return said;
    }
    const Account* const account = inventory_.account(user);
    std::vector<std::string> paths = {"/etc/ssh/ssh_config"};
    if (account != nullptr && !account->home.empty()) {
      paths.insert(paths.begin(), account->home + "/.ssh/config");
    }
    for (const std::string& path : paths) {
      const auto [file, is_unread] = settings_.try_emplace(path);
      if (is_unread) {
        file->second = steps_.text(path, {}).value_or(std::string()).substr(0, kMostBytes);
      }
      read_ssh_config(file->second, host, said);
    }
    return said;
  }

  const Inventory& inventory_;
  const transfer::Tools& tools_;
  Steps steps_;
  std::map<std::string, std::string> settings_;                   ///< of ssh, by path
  std::map<std::pair<std::string, std::string>, SshHost> hosts_;  ///< by user and name
  std::vector<Registered> found_;
  std::set<std::pair<const Artefact*, std::string>> known_;
  Unfollowed unfollowed_;
};

}  // namespace

std::vector<Registered> find_registered(const Inventory& inventory, const input::Tree& image,
                                        const transfer::Tools& tools, Unfollowed* unfollowed) {
  Finder finder(inventory, image, tools);
  std::vector<Registered> found = finder.run();
  if (unfollowed != nullptr) {
    *unfollowed = finder.unfollowed();
  }
  return found;
}

void weigh(std::vector<Registered>& registered, const input::Tree& image,
           const transfer::Tools& tools) {
  Volumes volumes(image);
  for (Registered& one : registered) {
    if (one.direction == transfer::Direction::in) {
      continue;
    }
    const Artefact& artefact = *one.artefact;
    Sending sending;
    sending.tool = tools.find(one.tool);
    sending.argv = one.argv;
    sending.cwd = one.cwd;
    sending.is_written = true;
    sending.input = one.script.empty() ? artefact.input : std::string();
    if (one.script.empty()) {
      sending.above = {{"/bin/sh", "-c", artefact.command}};
    } else {
      sending.above = {{"/bin/sh", one.script}};
    }
    one.volume = volumes.of(sending);
  }
}

}  // namespace auexfil::artefacts
