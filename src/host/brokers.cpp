#include "auexfil/host/brokers.hpp"

#include <algorithm>
#include <iterator>

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

std::string_view without(std::string_view word, std::string_view ending) {
  word.remove_suffix(word.ends_with(ending) ? ending.size() : 0);
  return word;
}

/// "backup" of `systemctl start backup.service`, "ntp" of `service ntp restart`: the words behind
/// the command that are neither options nor what is to be done.
std::vector<std::string_view> units_of(const Signs::Broker& broker,
                                       const std::vector<std::string>& typed) {
  std::vector<std::string_view> units;
  // A script is run by its interpreter, which stands before it.
  const auto command = std::find_if(typed.begin(), typed.end(), [&](const std::string& word) {
    return broker.program.match(base_name(word));
  });
  for (auto word = command == typed.end() ? command : command + 1; word != typed.end(); ++word) {
    if (word->empty() || word->front() == '-' || broker.argv.match(fmt::format(" {}", *word))) {
      continue;
    }
    const std::string_view unit = without(*word, ".service");
    units.push_back(unit.substr(0, unit.find('@')));
  }
  return units;
}

/// "backup" is the unit's that runs /usr/local/bin/backup.sh, "rsyslog" the one of rsyslogd. A part
/// of a word is none: "ssh" is in the arguments of many.
bool is_named(std::string_view unit, std::string_view path) {
  const std::string_view name = base_name(path);
  const std::string_view stem = name.substr(0, name.rfind('.'));
  return !unit.empty() &&
         (name == unit || stem == unit ||
          (name.size() == unit.size() + 1 && name.starts_with(unit) && name.ends_with('d')));
}

/// Of the brokers of a command the one that its own words tell, without those of what it starts:
/// `docker exec web rsync -t` asks for no terminal.
const Signs::Broker* meant(const Signs& signs, const Brokers::Typed& typed, std::size_t own) {
  std::string words;
  for (std::size_t i = 0; i < own; ++i) {
    words += (i > 0 ? " " : "") + typed.words[i];
  }
  const input::AskedText text(words);
  const std::string_view name = base_name(typed.words.front());
  const auto broker =
      std::find_if(signs.brokers.begin(), signs.brokers.end(), [&](const Signs::Broker& one) {
        return one.tie == Signs::Tie::argv && one.program.match(name) &&
               (one.argv.empty() || one.argv.match(text));
      });
  return broker == signs.brokers.end() ? &signs.brokers[typed.broker] : &*broker;
}

bool has_ended(const Tracker& tracker, const Brokers::Typed& typed, audit::TimeMs time) {
  const Session* const session = tracker.find_session(typed.boot, typed.ses);
  return session != nullptr && session->ended != 0 && session->ended < time;
}

}  // namespace

void Brokers::note(const Tracker& tracker, std::uint32_t broker, ProgramIndex image,
                   std::uint32_t ses) {
  const ExecutedProgram& typed = tracker.image(image);
  if (typed_.size() >= kMostTyped) {
    typed_.erase(typed_.begin());  // the oldest
  }
  Typed made;
  made.broker = broker;
  made.boot = typed.boot;
  made.uid = typed.uid;
  made.auid = typed.auid;
  made.ses = ses;
  made.pid = typed.pid;
  made.event = typed.began.event;
  made.terminal = tracker.text(typed.tty);
  made.words = argv_of(tracker, typed);
  if (made.words.size() > kMostWords) {
    made.words.resize(kMostWords);
  }
  typed_.push_back(std::move(made));
}

void Brokers::on_exit(std::uint32_t pid, audit::TimeMs time) {
  if (typed_.empty()) {
    return;
  }
  const std::uint32_t boot = typed_.back().boot;  // what ends is of the latest, or of none
  for (Typed& typed : typed_) {
    if (typed.pid == pid && typed.boot == boot && typed.ended == 0) {
      typed.ended = time;
    }
  }
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
  [[nodiscard]] std::string_view started_script() const { return tracker_.text(started().script); }
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

/// The broker by which what was started is tied to the command, or null.
const Signs::Broker* Brokers::tied(const Signs& signs, const Typed& typed, Below& below) {
  const Signs::Broker& broker = signs.brokers[typed.broker];
  const ExecutedProgram& started = below.started();
  bool is_tied = false;
  switch (broker.tie) {
    case Signs::Tie::argv: {
      const auto argv = std::find_if(
          below.argvs().begin(), below.argvs().end(),
          [&](const std::vector<std::string>& one) { return ends_with(typed.words, one); });
      return argv == below.argvs().end() ? nullptr
                                         : meant(signs, typed, typed.words.size() - argv->size());
    }
    case Signs::Tie::unit: {
      const std::vector<std::string>& argv = below.argvs().back();
      // A script stands behind its interpreter.
      const std::string_view names[] = {below.started_exe(), below.started_script(),
                                        argv.empty() ? "" : std::string_view(argv[0]),
                                        argv.size() < 2 ? "" : std::string_view(argv[1])};
      const std::vector<std::string_view> units = units_of(broker, typed.words);
      is_tied = std::any_of(units.begin(), units.end(), [&](std::string_view unit) {
        return std::any_of(std::begin(names), std::end(names),
                           [&](std::string_view name) { return is_named(unit, name); });
      });
      break;
    }
    case Signs::Tie::user:
      is_tied = started.uid == typed.uid || (typed.auid != kUnset && started.auid == typed.auid);
      break;
    case Signs::Tie::attached:
      break;  // see attached()
  }
  return is_tied ? &broker : nullptr;
}

/// As far as the command tells. One that works on a terminal lasts as long as its work; others
/// return at once, or when what they started is done (units of Type=oneshot).
Automation::Wait Brokers::wait_of(const Tracker& tracker, const Signs::Broker& broker,
                                  const Typed& typed) {
  if (typed.ended != 0) {
    return {typed.ended + (broker.terminal ? kClocks : kSoon), true};
  }
  if (broker.terminal || tracker.tally().of(audit::Call::exit_group).events > 0) {
    return {};
  }
  return {typed.event.time + kSoon, false};
}

const Brokers::Typed* Brokers::attached(const Tracker& tracker, const Signs& signs,
                                        const ExecutedProgram& server, audit::TimeMs time) const {
  const auto sits = [&](const Typed& typed) {
    const Signs::Broker& broker = signs.brokers[typed.broker];
    return broker.tie == Signs::Tie::attached && !broker.later && typed.boot == server.boot &&
           typed.uid == server.uid && broker.below.match(base_name(tracker.text(server.exe))) &&
           typed.event.time <= time + kClocks && !has_ended(tracker, typed, time) &&
           (typed.ended == 0 || typed.ended >= time);
  };
  const auto typed = std::find_if(typed_.rbegin(), typed_.rend(), sits);
  return typed == typed_.rend() ? nullptr : &*typed;
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
  const audit::TimeMs now = tracker.image(below.front()).began.event.time;
  const bool has_terminal = work.has_terminal();
  answer.may_be_asked = std::any_of(daemon_of.begin(), daemon_of.end(), [&](std::uint32_t broker) {
    return signs.brokers[broker].terminal;
  });
  const auto answered = [&](Answer::Kind kind, const Typed& typed, const Signs::Broker& broker,
                            Automation::Wait wait) {
    answer.kind = kind;
    answer.typed = &typed;
    answer.terminal = broker.terminal;
    answer.wait = wait;
  };
  for (auto typed = typed_.rbegin(); typed != typed_.rend(); ++typed) {
    const audit::TimeMs after = started.began.event.time - typed->event.time;
    if (typed->boot != started.boot || after < -kClocks ||
        std::find(daemon_of.begin(), daemon_of.end(), typed->broker) == daemon_of.end()) {
      continue;
    }
    const Signs::Broker* const by = tied(signs, *typed, work);
    const Signs::Broker& broker = by != nullptr ? *by : signs.brokers[typed->broker];
    const Automation::Wait wait = wait_of(tracker, broker, *typed);
    const bool is_over = now > wait.until;
    const bool has_left = has_ended(tracker, *typed, now) || (is_over && wait.is_sure);
    if (broker.later || after > kSoon || has_left) {
      if (by != nullptr && (broker.later || after <= kSoon) && answer.kind == Answer::Kind::none) {
        answered(Answer::Kind::left, *typed, broker, wait);
      }
      continue;
    }
    if (broker.terminal && !has_terminal) {
      continue;
    }
    if (by != nullptr) {
      answered(broker.perhaps || is_over ? Answer::Kind::near : Answer::Kind::waits, *typed, broker,
               wait);
      return answer;
    }
    if (broker.tie != Signs::Tie::user && !broker.perhaps && !is_over &&
        answer.kind == Answer::Kind::none) {
      answered(Answer::Kind::near, *typed, broker, wait);
    }
  }
  return answer;
}

}  // namespace auexfil::host
