#include "auexfil/host/program_classifier.hpp"

#include <algorithm>
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
  for (const Signs::Sign& sign : signs_.signs) {
    made.signs.push_back(sign.program.match(name));
  }
  for (std::uint32_t i = 0; i < signs_.brokers.size(); ++i) {
    if (signs_.brokers[i].program.match(name)) {
      made.brokers.push_back(i);
    }
  }
  return names_.emplace(name, std::move(made)).first->second;
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
  const std::string_view called = argv.empty() ? tracker.text(image.comm) : base_name(argv.front());
  const std::string_view names[] = {base_name(exe), exe, base_name(tracker.text(image.script)),
                                    called};
  std::uint32_t sign = kNone;
  std::uint32_t broker = kNone;
  const auto add_signs = [&](const NameKind& of_name) {
    const auto first = std::find(of_name.signs.begin(), of_name.signs.end(), true);
    if (first != of_name.signs.end()) {
      sign = std::min(sign, static_cast<std::uint32_t>(first - of_name.signs.begin()));
    }
  };
  for (const std::string_view name : names) {
    const NameKind& of_name = kind_of_name(name);
    kind.shell |= of_name.kind.shell;
    kind.terminal |= of_name.kind.terminal;
    kind.interpreter |= of_name.kind.interpreter;
    kind.login |= of_name.kind.login;
    kind.scripted_terminal |= of_name.kind.scripted_terminal;
    kind.wrapper |= of_name.kind.wrapper;
    add_signs(of_name);
    for (const std::uint32_t i : of_name.brokers) {
      const Signs::Broker& one = signs_.brokers[i];
      if (i < broker && (one.argv.empty() || one.argv.match(made.text))) {
        broker = i;
      }
    }
  }
  if (argv.size() > 1 && kind_of_name(names[0]).kind.interpreter) {
    add_signs(kind_of_name(base_name(argv[1])));  // "ruby /usr/bin/chef-client" is chef-client
  }
  for (std::uint32_t i = 0; i < signs_.signs.size() && i < sign; ++i) {
    if (signs_.signs[i].argv.match(made.text)) {
      sign = i;
    }
  }
  for (std::uint32_t i = 0; i < signs_.brokers.size(); ++i) {
    const input::Patterns& below = signs_.brokers[i].below;
    if (below.match(names[0]) || below.match(tracker.text(image.comm))) {
      made.daemon_of.push_back(i);
    }
  }
  kind.has_argv = !argv.empty();
  kind.reads_terminal = reads_terminal(argv);
  kind.sign = sign;
  kind.broker = broker;
  return made;
}

void ProgramClassifier::on_exec(const Tracker& tracker, ProgramIndex image) {
  const std::uint32_t broker = of(tracker, image).kind.broker;
  if (broker != kNone && tracker.image(image).tty != 0 &&
      decide_automation(tracker, *this, image).verdict == Automation::Verdict::attended) {
    brokers_.note(tracker, broker, image);
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
