#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "auexfil/transfer/book.hpp"

namespace auexfil::transfer {
namespace {

constexpr std::size_t kMaxLineage = 16;
constexpr int kMaxClimbOuter = 16;

std::optional<std::uint32_t> known_id(std::uint32_t id) {
  return id == host::kUnset ? std::nullopt : std::optional(id);
}

Verdict verdict_of(host::Automation::Verdict verdict) {
  switch (verdict) {
    case host::Automation::Verdict::unattended:
      return Verdict::unattended;
    case host::Automation::Verdict::attended:
      return Verdict::attended;
    case host::Automation::Verdict::unknown:
      break;
  }
  return Verdict::unknown;
}

}  // namespace

/// What there is to say of a program, its ancestors and who started it.
Invocation Book::begin_invocation(std::uint32_t index, const Tool* tool) const {
  const host::Image& image = tracker_->image(index);
  const auto text = [&](host::Symbol symbol) { return std::string(tracker_->text(symbol)); };
  Invocation made;
  made.tool = tool;
  made.has_exec = image.has_exec;
  made.argv_cut = image.argv_cut;
  made.began = image.began;
  Fact& fact = made.program;
  fact.tool = tool != nullptr ? tool->name : "other";
  const host::Automation automation = host::decide_automation(*tracker_, kinds_, index);
  fact.automation = verdict_of(automation.verdict);
  fact.scripted = automation.scripted;
  for (const host::Automation::Reason& reason : automation.reasons) {
    fact.reasons.push_back({reason.sign, reason.text, reason.event});
  }
  if (automation.job) {
    fact.job = Job{automation.job->kind, automation.job->what, std::nullopt};
  }
  fact.auid = known_id(image.auid);
  fact.uid = known_id(image.uid);
  fact.ses = known_id(image.ses);
  fact.process = {image.pid, text(image.exe), text(image.comm), words_of(image)};
  fact.ppid = image.ppid;
  if (image.cwd != 0) {
    fact.cwd = text(image.cwd);
  }
  const auto script_of = [&](const host::Image& at) -> std::optional<std::string> {
    if (at.script != 0) {
      return text(at.script);
    }
    const std::vector<std::string> argv = words_of(at);
    if (argv.size() >= 2 && !argv[1].empty() && argv[1].front() != '-') {
      const std::string_view program = host::base_name(tracker_->text(at.exe));
      for (const auto* list : {&kinds_.signs().interpreters, &kinds_.signs().shells}) {
        if (host::any_matches(*list, program)) {
          return argv[1];
        }
      }
    }
    return std::nullopt;
  };
  fact.script = script_of(image);
  for (const std::uint32_t above : automation.lineage) {
    const host::Image& at = tracker_->image(above);
    if (!fact.script) {
      fact.script = script_of(at);
    }
    if (fact.lineage.size() < kMaxLineage) {
      fact.lineage.push_back({at.pid, text(at.exe), text(at.comm), words_of(at)});
    }
  }
  if (image.argv_is_title) {
    note_title(image, fact.notes);
  } else if (image.argv_cut) {
    fact.notes.emplace_back("its arguments are not in the log whole");
  }
  return made;
}

void Book::note_title(const host::Image& image, std::vector<std::string>& notes) const {
  const std::vector<std::string> argv = host::argv_of(*tracker_, image);
  if (!is_own_title(image, argv)) {
    notes.push_back(fmt::format(
        "its execve is not in the log; its title reads \"{}\", which may be another program's",
        join_argv(argv)));
    return;
  }
  notes.emplace_back(
      image.argv_cut
          ? "its execve is not in the log; arguments are of PROCTITLE, cut at 128 bytes: the last "
            "word is not used"
          : "its execve is not in the log; arguments are of PROCTITLE, at most 128 bytes");
}

/// What a person started goes on when they have gone (`nohup … &` and logout): from then on nobody
/// sits at it.
void Book::note_left_behind(const Run& run, Fact& fact) const {
  constexpr audit::TimeMs kGone = 60'000;
  const host::Image& image = tracker_->image(run.image);
  const host::Session* const session = tracker_->find_session(image.boot, image.ses);
  if (fact.automation != Verdict::attended || session == nullptr || session->ended == 0 ||
      image.began.event.time >= session->ended) {
    return;
  }
  const bool goes_on = std::any_of(run.legs.begin(), run.legs.end(), [&](const Leg& leg) {
    return leg.last > session->ended + kGone;
  });
  if (goes_on) {
    fact.automation = Verdict::unattended;
    fact.reasons.push_back({"left-behind",
                            fmt::format("went on after session {} had ended", image.ses),
                            std::nullopt});
    fact.job = Job{"left-behind", host::joined(words_of(image)), std::nullopt};
  }
}

void Book::close_run(Run& run) {
  if (run.legs.empty()) {
    return;
  }
  Invocation made = begin_invocation(run.image, run.tool);
  note_left_behind(run, made.program);
  if (run.tool == nullptr && made.program.automation == Verdict::attended) {
    return;
  }
  legs_ -= run.legs.size();
  run.rests.move_to(run.legs);
  made.legs = std::move(run.legs);
  made.owner_hosts = std::move(run.owner_hosts);
  std::move(run.notes.begin(), run.notes.end(), std::back_inserter(made.program.notes));
  keep(made);
}

/// Where there is no room for an invocation, what it sent is added to the sum of all such.
void Book::keep(Invocation& invocation) {
  if (ledger_.size() >= options_.max_invocations || !ledger_.add(invocation)) {
    sum_up(invocation);
  }
}

void Book::sum_up(Invocation& invocation) {
  ++summed_runs_;
  if (invocation.program.automation == Verdict::attended) {
    return;  // no rule asks for what a person does
  }
  for (Leg& leg : invocation.legs) {
    if (rests_.empty() || leg.made.event < rests_began_.event) {
      rests_began_ = leg.made;
    }
    rests_.add(std::move(leg));
  }
}

/// What went over a socket of an invocation that is not followed.
void Book::sum_up(const host::Socket& socket, const host::Peer& peer) {
  constexpr std::uint64_t kLookAgain = 4096;
  if (++summed_runs_ % kLookAgain == 0) {
    close_runs(false);
  }
  const host::Image& image = tracker_->image(socket.owner);
  Leg leg;
  leg.address = peer.address;
  leg.port = peer.port;
  leg.exe = image.exe;
  leg.auid = image.auid;
  leg.role = socket.role;
  leg.type = socket.type;
  leg.sent_to = peer.sent_to;
  leg.unnamed = peer.unnamed;
  leg.all_created = socket.creation_seen;
  leg.overlap_unknown = socket.overlap_unknown;
  leg.is_32 = socket.is_32;
  leg.untracked = socket.untracked;
  leg.open_at_end = socket.open_at_end;
  leg.bytes_out = peer.bytes_out;
  leg.bytes_in = peer.bytes_in;
  leg.calls_out = peer.calls_out;
  leg.calls_in = peer.calls_in;
  leg.messages_out = peer.messages_out;
  leg.connections = 1;
  leg.first = peer.first;
  leg.last = peer.last;
  leg.made = peer.made;
  leg.first_write = peer.first_write;
  if (rests_.empty() || leg.made.event < rests_began_.event) {
    rests_began_ = leg.made;
  }
  rests_.add(std::move(leg));
}

/// One invocation stands for all those for which there was no room. Nobody can say of what it is
/// the sum, nor who sat at it.
void Book::close_rests() {
  if (rests_.empty()) {
    return;
  }
  Invocation made;
  made.began = rests_began_;
  made.program.tool = "other";
  made.program.notes.push_back(fmt::format(
      "the sum of what {} invocations sent for which there was no room: who they were is not known",
      summed_runs_));
  rests_.move_to(made.legs);
  for (const Leg& leg : made.legs) {
    if (leg.exe >= kept_exes_.size()) {
      kept_exes_.resize(leg.exe + 64);
    }
    kept_exes_[leg.exe] = true;
  }
  static_cast<void>(ledger_.add(made));  // it has one place more than is given out
}

/// Packs the invocations that are over: none but the run itself holds their topmost program any
/// more, so that no process and no socket below it is left.
void Book::close_runs(bool all) {
  for (auto at = runs_.begin(); at != runs_.end();) {
    Run& run = at->second;
    if (!all && tracker_->image(run.image).refs > 1) {
      ++at;
      continue;
    }
    close_run(run);
    tracker_->unpin(run.image);
    at = runs_.erase(at);
  }
  std::erase_if(tool_images_, [&](std::uint32_t index) {
    const Tool* const tool = tool_by_argv(index);
    const bool is_needed = tool == nullptr || needs_argv(*tool);
    if (!is_needed) {
      tracker_->unpin(index);
    }
    return !is_needed;
  });
}

void Book::prune_masters() {
  std::erase_if(masters_, [&](const auto& master) {
    return !tracker_->is_there(master.second.image, master.second.number);
  });
}

/// `bash -c "bash -c '… > /dev/tcp/…'"` shows the words twice: the outer programs, by index.
std::unordered_set<std::uint32_t> Book::shells_around() const {
  std::unordered_set<std::uint32_t> outer;
  for (const std::uint32_t index : tool_images_) {
    const Tool* const tool = tool_by_argv(index);
    if (tool == nullptr || !tool->argv_only) {
      continue;
    }
    std::uint32_t above = tracker_->image(index).parent;
    for (int step = 0; step < kMaxClimbOuter && above != host::kNone; ++step) {
      if (tool_by_argv(above) == tool) {
        outer.insert(above);
      }
      above = tracker_->image(above).parent;
    }
  }
  return outer;
}

/// What sudo says it ran, where the execve is not in the log: the usual case of hosts without a
/// rule.
void Book::close_commands() {
  for (Command& command : commands_) {
    ArgReading reading = read_argv(*command.tool, command.words);
    if (!reading.peers.empty()) {
      Invocation made = begin_invocation(command.image, command.tool);
      made.by_argv = true;
      made.peers = std::move(reading.peers);
      made.program.notes.emplace_back(
          "known by sudo's own record (USER_CMD) alone, which parts arguments by blanks");
      refused_tools_ += ledger_.add(made) ? 0U : 1U;
    }
    tracker_->unpin(command.image);
  }
  commands_.clear();
}

/// Tools whose connections are not in the log: the command line is all there is.
void Book::close_tools() {
  const ByteSight sight = sight_of(tracker_->seen());
  if (sight.pending_connects && sight.sendto) {
    return;
  }
  std::set<std::uint32_t> has_leg;  // images by number
  for (const auto& [index, run] : runs_) {
    for (const Leg& leg : run.legs) {
      has_leg.insert(leg.owner);
    }
  }
  // What helpers name where the topmost program names nothing: git's ssh.
  std::map<std::uint32_t, std::vector<ArgPeer>> named;
  std::vector<std::pair<std::uint32_t, const Tool*>> tops;
  const std::unordered_set<std::uint32_t> outer = shells_around();
  for (const std::uint32_t index : tool_images_) {
    const Tool* tool = nullptr;
    std::uint32_t top = top_of(index, tool);
    if (tool == nullptr) {
      top = index;
      tool = tool_by_argv(index);
    }
    const auto run = runs_.find(top);
    if ((run != runs_.end() && !run->second.legs.empty()) ||
        has_leg.contains(tracker_->image(top).number) || tool == nullptr || tool->server ||
        (sight.pending_connects && !tool->udp) || outer.contains(top)) {
      continue;
    }
    const auto [at, is_new] = named.try_emplace(top);
    ArgReading reading;
    if (is_new) {
      tops.emplace_back(top, tool);
      reading = read_argv(*tool, words_of(tracker_->image(top)), tracker_->image(top).argv_cut);
    }
    const Tool* const own = tool_by_argv(index);
    if (reading.peers.empty() && index != top && at->second.empty() && own != nullptr) {
      reading = read_argv(*own, words_of(tracker_->image(index)));
    }
    std::move(reading.peers.begin(), reading.peers.end(), std::back_inserter(at->second));
  }
  for (const auto& [top, tool] : tops) {
    std::vector<ArgPeer>& peers = named[top];
    if (peers.empty()) {
      continue;
    }
    Invocation made = begin_invocation(top, tool);
    made.by_argv = true;
    made.peers = std::move(peers);
    refused_tools_ += ledger_.add(made) ? 0U : 1U;
  }
}

void Book::close() {
  flush_unattributed();
  close_commands();
  close_tools();
  close_runs(true);
  close_rests();
  for (const std::uint32_t index : tool_images_) {
    tracker_->unpin(index);
  }
  tool_images_.clear();
  masters_.clear();
  known_tools_.clear();
}

std::map<std::string, std::uint64_t> Book::bounds() const {
  std::map<std::string, std::uint64_t> bounds;
  for (const auto& [name, times] :
       {std::pair("connections", summed_legs_), std::pair("invocations", summed_runs_),
        std::pair("tools", refused_tools_), std::pair("control_sockets", refused_masters_)}) {
    if (times > 0) {
      bounds[name] = times;
    }
  }
  return bounds;
}

void Book::on_sweep(std::vector<bool>& live) {
  flush_unattributed();
  known_tools_.clear();
  known_parents_.clear();
  kinds_.clear();
  for (std::size_t exe = 0; exe < kept_exes_.size() && exe < live.size(); ++exe) {
    if (kept_exes_[exe]) {
      live[exe] = true;
    }
  }
}

}  // namespace auexfil::transfer
