#include "auexfil/host/kinds.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace auexfil::host {
namespace {

using Patterns = std::vector<input::Pattern>;

/// A program and its arguments, in the parts that patterns are asked about.
struct Names {
  std::string_view exe;
  std::string_view exe_base;
  std::string_view script_base;
  std::string_view called;  ///< argv[0] or, where no arguments are known, comm
  std::string_view run;     ///< "ruby /usr/bin/chef-client" is chef-client
  std::string text;         ///< the arguments joined by blanks
};

/// By exe, script, or what it was called.
bool is_any(const Patterns& patterns, const Names& names) {
  return any_matches(patterns, names.exe_base) || any_matches(patterns, names.exe) ||
         any_matches(patterns, names.script_base) || any_matches(patterns, names.called);
}

}  // namespace

bool any_matches(const Patterns& patterns, std::string_view subject) {
  return !subject.empty() &&
         std::any_of(patterns.begin(), patterns.end(),
                     [&](const input::Pattern& pattern) { return pattern.matches(subject); });
}

std::size_t Kinds::Hash::operator()(const Key& key) const noexcept {
  std::uint64_t hash = std::uint64_t{key.exe} << 32U | key.argv;
  hash = (hash ^ hash >> 29U) * 0x9e3779b97f4a7c15ULL;
  hash ^= std::uint64_t{key.comm} << 32U | key.script;
  hash = (hash ^ hash >> 32U) * 0xbf58476d1ce4e5b9ULL;
  return static_cast<std::size_t>(hash ^ hash >> 31U);
}

ProgramKind Kinds::look(const Tracker& tracker, const Image& image) const {
  const std::vector<std::string> argv = argv_of(tracker, image);
  Names names;
  names.exe = tracker.text(image.exe);
  names.exe_base = base_name(names.exe);
  names.script_base = base_name(tracker.text(image.script));
  names.called = argv.empty() ? tracker.text(image.comm) : base_name(argv.front());
  if (argv.size() > 1 && any_matches(signs_.interpreters, names.exe_base)) {
    names.run = base_name(argv[1]);
  }
  names.text = joined(argv);
  ProgramKind kind;
  kind.has_argv = !argv.empty();
  kind.shell = is_any(signs_.shells, names);
  kind.terminal = is_any(signs_.terminals, names);
  kind.interpreter = is_any(signs_.interpreters, names);
  kind.login = is_any(signs_.logins, names);
  kind.puppet = is_any(signs_.puppets, names);
  kind.wrapper = is_any(signs_.wrappers, names);
  kind.reads_terminal = reads_terminal(argv);
  const auto sign =
      std::find_if(signs_.signs.begin(), signs_.signs.end(), [&](const Signs::Sign& s) {
        return is_any(s.program, names) || any_matches(s.program, names.run) ||
               any_matches(s.argv, names.text);
      });
  if (sign != signs_.signs.end()) {
    kind.sign = static_cast<std::uint32_t>(sign - signs_.signs.begin());
  }
  const auto broker =
      std::find_if(signs_.brokers.begin(), signs_.brokers.end(), [&](const Signs::Broker& b) {
        return is_any(b.program, names) && (b.argv.empty() || any_matches(b.argv, names.text));
      });
  if (broker != signs_.brokers.end()) {
    kind.broker = static_cast<std::uint32_t>(broker - signs_.brokers.begin());
  }
  return kind;
}

void Kinds::on_exec(const Tracker& tracker, std::uint32_t image) {
  const std::uint32_t broker = of(tracker, tracker.image(image)).broker;
  if (broker != kNone && tracker.image(image).tty != 0 &&
      decide_automation(tracker, *this, image).verdict == Automation::Verdict::attended) {
    brokers_.note(tracker, broker, image);
  }
}

ProgramKind Kinds::of(const Tracker& tracker, const Image& image) {
  const Key key{image.exe, image.comm, image.argv, image.script};
  if (const auto known = known_.find(key); known != known_.end()) {
    return known->second;
  }
  constexpr std::size_t kMost = 16384;
  if (known_.size() >= kMost) {
    known_.clear();
  }
  return known_.emplace(key, look(tracker, image)).first->second;
}

}  // namespace auexfil::host
