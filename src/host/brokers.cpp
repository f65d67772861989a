#include "auexfil/host/brokers.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace auexfil::host {
namespace {

/// A job of a broker's that a person waits for begins so soon after they typed it.
constexpr audit::TimeMs kSoon = 30'000;
constexpr audit::TimeMs kClocks = 1000;  ///< events of several processors are not quite in order

/// Does the command line end with the words of what was started? Paths count by their last part:
/// "bash" is run as /usr/bin/bash.
bool ends_with(const std::vector<std::string>& typed, const std::vector<std::string>& started) {
  if (started.empty() || started.size() >= typed.size() || typed.size() >= Brokers::kMostWords) {
    return false;
  }
  const auto tail = typed.end() - static_cast<std::ptrdiff_t>(started.size());
  std::string_view called = base_name(started.front());
  called.remove_prefix(called.starts_with('-') ? 1 : 0);  // a login shell
  return base_name(*tail) == called && std::equal(tail + 1, typed.end(), started.begin() + 1);
}

/// "backup" of `systemctl start backup.service`: the last word that is no option.
std::string_view unit_of(const std::vector<std::string>& typed) {
  constexpr std::string_view kService = ".service";
  for (auto word = typed.rbegin(); word != typed.rend(); ++word) {
    std::string_view unit = *word;
    if (!unit.empty() && unit.front() != '-') {
      unit.remove_suffix(unit.ends_with(kService) ? kService.size() : 0);
      return unit.substr(0, unit.find('@'));
    }
  }
  return {};
}

}  // namespace

void Brokers::note(const Tracker& tracker, std::uint32_t broker, ProgramIndex image) {
  const ExecutedProgram& typed = tracker.image(image);
  if (typed_.size() >= kMostTyped) {
    typed_.erase(typed_.begin());  // the oldest
  }
  Typed made;
  made.broker = broker;
  made.boot = typed.boot;
  made.uid = typed.uid;
  made.auid = typed.auid;
  made.pid = typed.pid;
  made.event = typed.began.event;
  made.terminal = tracker.text(typed.tty);
  made.words = argv_of(tracker, typed);
  if (made.words.size() > kMostWords) {
    made.words.resize(kMostWords);
  }
  typed_.push_back(std::move(made));
}

void Brokers::renumber(std::span<const std::uint32_t> brokers) {
  for (Typed& typed : typed_) {
    typed.broker = brokers[typed.broker];
  }
  std::erase_if(typed_, [](const Typed& typed) { return typed.broker == kNone; });
}

std::string Brokers::sentence(const Typed& typed) {
  constexpr std::size_t kMostShown = 120;  // a line and a half of a terminal
  std::string command = joined(typed.words);
  if (command.size() > kMostShown) {
    command.resize(kMostShown);
    command += "…";
  }
  return fmt::format("`{}` (pid {}), typed on {}", command, typed.pid, typed.terminal);
}

class Brokers::Below {
 public:
  Below(const Tracker& tracker, std::span<const ProgramIndex> images)
      : tracker_(tracker), images_(images) {}

  /// The one that the daemon started.
  [[nodiscard]] const ExecutedProgram& started() const { return tracker_.image(images_.back()); }
  [[nodiscard]] std::string_view started_exe() const { return tracker_.text(started().exe); }
  [[nodiscard]] bool has_terminal() const {
    return std::any_of(images_.begin(), images_.end(),
                       [&](ProgramIndex image) { return tracker_.image(image).tty != 0; });
  }
  /// As `images`. Asked for once, not for each command that was typed.
  [[nodiscard]] const std::vector<std::vector<std::string>>& argvs() {
    if (argvs_.empty()) {
      for (const ProgramIndex image : images_) {
        argvs_.push_back(argv_of(tracker_, tracker_.image(image)));
      }
    }
    return argvs_;
  }

 private:
  const Tracker& tracker_;
  std::span<const ProgramIndex> images_;
  std::vector<std::vector<std::string>> argvs_;
};

bool Brokers::is_tied(const Signs::Broker& broker, const Typed& typed, Below& below) {
  const ExecutedProgram& started = below.started();
  switch (broker.tie) {
    case Signs::Tie::argv:
      return std::any_of(
          below.argvs().begin(), below.argvs().end(),
          [&](const std::vector<std::string>& argv) { return ends_with(typed.words, argv); });
    case Signs::Tie::unit: {
      const std::string_view unit = unit_of(typed.words);
      return !unit.empty() && (joined(below.argvs().back()).find(unit) != std::string::npos ||
                               base_name(below.started_exe()).find(unit) != std::string_view::npos);
    }
    case Signs::Tie::user:
      return started.uid == typed.uid || (typed.auid != kUnset && started.auid == typed.auid);
  }
  return false;
}

Brokers::Answer Brokers::ask(const Tracker& tracker, const Signs& signs,
                             std::span<const std::uint32_t> daemon_of,
                             std::span<const ProgramIndex> below) const {
  Answer answer;
  if (below.empty() || daemon_of.empty()) {
    return answer;
  }
  Below work(tracker, below);
  const ExecutedProgram& started = work.started();
  const bool has_terminal = work.has_terminal();
  answer.may_be_asked = std::any_of(daemon_of.begin(), daemon_of.end(), [&](std::uint32_t broker) {
    return signs.brokers[broker].terminal;
  });
  for (auto typed = typed_.rbegin(); typed != typed_.rend(); ++typed) {
    const Signs::Broker& broker = signs.brokers[typed->broker];
    const audit::TimeMs after = started.began.event.time - typed->event.time;
    if (typed->boot != started.boot || after < -kClocks ||
        std::find(daemon_of.begin(), daemon_of.end(), typed->broker) == daemon_of.end()) {
      continue;
    }
    const bool tied = is_tied(broker, *typed, work);
    if (broker.later || after > kSoon) {
      if (tied && broker.later && answer.kind == Answer::Kind::none) {
        answer = {Answer::Kind::left, &*typed, answer.may_be_asked};
      }
      continue;
    }
    if (broker.terminal && !has_terminal) {
      continue;
    }
    if (tied) {
      return {broker.perhaps ? Answer::Kind::near : Answer::Kind::waits, &*typed,
              answer.may_be_asked};
    }
    if (broker.tie != Signs::Tie::user && !broker.perhaps && answer.kind == Answer::Kind::none) {
      answer = {Answer::Kind::near, &*typed, answer.may_be_asked};
    }
  }
  return answer;
}

}  // namespace auexfil::host
