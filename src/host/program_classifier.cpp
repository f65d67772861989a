#include "auexfil/host/program_classifier.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

namespace auexfil::host {
std::size_t ProgramClassifier::Hash::operator()(const Key& key) const noexcept {
  std::uint64_t hash = std::uint64_t{key.exe} << 32U | key.argv;
  hash = (hash ^ hash >> 29U) * 0x9e3779b97f4a7c15ULL;
  hash ^= std::uint64_t{key.comm} << 32U | key.script;
  hash ^= (key.is_title ? 1U : 0U) | (key.is_cut ? 2U : 0U);
  hash = (hash ^ hash >> 32U) * 0xbf58476d1ce4e5b9ULL;
  return static_cast<std::size_t>(hash ^ hash >> 31U);
}

const ProgramClassifier::NameKind& ProgramClassifier::kind_of_name(std::string_view name) {
  constexpr std::size_t kLongest = 4096;  // of which patterns are asked
  name = name.substr(0, kLongest);
  if (const auto known = names_.find(name); known != names_.end()) {
    return known->second;
  }
  constexpr std::size_t kMost = 1024;
  if (names_.size() >= kMost) {
    names_.clear();
  }
  NameKind made;
  ProgramKind& kind = made.kind;
  kind.shell = signs_.shells.match(name);
  kind.terminal = signs_.terminals.match(name);
  kind.interpreter = signs_.interpreters.match(name);
  kind.login = signs_.logins.match(name);
  kind.scripted_terminal = signs_.scripted_terminals.match(name);
  kind.wrapper = signs_.wrappers.match(name);
  kind.seat = signs_.seats.match(name);
  const auto sign = std::find_if(signs_.signs.begin(), signs_.signs.end(),
                                 [&](const Signs::Sign& one) { return one.program.match(name); });
  kind.sign =
      sign == signs_.signs.end() ? kNone : static_cast<std::uint32_t>(sign - signs_.signs.begin());
  for (std::uint32_t i = 0; i < signs_.brokers.size(); ++i) {
    if (signs_.brokers[i].program.match(name)) {
      made.brokers.push_back(i);
    }
    if (signs_.brokers[i].below.match(name)) {
      made.daemon_of.push_back(i);
    }
  }
  return names_.emplace(name, std::move(made)).first->second;
}

bool ProgramClassifier::is_terminal(std::string_view path) {
  // NixOS runs /nix/store/…/bin/.NAME-wrapped for a wrapper that is called NAME.
  constexpr std::string_view kWrapped = "-wrapped";
  std::string_view name = base_name(path);
  if (name.starts_with('.') && name.ends_with(kWrapped) && name.size() > 1 + kWrapped.size()) {
    name = name.substr(1, name.size() - 1 - kWrapped.size());
  }
  return kind_of_name(path).kind.terminal || kind_of_name(name).kind.terminal;
}

/// By exe (its base name, or its path), script, or what it was called.
Program ProgramClassifier::look(const Tracker& tracker, const ExecutedProgram& image) {
  Program made;
  made.argv = argv_of(tracker, image);
  made.text = joined(made.argv);
  const std::vector<std::string>& argv = made.argv;
  ProgramKind& kind = made.kind;
  const std::string_view exe = tracker.text(image.exe);
  // Where no arguments are known, comm is what it was called.
  std::string_view called = argv.empty() ? tracker.text(image.comm) : base_name(argv.front());
  called.remove_prefix(called.starts_with('-') ? 1 : 0);  // a login shell, "-ash" of busybox
  const std::string_view script = tracker.text(image.script);
  const std::string_view names[] = {base_name(exe), exe, called, base_name(script)};
  const input::AskedText text(made.text);
  std::uint32_t sign_of_script = kNone;  // of one that its user may have written
  const auto take_script = [&](std::string_view path, std::uint32_t sign) {
    std::uint32_t& known = signs_.installed.match(path) ? kind.sign : sign_of_script;
    known = std::min(known, sign);
  };
  for (const std::string_view& name : names) {
    const NameKind& of_name = kind_of_name(name);
    kind.shell |= of_name.kind.shell;
    kind.interpreter |= of_name.kind.interpreter;
    kind.login |= of_name.kind.login;
    kind.scripted_terminal |= of_name.kind.scripted_terminal;
    kind.wrapper |= of_name.kind.wrapper;
    kind.seat |= of_name.kind.seat;
    if (&name == std::end(names) - 1) {
      take_script(script, of_name.kind.sign);
    } else {
      kind.sign = std::min(kind.sign, of_name.kind.sign);
    }
    for (const std::uint32_t i : of_name.brokers) {
      const Signs::Broker& one = signs_.brokers[i];
      if (i < kind.broker && (one.argv.empty() || one.argv.match(text))) {
        kind.broker = i;
      }
    }
  }
  // Anybody may call a program of their own sshd. What root has put there may be called login or
  // telnetd (busybox).
  kind.login = kind.login && signs_.installed.match(exe);
  // What it is called (argv[0], comm) is its own word: a terminal is known by its file alone.
  if (is_terminal(exe) || is_terminal(script)) {
    kind.terminal =
        signs_.installed.match(exe) && (script.empty() || signs_.installed.match(script));
    kind.own_terminal = !kind.terminal;
  }
  if (argv.size() > 1 && kind_of_name(names[0]).kind.interpreter) {
    // "ruby /usr/bin/chef-client" is chef-client
    take_script(argv[1], kind_of_name(base_name(argv[1])).kind.sign);
  }
  for (std::uint32_t i = 0; i < signs_.signs.size() && i < kind.sign; ++i) {
    if (signs_.signs[i].argv.match(text)) {
      kind.sign = i;
    }
  }
  kind.own_sign = sign_of_script < kind.sign;
  kind.sign = std::min(kind.sign, sign_of_script);
  if (argv.size() > 1 && kind.interpreter) {
    kind.seat |= kind_of_name(argv[1]).kind.seat || kind_of_name(base_name(argv[1])).kind.seat;
  }
  made.daemon_of = kind_of_name(names[0]).daemon_of;
  kind.multiplexer =
      std::any_of(made.daemon_of.begin(), made.daemon_of.end(),
                  [&](std::uint32_t i) { return signs_.brokers[i].tie == Signs::Tie::attached; });
  const std::vector<std::uint32_t>& by_comm = kind_of_name(tracker.text(image.comm)).daemon_of;
  made.daemon_of.insert(made.daemon_of.end(), by_comm.begin(), by_comm.end());
  kind.has_argv = !argv.empty();
  kind.reads_terminal = reads_terminal(argv);
  return made;
}

void ProgramClassifier::on_exec(const Tracker& tracker, ProgramIndex image) {
  const std::uint32_t broker = of(tracker, image).kind.broker;
  if (broker == kNone || tracker.image(image).tty == 0) {
    return;
  }
  const Automation automation = decide_automation(tracker, *this, image);
  if (automation.verdict == Automation::Verdict::attended) {
    brokers_.note(tracker, broker, image, automation.ses);
  } else if (automation.verdict == Automation::Verdict::unknown &&
             signs_.brokers[broker].tie == Signs::Tie::attached) {
    // `ssh -t HOST tmux attach` is perhaps a person's: then nobody may say that none sits there.
    brokers_.note(tracker, broker, image, tracker.image(image).ses);
  }
}

std::uint32_t ProgramClassifier::number_of(const Tracker& tracker, ProgramIndex index) {
  const ExecutedProgram& image = tracker.image(index);
  const std::size_t place = index.number();
  if (place >= by_image_.size()) {
    by_image_.resize(place + 1 + place / 2);
  }
  OfImage& of_image = by_image_[place];
  if (of_image.image_number == image.number) {
    return of_image.program;
  }
  const Key key{image.exe,    image.comm,          image.argv,
                image.script, image.argv_is_title, image.argv_cut};
  const auto next = static_cast<std::uint32_t>(programs_.size());
  const auto [known, is_new] = known_.try_emplace(key, next);
  if (is_new) {
    programs_.push_back(look(tracker, image));
    bytes_ += 2 * programs_.back().text.size() + 64 * programs_.back().argv.size();
  }
  of_image = {image.number, known->second};
  return known->second;
}

bool ProgramClassifier::make_room() {
  constexpr std::size_t kMost = 16384;
  constexpr std::size_t kMostBytes = std::size_t{8} << 20U;
  if (programs_.size() < kMost && bytes_ < kMostBytes) {
    return false;
  }
  clear();
  return true;
}

void ProgramClassifier::clear() {
  programs_.clear();
  known_.clear();
  by_image_.clear();
  bytes_ = 0;
}

}  // namespace auexfil::host
