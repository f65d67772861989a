#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "auexfil/transfer/transfer_builder.hpp"

namespace auexfil::transfer {
namespace {

constexpr int kMaxClimbOuter = 16;  // shells around a one-liner: two or three in practice

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

Invocation::Program TransferBuilder::program_of(host::ProgramIndex index) {
  const std::uint32_t number = finder_.programs().number_of(*tracker_, index);
  if (number >= program_texts_.size()) {
    program_texts_.resize(number + 1);
  }
  const host::ExecutedProgram& image = tracker_->image(index);
  ProgramTexts& texts = program_texts_[number];
  if (!texts.is_set) {
    texts.exe = store_.intern(tracker_->text(image.exe));
    texts.comm = store_.intern(tracker_->text(image.comm));
    texts.argv = store_.intern_list(finder_.words_of(index));
    std::string_view script = tracker_->text(image.script);
    const std::vector<std::string>& argv = finder_.words_of(index);
    if (script.empty() && argv.size() >= 2 && !argv[1].empty() && argv[1].front() != '-') {
      const std::string_view program = host::base_name(tracker_->text(image.exe));
      const host::Signs& signs = finder_.programs().signs();
      if (signs.interpreters.match(program) || signs.shells.match(program)) {
        script = argv[1];
      }
    }
    texts.script = store_.intern(script);
    texts.is_set = true;
  }
  return {image.pid, texts.exe, texts.comm, texts.argv};
}

/// The script that an interpreter or a shell runs; call after program_of().
TextId TransferBuilder::script_of(host::ProgramIndex image) {
  return program_texts_[finder_.programs().number_of(*tracker_, image)].script;
}

/// \param images  nearest first. \return the number of the nearest as an ancestor.
std::uint32_t TransferBuilder::lineage_of(const std::vector<host::ProgramIndex>& images) {
  std::uint32_t above = 0;
  for (auto index = images.rbegin(); index != images.rend(); ++index) {
    const std::size_t place = index->number();
    if (place >= stored_ancestors_.size()) {
      stored_ancestors_.resize(place + 1 + place / 2);
    }
    const std::uint32_t number = tracker_->image(*index).number;
    StoredAncestor& stored = stored_ancestors_[place];
    // A root may have been adopted since.
    if (stored.image_number != number || stored.above != above) {
      InvocationStore::Ancestor ancestor;
      ancestor.program = program_of(*index);
      const TextId script = script_of(*index);
      ancestor.script = script == 0 && above != 0 ? store_.ancestor(above).script : script;
      ancestor.above = above;
      stored = {number, above, store_.add_ancestor(ancestor)};
    }
    above = stored.ancestor;
  }
  return above;
}

/// What there is to say of a program, its ancestors and who started it.
/// \param made  what stood in it goes; its memory is used again.
host::Automation TransferBuilder::begin_invocation(host::ProgramIndex index, const Tool* tool,
                                                   Invocation& made) {
  const host::ExecutedProgram& image = tracker_->image(index);
  made.tool = tool;
  made.by_argv = false;
  made.has_exec = image.has_exec;
  made.argv_cut = image.argv_cut;
  made.began = image.began;
  made.connections.clear();
  made.owner_hosts.clear();
  made.peers.clear();
  host::Automation automation = host::decide_automation(*tracker_, finder_.programs(), index);
  made.automation = verdict_of(automation.verdict);
  made.scripted = automation.scripted;
  made.reasons.clear();
  for (const host::Automation::Reason& reason : automation.reasons) {
    made.reasons.push_back({store_.intern(reason.sign), store_.intern(reason.text), reason.event});
  }
  made.job.reset();
  if (automation.job) {
    made.job = {store_.intern(automation.job->kind), store_.intern(automation.job->what)};
  }
  made.auid = image.auid;
  made.uid = image.uid;
  made.ses = image.ses;
  made.login = {0, image.began.event.time, false};
  if (const host::Session* const session = tracker_->find_session(image.boot, image.ses)) {
    made.login = {session->pid, session->start.event.time, session->has_login};
  }
  made.process = program_of(index);
  made.ppid = image.ppid;
  made.cwd = store_.intern(tracker_->text(image.cwd));
  made.script = script_of(index);
  made.lineage = lineage_of(automation.lineage);
  if (made.script == 0 && made.lineage != 0) {
    made.script = store_.ancestor(made.lineage).script;
  }
  made.notes.clear();
  files_.tell(index, tool, store_, made);
  if (image.argv_is_title) {
    note_title(index, made.notes);
  } else if (image.argv_cut) {
    made.notes.push_back(store_.intern("its arguments are not in the log whole"));
  }
  return automation;
}

void TransferBuilder::note_title(host::ProgramIndex index, std::vector<TextId>& notes) {
  if (!finder_.has_own_title(index)) {
    notes.push_back(store_.intern(fmt::format(
        "its execve is not in the log; its title reads \"{}\", which may be another program's",
        join_argv(finder_.programs().of(*tracker_, index).argv))));
    return;
  }
  notes.push_back(store_.intern(
      tracker_->image(index).argv_cut
          ? "its execve is not in the log; arguments are of PROCTITLE, cut at 128 bytes: the last "
            "word is not used"
          : "its execve is not in the log; arguments are of PROCTITLE, at most 128 bytes"));
}

/// What a person started goes on when they have gone (`nohup … &` and logout, daemon(3)): from then
/// on nobody sits at it. A master of ssh has left its terminal while people send over it; where no
/// bind is in the log, whether it is one is not known. Nor is it of a program that no tool
/// describes whether a person uses it without a terminal (a browser). What a daemon does for a
/// person who asked for it is theirs until they have gone or wait no more.
std::optional<TransferBuilder::LeftBehind> TransferBuilder::left_behind(
    const OpenInvocation& run, const host::Automation& automation) const {
  const host::ExecutedProgram& image = tracker_->image(run.image);
  const host::Session* const session = tracker_->find_session(image.boot, automation.ses);
  if (session != nullptr && session->ended != 0 && image.began.event.time < session->ended &&
      std::any_of(run.connections.begin(), run.connections.end(),
                  [&](const Connection& one) { return one.last > session->ended + kGone; })) {
    return LeftBehind{Verdict::unattended, host::ReasonKind::left_behind_running};
  }
  if (std::any_of(run.connections.begin(), run.connections.end(), [&](const Connection& one) {
        return one.made.event.time > automation.wait.until;
      })) {
    return LeftBehind{automation.wait.is_sure ? Verdict::unattended : Verdict::unknown,
                      host::ReasonKind::left_behind_waiting};
  }
  if (!run.left || (run.serves_people && !run.serves_machines)) {
    return std::nullopt;
  }
  const bool is_sure = run.tool != nullptr && tracker_->tally().of(audit::Call::bind).events > 0;
  return LeftBehind{is_sure ? Verdict::unattended : Verdict::unknown,
                    host::ReasonKind::detached_running};
}

void TransferBuilder::note_left_behind(const OpenInvocation& run,
                                       const host::Automation& automation, Invocation& made) {
  const std::optional<LeftBehind> left =
      made.automation == Verdict::attended ? left_behind(run, automation) : std::nullopt;
  if (!left) {
    return;
  }
  made.automation = left->automation;
  const host::ReasonTexts& texts = finder_.programs().signs().reasons;
  const std::string ses = std::to_string(automation.ses);
  const std::string_view terminal = tracker_->text(tracker_->image(run.image).tty);
  made.reasons.push_back(
      {store_.intern(texts.sign(left->why)),
       store_.intern(texts.sentence(left->why, {{"ses", ses}, {"terminal", terminal}})),
       std::nullopt});
  if (left->automation == Verdict::unattended) {
    made.job = {store_.intern(texts.job(left->why)),
                store_.intern(host::joined(finder_.words_of(run.image)))};
  }
}

void TransferBuilder::close_run(OpenInvocation& run) {
  if (run.connections.empty()) {
    return;
  }
  if (store_.size() >= options_.max_invocations) {
    sum_up(run);
    return;
  }
  note_left_behind(run, begin_invocation(run.image, run.tool, made_), made_);
  if (run.tool == nullptr && made_.automation == Verdict::attended) {
    return;
  }
  connections_ -= run.connections.size();
  run.rests.move_to(run.connections);
  made_.connections = std::move(run.connections);
  for (const std::string& host : run.owner_hosts) {
    made_.owner_hosts.push_back(store_.intern(host));
  }
  for (const std::string& note : run.notes) {
    made_.notes.push_back(store_.intern(note));
  }
  if (!store_.add(made_)) {
    ++summed_runs_;
    sum_up(made_.automation, made_.connections);
  }
}

/// Where there is no room for an invocation, what it sent is added to the sum of all such. Nothing
/// else of it is kept: its texts are its sender's, without end.
void TransferBuilder::sum_up(OpenInvocation& run) {
  const host::Automation decided =
      host::decide_automation(*tracker_, finder_.programs(), run.image);
  Verdict automation = verdict_of(decided.verdict);
  if (automation == Verdict::attended) {
    const std::optional<LeftBehind> left = left_behind(run, decided);
    automation = left ? left->automation : automation;
  }
  if (run.tool == nullptr && automation == Verdict::attended) {
    return;
  }
  ++summed_runs_;
  connections_ -= run.connections.size();
  run.rests.move_to(run.connections);
  sum_up(automation, run.connections);
}

void TransferBuilder::sum_up(Verdict automation, std::vector<Connection>& connections) {
  if (automation == Verdict::attended) {
    return;  // no rule asks for what a person does
  }
  for (Connection& connection : connections) {
    if (rests_.empty() || connection.made.event < rests_began_.event) {
      rests_began_ = connection.made;
    }
    rests_.add(std::move(connection));
  }
}

/// What went over a socket of an invocation that is not followed.
void TransferBuilder::sum_up(const host::Socket& socket, const host::Peer& peer) {
  // Each look is at all that are open: little for each of so many sockets.
  constexpr std::uint64_t kLookAgain = 4096;
  if (++summed_runs_ % kLookAgain == 0) {
    close_runs(false);
  }
  const host::ExecutedProgram& image = tracker_->image(socket.owner);
  Connection connection;
  static_cast<host::SocketFlags&>(connection) = flags_of(socket);
  connection.address = peer.address;
  connection.port = peer.port;
  connection.exe = image.exe;
  connection.auid = image.auid;
  connection.role = socket.role;
  connection.type = socket.type;
  connection.sent_to = peer.sent_to;
  connection.unnamed = peer.unnamed;
  connection.bytes_out = peer.bytes_out;
  connection.bytes_in = peer.bytes_in;
  connection.calls_out = peer.calls_out;
  connection.calls_in = peer.calls_in;
  connection.messages_out = peer.messages_out;
  connection.times = 1;
  connection.first = peer.first;
  connection.last = peer.last;
  connection.made = peer.made;
  connection.first_write = peer.first_write;
  if (rests_.empty() || connection.made.event < rests_began_.event) {
    rests_began_ = connection.made;
  }
  rests_.add(std::move(connection));
}

/// One invocation stands for all those for which there was no room. Nobody can say of what it is
/// the sum, nor who sat at it.
void TransferBuilder::close_rests() {
  if (rests_.empty()) {
    return;
  }
  Invocation made;
  made.began = rests_began_;
  made.notes.push_back(store_.intern(fmt::format(
      "the sum of what {} invocations sent for which there was no room: who they were is not known",
      summed_runs_)));
  rests_.move_to(made.connections);
  for (const Connection& connection : made.connections) {
    if (connection.exe >= kept_exes_.size()) {
      kept_exes_.resize(connection.exe + 64);
    }
    kept_exes_[connection.exe] = true;
  }
  static_cast<void>(store_.add(made));  // it has one place more than is given out
}

/// Packs the invocations that are over: none but the run itself holds their topmost program any
/// more, so that no process and no socket below it is left. In the order in which they began, in
/// which they are read again.
void TransferBuilder::close_runs(bool all) {
  std::erase_if(tool_images_, [&](const ToolImage& one) {
    const bool is_needed = needs_argv(one);
    if (!is_needed) {
      tracker_->unpin(one.image);
    }
    return !is_needed;
  });
  std::vector<std::pair<audit::Stamp, host::ProgramIndex>> over;
  for (const auto& [index, run] : open_) {
    if (all || tracker_->image(index).refs == 1) {
      over.emplace_back(tracker_->image(index).began.event, index);
    }
  }
  std::sort(over.begin(), over.end());
  for (const auto& [began, index] : over) {
    make_room_for_answers();
    const auto at = open_.find(index);
    close_run(at->second);
    open_.erase(at);
    tracker_->unpin(index);
  }
}

/// Of the tools of which the command line may be all there is, those that were over by then: those
/// below before those that they hold, which began earlier.
void TransferBuilder::forget_tools(audit::TimeMs time) {
  const auto is_kept = [&](const ToolImage& one) {
    const host::ExecutedProgram& image = tracker_->image(one.image);
    const auto run = open_.find(one.image);
    const std::uint32_t ours = run == open_.end() ? 1 : 2;
    return image.refs > ours || image.began.event.time >= time ||
           (run != open_.end() &&
            std::any_of(run->second.connections.begin(), run->second.connections.end(),
                        [&](const Connection& connection) { return connection.last >= time; }));
  };
  std::vector<ToolImage> kept;
  for (auto one = tool_images_.rbegin(); one != tool_images_.rend(); ++one) {
    if (is_kept(*one)) {
      kept.push_back(*one);
    } else {
      tracker_->unpin(one->image);
    }
  }
  tool_images_.assign(kept.rbegin(), kept.rend());
}

void TransferBuilder::forget_before(audit::TimeMs time) {
  forget_tools(time);
  close_runs(false);
  if (store_.forget_before(time)) {
    program_texts_.clear();  // of the ids that were
    stored_ancestors_.clear();
  }
}

/// `bash -c "bash -c '… > /dev/tcp/…'"` shows the words twice: the outer programs, by index.
std::unordered_set<host::ProgramIndex, host::IndexHash> TransferBuilder::shells_around() {
  std::unordered_set<host::ProgramIndex, host::IndexHash> outer;
  for (const ToolImage& one : tool_images_) {
    if (!one.tool->argv_only) {
      continue;
    }
    host::ProgramIndex above = tracker_->image(one.image).parent;
    for (int step = 0; step < kMaxClimbOuter && above != host::kNone; ++step) {
      if (finder_.tool_by_argv(above) == one.tool) {
        outer.insert(above);
      }
      above = tracker_->image(above).parent;
    }
  }
  return outer;
}

/// What sudo says it ran, where the execve is not in the log: the usual case of hosts without a
/// rule.
void TransferBuilder::close_commands() {
  for (SudoCommands::Command& command : commands_.all()) {
    make_room_for_answers();
    const ArgReading reading = read_argv(*command.tool, command.words);
    if (!reading.peers.empty()) {
      begin_invocation(command.image, command.tool, made_);
      made_.by_argv = true;
      Named named;
      add_peers(reading, named);
      made_.peers = std::move(named.peers);
      made_.notes.insert(made_.notes.end(), named.notes.begin(), named.notes.end());
      made_.notes.push_back(store_.intern(
          "known by sudo's own record (USER_CMD) alone, which parts arguments by blanks"));
      refused_tools_ += store_.add(made_) ? 0U : 1U;
    }
    tracker_->unpin(command.image);
  }
  commands_.all().clear();
}

/// Where the command line says that it goes; through another host, where it names one.
void TransferBuilder::add_peers(const ArgReading& reading, Named& to) {
  for (const ArgPeer& peer : spoken_to(reading)) {
    to.peers.push_back({store_.intern(peer.host), peer.direction, peer.port, peer.by_default});
  }
  for (const ArgPeer& peer : reading.peers) {
    if (!peer.host.empty() && !reading.elsewhere.empty()) {
      to.notes.push_back(store_.intern("it names " + peer.host + ", but connects elsewhere (" +
                                       reading.elsewhere + " of its command line)"));
    } else if (!peer.host.empty() && !reading.via.host.empty()) {
      to.notes.push_back(store_.intern("it goes to " + peer.host +
                                       " through the host that it connects "
                                       "to (a jump host or proxy of its command line)"));
    }
  }
}

/// Tools whose connections are not in the log: the command line is all there is.
void TransferBuilder::close_tools() {
  const coverage::AuditVisibility visibility = coverage::visibility_of(tracker_->tally());
  // Their connects may have been audited for a part of the log alone.
  const host::CeaseWatch& ceased = tracker_->tally().ceased;
  const auto is_mute = [&](host::ProgramIndex index) {
    const host::ExecutedProgram& program = tracker_->image(index);
    return visibility.is_mute(program.exe, program.auid);
  };
  if (visibility.pending_connects && visibility.sendto && ceased.all().empty() &&
      std::none_of(tool_images_.begin(), tool_images_.end(),
                   [&](const ToolImage& one) { return is_mute(one.image); })) {
    return;
  }
  std::set<std::uint32_t> has_connection;  // images by number
  for (const auto& [index, run] : open_) {
    for (const Connection& connection : run.connections) {
      has_connection.insert(connection.owner);
    }
  }
  // What helpers name where the topmost program names nothing: git's ssh.
  struct Top {
    host::ProgramIndex image{};
    const Tool* tool{};
    Named named;
  };
  const auto keep = [this](Top& top) {
    if (top.named.peers.empty()) {
      return false;
    }
    begin_invocation(top.image, top.tool, made_);
    made_.by_argv = true;
    made_.peers = std::move(top.named.peers);
    made_.notes.insert(made_.notes.end(), top.named.notes.begin(), top.named.notes.end());
    refused_tools_ += store_.add(made_) ? 0U : 1U;
    return true;
  };
  constexpr std::size_t kDone = SIZE_MAX;
  std::vector<Top> tops;  // that name nothing so far
  std::unordered_map<host::ProgramIndex, std::size_t, host::IndexHash> known;  // by image
  const std::unordered_set<host::ProgramIndex, host::IndexHash> outer = shells_around();
  for (const ToolImage& one : tool_images_) {
    make_room_for_answers();
    const host::ProgramIndex index = one.image;
    const Tool* tool = one.tool;
    host::ProgramIndex image = index;
    if (!tool->argv_only && !tool->works_for.empty()) {
      image = finder_.top_of(index, tool);
    }
    const auto run = open_.find(image);
    if ((run != open_.end() && !run->second.connections.empty()) ||
        has_connection.contains(tracker_->image(image).number) || tool->server ||
        outer.contains(image)) {
      continue;
    }
    const bool mute = is_mute(image);
    const bool is_audited =
        !mute && visibility.pending_connects && (visibility.sendto || !tool->udp) &&
        !ceased.covers(host::Ceased::Kind::connect, tracker_->image(image).began.event.time);
    if (is_audited) {
      continue;
    }
    const auto [at, is_new] = known.try_emplace(image, tops.size());
    if (is_new) {
      Top top{image, tool, {}};
      add_peers(finder_.reading_of(*tool, image, tracker_->image(image).argv_cut), top.named);
      if (mute) {
        top.named.notes.push_back(store_.intern(
            "no call of it is in the log but its start: it is of an architecture that the rules do "
            "not ask for, or they leave it out"));
      }
      if (keep(top)) {  // at once: what is known of its command line may be forgotten for others
        at->second = kDone;
      } else {
        tops.push_back(std::move(top));
      }
    }
    if (at->second != kDone && index != image && tops[at->second].named.peers.empty()) {
      add_peers(finder_.reading_of(*one.tool, index, false), tops[at->second].named);
    }
  }
  for (Top& top : tops) {
    make_room_for_answers();
    static_cast<void>(keep(top));
  }
}

void TransferBuilder::close() {
  flush_unattributed();
  close_commands();
  close_tools();
  close_runs(true);
  close_rests();
  files_.settle();
  for (const ToolImage& one : tool_images_) {
    tracker_->unpin(one.image);
  }
  tool_images_.clear();
  control_sockets_.clear();
  finder_.clear();
  program_texts_.clear();
}

std::map<std::string, std::uint64_t> TransferBuilder::bounds() const {
  std::map<std::string, std::uint64_t> bounds;
  for (const auto& [name, times] :
       {std::pair("connections", summed_connections_), std::pair("invocations", summed_runs_),
        std::pair("tools", refused_tools_),
        std::pair("control_sockets", control_sockets_.refused()),
        std::pair("files", files_.refused())}) {
    if (times > 0) {
      bounds[name] = times;
    }
  }
  return bounds;
}

void TransferBuilder::on_sweep(std::vector<bool>& live) {
  flush_unattributed();
  finder_.clear();
  program_texts_.clear();
  files_.on_sweep(live);
  for (std::size_t exe = 0; exe < kept_exes_.size() && exe < live.size(); ++exe) {
    if (kept_exes_[exe]) {
      live[exe] = true;
    }
  }
}

}  // namespace auexfil::transfer
