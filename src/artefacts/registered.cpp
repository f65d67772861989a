#include "auexfil/artefacts/registered.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "auexfil/audit/address.hpp"
#include "auexfil/transfer/operands.hpp"
#include "commands.hpp"
#include "fit.hpp"
#include "lines.hpp"
#include "remotes.hpp"
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

/// What xargs and parallel put in a word's place only the run knows: {} of -I{}.
void leave_open(std::vector<std::string>& words) {
  constexpr std::string_view kWithValues = "nPLsdEa";
  const auto begin = std::find_if(words.begin(), words.end(), [](const std::string& word) {
    return base_name(word) == "xargs" || base_name(word) == "parallel";
  });
  if (begin == words.end()) {
    return;
  }
  std::string mark = base_name(*begin) == "parallel" ? "{}" : "";
  auto at = begin + 1;
  for (; at != words.end() && at->size() > 1 && at->front() == '-'; ++at) {
    const bool has_next = at + 1 != words.end();
    if (*at == "-I" && has_next) {
      mark = *++at;
    } else if (at->starts_with("-I")) {
      mark = at->substr(2);
    } else if (at->starts_with("-i") || at->starts_with("--replace")) {
      const std::string given =
          at->substr(at->starts_with("-i") ? 2 : std::min<std::size_t>(at->size(), 10));
      mark = given.empty() ? "{}" : given;
    } else if (at->size() == 2 && kWithValues.find(at->back()) != std::string_view::npos &&
               has_next) {
      ++at;
    }
  }
  for (; at != words.end() && !mark.empty(); ++at) {
    for (std::size_t place = at->find(mark); place != std::string::npos;
         place = at->find(mark, place + 1)) {
      at->replace(place, mark.size(), "$");
    }
  }
}

/// By name, else by the shape of its arguments; behind timeout, sshpass and their kin only where
/// its words name a peer.
Call call_of(const Words& words, const transfer::Tools& tools) {
  std::vector<std::string> all;
  for (const Word& word : words) {
    all.push_back(as_text(word));
  }
  leave_open(all);
  const std::size_t last = std::min(all.size(), kMostWrappers);
  for (std::size_t i = 0; i < last && !is_find(words[i]); ++i) {  // what find starts is told apart
    Call call;
    call.argv.assign(all.begin() + static_cast<std::ptrdiff_t>(i), all.end());
    call.tool = tools.find_by_name(call.argv.front(), call.argv);
    if (call.tool == nullptr && i == 0 && !takes_commands(base_name(call.argv.front()))) {
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
  transfer::Direction direction =
      transfer::read_argv(tool, {tool.name, std::string(text)}).direction;
  if (direction == transfer::Direction::unknown &&
      !transfer::sources_in_orders(tool, text).empty()) {
    direction = transfer::Direction::out;  // put, mput
  }
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

/// "$TARGET", "up@$HOST": a variable stands where a host would.
bool may_be_host(std::string_view operand) {
  const std::size_t at = operand.find('$');
  return at != std::string_view::npos &&
         (at == 0 || (operand[at - 1] == '@' &&
                      operand.substr(0, at).find_first_of("/:") == std::string_view::npos));
}

/// Is the host where a variable stands among its operands? What a tool without operands of hosts
/// names is none.
bool may_name_host(const transfer::Tool& tool, const std::vector<std::string>& argv) {
  if (tool.grammar == transfer::Grammar::none) {
    return false;
  }
  const std::vector<std::string> operands = transfer::operands_of(tool, argv);
  return std::any_of(operands.begin(), operands.end(), may_be_host);
}

/// Of a copy whose target or sources only the run knows.
transfer::Direction direction_of(const transfer::Tool& tool, const Call& call) {
  if (tool.grammar != transfer::Grammar::copy) {
    return call.reading.direction;
  }
  const std::vector<std::string> operands = transfer::operands_of(tool, call.argv);
  const bool sends = may_be_host(operands.back());
  const bool fetches = std::any_of(operands.begin(), operands.end() - 1, may_be_host);
  return sends && fetches ? transfer::Direction::unknown
         : sends          ? transfer::Direction::out
                          : transfer::Direction::in;
}

/// Does a tool whose words name nobody speak to whom its settings, or its standard input, name?
bool is_told_elsewhere(const transfer::Tool& tool, const std::vector<std::string>& argv,
                       const StandardInput& input) {
  constexpr std::string_view kSettings[] = {"-K", "--config"};  // of curl
  const bool has_input = input.file || input.here || input.is_pipe;
  return (tool.sends.input == transfer::Tool::Input::orders && has_input) ||
         std::any_of(argv.begin() + 1, argv.end(), [&](const std::string& word) {
           return word.starts_with('$') ||
                  std::any_of(std::begin(kSettings), std::end(kSettings),
                              [&word](std::string_view name) { return word.starts_with(name); });
         });
}

bool is_one_of(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// The words of a command that another program is given to start, as a shell takes them.
std::vector<std::string> split_words(std::string_view command) {
  const std::vector<Words> commands = split_shell(command);
  std::vector<std::string> words;
  for (const Word& word : commands.empty() ? Words() : commands.front()) {
    words.push_back(as_text(word));
  }
  return words;
}

/// Where no script at all may be executed, modes got lost on the way (zip as Windows makes it).
bool keeps_modes(const Inventory& inventory) {
  return std::any_of(inventory.artefacts.begin(), inventory.artefacts.end(),
                     [](const Artefact& one) { return one.executable == true; });
}

class Finder {
 public:
  Finder(const Inventory& inventory, const input::Tree& image, const transfer::Tools& tools)
      : inventory_(inventory), tools_(tools), steps_(image, inventory), config_(image, inventory) {}

  std::vector<Registered> run() {
    const bool has_modes = keeps_modes(inventory_);
    const std::set<std::string> enabled = enabled_templates();
    for (const Artefact& artefact : inventory_.artefacts) {
      if (has_modes && artefact.executable == false) {
        continue;  // run-parts, git and their kin leave it out
      }
      if (artefact.unit == template_of(artefact.unit) && enabled.contains(artefact.path)) {
        continue;  // its instances are told
      }
      if (artefact.kind == Kind::ci_runner) {
        unfollowed_.first_runner =
            unfollowed_.runners++ == 0 ? artefact.path : unfollowed_.first_runner;
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
  /// Files of templates of which instances are enabled: such an instance has its template's file.
  [[nodiscard]] std::set<std::string> enabled_templates() const {
    std::set<std::string> found;
    for (const Artefact& one : inventory_.artefacts) {
      if (template_of(one.unit) != one.unit) {
        found.insert(one.path);
      }
    }
    return found;
  }

  /// \return is it a tool's?
  bool add(const Artefact& artefact, const Step& step) {
    Call call = call_of(step.words, tools_);
    if (call.tool != nullptr && call.reading.peers.empty()) {
      read_batch(step, call);
    }
    if (call.tool != nullptr) {
      read_remotes(step, call);
      read_settings(step, call);
    }
    if (call.tool != nullptr && call.reading.peers.empty() &&
        may_name_host(*call.tool, call.argv)) {
      call.reading.direction = direction_of(*call.tool, call);
      call.reading.peers.push_back({{}, call.reading.direction, 0, false});
    }
    std::vector<transfer::ArgPeer> peers = peers_of(call.reading);
    if (call.tool == nullptr || (peers.empty() && !call.reading.peers.empty())) {
      return false;
    }
    if (peers.empty() && !needs_no_peer(*call.tool, call.reading)) {
      if (is_told_elsewhere(*call.tool, call.argv, step.input)) {
        const std::string place = step.script.empty() ? artefact.where() : step.script;
        unfollowed_.first_untold = unfollowed_.untold++ == 0 ? place + " (" + call.tool->name + ")"
                                                             : unfollowed_.first_untold;
      }
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

  /// Orders of a file that its command line names, or of its standard input.
  void read_batch(const Step& step, Call& call) {
    std::optional<std::string> text;
    for (const transfer::ArgSource& source : transfer::sources_of(*call.tool, call.argv)) {
      if (source.kind == transfer::ArgSource::Kind::batch) {
        text = steps_.text(source.path, step.cwd);
      }
    }
    if (!text && call.tool->sends.input == transfer::Tool::Input::orders) {
      const StandardInput& input = step.input;
      text = input.file && input.file->is_plain()
                 ? steps_.text(input.file->pieces.front(), step.cwd)
                 : input.here;
    }
    call.reading = text ? reading_of_orders(*call.tool, *text) : call.reading;
  }

  /// What a tool's own configuration calls other hosts.
  void read_remotes(const Step& step, Call& call) {
    const ReadFile read = [&](const std::string& path) { return steps_.text(path, step.cwd); };
    const Account* const account = inventory_.account(std::string_view(step.user));
    if (call.tool->name == "rclone") {
      resolve_rclone(call.argv, account == nullptr ? std::string() : account->home, read, tools_,
                     call.reading.peers);
    } else if (call.tool->name == "git" && call.reading.peers.empty()) {
      call.reading.peers = remote_of_git(call.argv, step.cwd, read, *call.tool);
    }
  }

  /// The command of ssh that a tool is given, and what it says of ssh's configuration.
  struct Ssh {
    bool is_used{};
    SshOptions options;
  };
  [[nodiscard]] Ssh ssh_of(const Step& step, const Call& call) const {
    const transfer::Tool& tool = *call.tool;
    const transfer::Tool* const ssh = tools_.find("ssh");
    const std::string values = ssh == nullptr ? std::string() : ssh->values;
    if (is_one_of(tool.elsewhere, "-oProxyCommand")) {
      return {true, ssh_options(call.argv, tool.values)};
    }
    if (!tool.rsh.empty()) {
      return {true, ssh_options(shell_of(step, call), values)};
    }
    // git and borg start ssh where no port of another protocol stands.
    const bool starts_it = ssh != nullptr && tool.grammar == transfer::Grammar::none &&
                           is_one_of(ssh->works_for, tool.name);
    return {starts_it, starts_it
                           ? ssh_options(split_words(step.variable("GIT_SSH_COMMAND")), values)
                           : SshOptions()};
  }

  /// Of rsync: -e, else RSYNC_RSH.
  static std::vector<std::string> shell_of(const Step& step, const Call& call) {
    std::string shell = step.variable("RSYNC_RSH");
    for (std::size_t i = 1; i < call.argv.size(); ++i) {
      for (const std::string& option : call.tool->rsh) {
        const std::string& word = call.argv[i];
        const bool is_long = option.starts_with("--");
        if (word == option && i + 1 < call.argv.size()) {
          shell = call.argv[i + 1];
        } else if (is_long ? word.starts_with(option + "=")
                           : is_bundle_of(*call.tool, word, option.back())) {
          const std::size_t end = is_long ? option.size() : word.find(option.back());
          shell = end + 1 < word.size()      ? word.substr(end + 1)
                  : i + 1 < call.argv.size() ? call.argv[i + 1]
                                             : std::string();
        }
      }
    }
    return split_words(shell);
  }

  /// -ae: the letter among others that take no value.
  static bool is_bundle_of(const transfer::Tool& tool, const std::string& word, char letter) {
    return word.size() > 2 && word[0] == '-' && word[1] != '-' &&
           word.find_first_of(tool.values, 1) == word.find(letter) &&
           word.find(letter) != std::string::npos;
  }

  /// What ssh's configuration in the image says of the hosts that it names.
  void read_settings(const Step& step, Call& call) {
    constexpr std::uint16_t kRsyncd = 873;
    constexpr std::uint16_t kSsh = 22;
    const Ssh ssh = ssh_of(step, call);
    if (!ssh.is_used) {
      return;
    }
    // -oHostName says where it is; all else is said of the name that stands in its place.
    const transfer::ArgReading named = ssh.options.host && !call.reading.peers.empty()
                                           ? transfer::read_argv(*call.tool, ssh.options.others)
                                           : transfer::ArgReading();
    for (transfer::ArgPeer& peer : call.reading.peers) {
      const bool is_other = call.tool->grammar == transfer::Grammar::none && peer.port != 0 &&
                            peer.port != kSsh;  // https, git's own
      const std::string host = named.peers.empty() ? peer.host : named.peers.front().host;
      if (host.empty() || host.find('$') != std::string::npos || peer.port == kRsyncd || is_other) {
        continue;
      }
      std::optional<std::string> file = ssh.options.file;
      if (file && *file != "none") {
        file = file->find('$') == std::string::npos ? in_folder(step.cwd, *file) : std::string();
      }
      const SshHost& said = config_.of({step.user, host, file});
      peer.port = peer.port == 0 ? said.port.value_or(0) : peer.port;
      if (ssh.options.host) {
        peer.host = *ssh.options.host;
      } else if (!said.is_unsure) {
        peer.host = said.host.value_or(peer.host);
      }
      if (said.is_unsure && audit::IpAddress::parse(peer.host)) {
        peer.host.clear();
      }
      read_way(said, call.reading);
    }
  }

  /// Through which host it goes.
  void read_way(const SshHost& said, transfer::ArgReading& reading) const {
    if (!reading.via.host.empty()) {
      return;
    }
    if (said.jump && *said.jump != "none") {
      if (const transfer::Tool* const scp = tools_.find("scp")) {
        reading.via = transfer::read_argv(*scp, {"scp", "-J", *said.jump, "x:"}).via;
      }
    } else if (said.command && *said.command != "none") {
      reading.elsewhere = "ProxyCommand";
    }
  }

  const Inventory& inventory_;
  const transfer::Tools& tools_;
  Steps steps_;
  SshConfig config_;
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
