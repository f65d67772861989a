#include "auexfil/transfer/transfer_builder.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace auexfil::transfer {
namespace {

constexpr std::uint64_t kLookup = std::uint64_t{1} << 20;  // no lookup sends as much on one socket
// sendmmsg(2) tells messages and no bytes: a resolver sends two in one call.
constexpr std::uint64_t kManyMessages = 16;
constexpr std::size_t kFew = 16;  // connections that are looked through; most have no more

}  // namespace

TransferBuilder::TransferBuilder(const Tools& tools, const host::Signs& signs, Options options)
    : tools_(tools),
      options_(options),
      next_close_(options.open_invocations),
      store_(tools),
      finder_(tools, signs),
      files_(tools.files(), finder_, options.files) {}

TransferBuilder::~TransferBuilder() = default;

/// Is what the command line alone can tell of that tool worth keeping? Where connections are in the
/// log, it is not; nor where they were, unless they came no more, or none of its calls is there.
bool TransferBuilder::needs_argv(const ToolImage& one) const {
  const Tool& tool = *one.tool;
  const host::AuditTally& seen = tracker_->tally();
  const bool all_seen = seen.of(audit::Call::connect).failed > 0 &&
                        (seen.of(audit::Call::sendto).events > 0 ||
                         seen.of(audit::Call::sendmsg).events > 0 || !tool.udp);
  const host::ExecutedProgram& image = tracker_->image(one.image);
  return !all_seen ||
         seen.ceased.covers(host::Ceased::Kind::connect, image.began.event.time, true) ||
         seen.is_mute(image.exe, image.auid);
}

SudoCommands::Subject TransferBuilder::subject_of(host::ProgramIndex index) const {
  const host::ExecutedProgram& image = tracker_->image(index);
  return {image.auid, image.ses, image.began.event.time};
}

/// The execve of what sudo recorded that it runs: it tells more.
void TransferBuilder::replace_command(host::ProgramIndex index) {
  const Tool* const tool = finder_.tool_by_argv(index);
  const host::ProgramIndex replaced =
      tool == nullptr ? host::kNone : commands_.take_out(tool, subject_of(index));
  if (replaced != host::kNone) {
    tracker_->unpin(replaced);
  }
}

/// `bash -c "scp f h:"` and `nice scp f h:` are scp, as far as blanks part the words.
void TransferBuilder::on_command(host::ProgramIndex image) {
  constexpr std::size_t kMostAround = 8;  // `sudo env nice sh -c …`: what stands around a tool
  std::vector<std::string> words = host::argv_of(*tracker_, tracker_->image(image));
  const auto is_one_of = [&](const input::Patterns& programs) {
    return programs.match(host::base_name(words.front()));
  };
  const Tool* tool = nullptr;
  for (std::size_t step = 0; step < kMostAround && !words.empty(); ++step) {
    tool = tools_.find_by_name(words.front(), words);
    if (tool != nullptr && !tool->argv_only) {
      break;
    }
    tool = nullptr;
    const bool runs_words = is_one_of(finder_.programs().signs().shells) ||
                            is_one_of(finder_.programs().signs().wrappers);
    const auto& brokers = finder_.programs().signs().brokers;
    const bool asks_daemon = std::any_of(brokers.begin(), brokers.end(), [&](const auto& broker) {
      return is_one_of(broker.program);  // `systemd-run scp …` runs it as a service
    });
    if ((step == 0 && !runs_words) || asks_daemon) {
      return;
    }
    words.erase(words.begin());  // the shell or wrapper, then its options
  }
  if (tool == nullptr) {
    return;
  }
  if (!commands_.add({image, tool, std::move(words), subject_of(image)})) {
    ++refused_tools_;
    return;
  }
  tracker_->pin(image);
}

void TransferBuilder::stop_growing(std::size_t at_least) {
  const auto hold = [at_least](std::size_t& bound, std::size_t now) {
    bound = std::min(bound, std::max(at_least, now));
  };
  hold(options_.max_all_connections, connections_);
  hold(options_.max_runs, open_.size());
  hold(options_.max_invocations, store_.size());
  hold(options_.max_tool_images, tool_images_.size());
  files_.stop_growing(at_least);
}

/// Answers are given up where nobody holds one.
void TransferBuilder::make_room_for_answers() {
  if (finder_.make_room()) {
    program_texts_.clear();
  }
}

void TransferBuilder::on_exec(host::ProgramIndex image) {
  make_room_for_answers();
  if (tracker_->image(image).exe == 0) {
    return;
  }
  if (!commands_.empty()) {
    replace_command(image);
  }
  finder_.programs().on_exec(*tracker_, image);
  files_.on_exec(image);
  const Tool* const tool = finder_.tool_by_argv(image);
  if (tool == nullptr || !needs_argv({image, tool})) {
    return;
  }
  if (tool_images_.size() >= options_.max_tool_images) {
    ++refused_tools_;
    return;
  }
  tracker_->pin(image);
  tool_images_.push_back({image, tool});
}

/// See ControlSockets.
void TransferBuilder::on_local(host::ProgramIndex image, std::string_view path, bool bound,
                               host::Place place) {
  if (path.empty() || finder_.tool_of(image) == nullptr) {
    return;
  }
  const auto is_there = [this](host::ProgramIndex index, std::uint32_t number) {
    return tracker_->is_there(index, number);
  };
  if (bound) {
    control_sockets_.bind(path, {image, tracker_->image(image).number, place.event}, is_there);
    return;
  }
  const host::ProgramIndex master = control_sockets_.master_of(path, is_there);
  if (master == host::kNone) {
    return;
  }
  const Tool* tool = nullptr;
  OpenInvocation& run = get_run(finder_.top_of(master, tool));
  set_tool(run, tool);
  const bool is_attended = host::decide_automation(*tracker_, finder_.programs(), image).verdict ==
                           host::Automation::Verdict::attended;
  (is_attended ? run.serves_people : run.serves_machines) = true;
  if (master != image && run.notes.size() < kMaxNotes) {
    const host::ProgramIndex top = finder_.top_of(image, tool);
    run.notes.push_back(fmt::format("carried over its control socket {}: {} (pid {})", path,
                                    finder_.command_of(top), tracker_->image(top).pid));
  }
}

TransferBuilder::OpenInvocation& TransferBuilder::get_run(host::ProgramIndex image) {
  const auto found = open_.find(image);
  if (found != open_.end()) {
    return found->second;
  }
  if (open_.size() >= next_close_) {
    close_runs(false);
    next_close_ = std::max(options_.open_invocations, 2 * open_.size());
  }
  tracker_->pin(image);
  OpenInvocation& run = open_[image];
  run.image = image;
  return run;
}

/// A program that no entry describes may turn out to be a tool by the helper that it starts.
void TransferBuilder::set_tool(OpenInvocation& run, const Tool* tool) {
  if (tool == nullptr || run.tool != nullptr) {
    return;
  }
  run.tool = tool;
  for (Connection& connection : run.connections) {
    if (connection.depth == 0) {
      read_connection(run, connection, run.image);
    }
  }
}

namespace {

std::uint64_t hash_of(std::uint32_t owner, const audit::IpAddress& address, std::uint16_t port) {
  std::uint64_t halves[2];
  std::memcpy(halves, address.bytes().data(), sizeof halves);
  std::uint64_t hash = owner * 0x9e3779b97f4a7c15ULL;
  for (const std::uint64_t part : {halves[0], halves[1], std::uint64_t{port}}) {
    hash = (hash ^ part ^ (hash >> 29)) * 0xc2b2ae3d27d4eb4fULL;
  }
  return hash ^ (hash >> 32);
}

}  // namespace

/// What the command lines say of a connection.
void TransferBuilder::read_connection(OpenInvocation& run, Connection& connection,
                                      host::ProgramIndex owner) {
  static const ArgReading none;
  const ArgReading& reading =
      run.tool == nullptr
          ? none
          : finder_.reading_of(*run.tool, run.image, tracker_->image(run.image).argv_cut);
  const Tool* const own = connection.depth > 0 ? finder_.tool_of(owner) : nullptr;
  const ArgReading& helper = own == nullptr ? none : finder_.reading_of(*own, owner, false);
  connection.by_argv = reading.direction;
  connection.named = host::kNone;
  // Several remote sides: the one that this connection's own program was started for.
  for (std::uint32_t i = 0; i < reading.peers.size(); ++i) {
    const ArgPeer& peer = reading.peers[i];
    const auto literal = audit::IpAddress::parse(peer.host);
    const bool is_it = literal ? *literal == connection.address
                               : reading.peers.size() > 1 && !peer.host.empty() &&
                                     connection.depth > 0 &&
                                     finder_.command_of(owner).find(peer.host) != std::string::npos;
    if (is_it) {
      connection.by_argv = peer.direction;
    }
    if (!literal && (is_it || reading.peers.size() == 1)) {
      connection.named = i;
    }
  }
  if (connection.by_argv == Direction::unknown) {
    connection.by_argv = helper.direction;  // the helper's arguments may tell (ssh … "scp -t path")
  }
  if (helper.peers.size() == 1 && !helper.peers.front().by_default) {
    const std::string& host = helper.peers.front().host;
    const auto known = std::find(run.owner_hosts.begin(), run.owner_hosts.end(), host);
    connection.owner_host = static_cast<std::uint32_t>(known - run.owner_hosts.begin());
    if (known == run.owner_hosts.end()) {
      run.owner_hosts.push_back(host);
    }
  }
}

void TransferBuilder::index_connections(OpenInvocation& run) {
  run.connection_index.clear();
  for (std::uint32_t i = 0; run.connections.size() >= kFew && i < run.connections.size(); ++i) {
    const Connection& connection = run.connections[i];
    run.connection_index.emplace(hash_of(connection.owner, connection.address, connection.port), i);
  }
}

/// The lightest connections give way to what comes: half of them at once, so that it costs little
/// for each. What was sent over them stays, in the sum.
void TransferBuilder::make_room(OpenInvocation& run) {
  const std::size_t before = run.connections.size();
  summed_connections_ +=
      keep_heaviest(run.connections, run.rests, std::min(before, options_.max_connections) / 2);
  connections_ -= before - run.connections.size();
  index_connections(run);
}

/// Programs from `index` up to its invocation's top.
std::uint32_t TransferBuilder::depth_below(host::ProgramIndex top, host::ProgramIndex index) const {
  std::uint32_t depth = 0;
  for (; index != top && index != host::kNone; index = tracker_->image(index).parent) {
    ++depth;
  }
  return depth;
}

/// As they hold for the connection that it is a part of.
host::SocketFlags TransferBuilder::flags_of(const host::Socket& socket) const {
  host::SocketFlags flags = socket;
  flags.socket_call = socket.opening_unseen && socket.socket_call;
  flags.given_away = socket.given_away && !socket.passed;
  flags.untracked = socket.untracked || tracker_->image(socket.owner).async;
  return flags;
}

/// What the run exchanged with that peer in that way so far.
Connection* TransferBuilder::get_connection(OpenInvocation& run, const host::Socket& socket,
                                            const host::Peer& peer) {
  const host::ExecutedProgram& image = tracker_->image(socket.owner);
  const std::uint32_t owner = image.number;
  const host::SocketFlags flags = flags_of(socket);
  const std::uint8_t foreign =
      host::family::is_foreign(socket.family) ? socket.family : std::uint8_t{0};
  const auto is_it = [&](const Connection& connection) {
    return connection.address == peer.address && connection.port == peer.port &&
           connection.role == socket.role && connection.type == socket.type &&
           connection.owner == owner && connection.unnamed == peer.unnamed &&
           connection.foreign == foreign && connection.opening_unseen == flags.opening_unseen &&
           connection.socket_call == flags.socket_call &&
           // Of unknown numbers each may be something else.
           (!socket.opening_unseen || !peer.unnamed || connection.descriptor.fd == socket.fd);
  };
  const std::uint64_t hash =
      run.connections.size() < kFew ? 0 : hash_of(owner, peer.address, peer.port);
  if (run.connections.size() < kFew) {
    const auto known = std::find_if(run.connections.begin(), run.connections.end(), is_it);
    if (known != run.connections.end()) {
      return &*known;
    }
  } else {
    const auto [begin, end] = run.connection_index.equal_range(hash);
    for (auto at = begin; at != end; ++at) {
      if (is_it(run.connections[at->second])) {
        return &run.connections[at->second];
      }
    }
  }
  if (run.connections.size() >= options_.max_connections ||
      (connections_ >= options_.max_all_connections && run.connections.size() > 1)) {
    make_room(run);
  }
  Connection made;
  static_cast<host::SocketFlags&>(made) = flags;
  made.address = peer.address;
  made.port = peer.port;
  made.owner = owner;
  made.exe = image.exe;
  made.auid = image.auid;
  made.depth = depth_below(run.image, socket.owner);
  made.role = socket.role;
  made.type = socket.type;
  made.unnamed = peer.unnamed;
  made.foreign = foreign;
  made.begun = is_of_log(socket);
  const Tool* const own = finder_.tool_of(socket.owner);
  made.above_lowest = own != nullptr && own->lowest && socket.fd > image.lowest_unseen;
  made.first = peer.first;
  made.last = peer.last;
  made.made = peer.made;
  made.first_write = peer.first_write;
  made.ephemeral = socket.listener_ephemeral;
  made.descriptor = {socket.fd, socket.fd_pid};
  made.returned = run.rests.may_hold(peer.address);
  read_connection(run, made, socket.owner);
  if (image.exe >= kept_exes_.size()) {
    kept_exes_.resize(image.exe + 64);
  }
  kept_exes_[image.exe] = true;
  run.connections.push_back(std::move(made));
  ++connections_;
  if (run.connections.size() == kFew) {
    index_connections(run);
  } else if (run.connections.size() > kFew) {
    run.connection_index.emplace(hash_of(owner, peer.address, peer.port),
                                 static_cast<std::uint32_t>(run.connections.size() - 1));
  }
  return &run.connections.back();
}

/// Bytes that a number took whose opening is not in the log. Little is not worth a transfer of its
/// own; of programs that are no tools more is asked, since daemons talk to each other over local
/// sockets that they opened before the log began. facts_of() has the last word.
bool TransferBuilder::is_worth_a_connection(const host::Socket& socket, const Tool* tool) {
  const std::uint64_t kMuch = std::uint64_t{64} << (tool != nullptr ? 10U : 14U);
  std::uint64_t bytes = 0;
  std::uint64_t messages = 0;
  for (const host::Peer& peer : socket.peers) {
    bytes += peer.bytes_out;
    messages += peer.messages_out;
  }
  return (socket.socket_call || host::family::is_foreign(socket.family) || tool != nullptr) &&
         (bytes >= kMuch || messages >= kManyMessages);
}

/// Both ends of a connection that went from one process to another.
void TransferBuilder::note_taker(OpenInvocation& run, const host::Socket& socket) {
  if (!socket.passed || socket.taker == host::kNone || run.notes.size() >= kMaxNotes) {
    return;
  }
  const host::ExecutedProgram& taker = tracker_->image(socket.taker);
  run.notes.push_back(fmt::format(
      "{} (pid {}) opened the connection and gave it away; {} (pid {}) wrote to a number that it "
      "never opened: inferred to be that connection",
      host::base_name(tracker_->text(tracker_->image(socket.owner).exe)), socket.maker_pid,
      host::base_name(tracker_->text(taker.exe)), taker.pid));
}

/// Was it connected without the terminal that its program was started on, or used for long? What is
/// hung up may still send its last.
void TransferBuilder::note_left(OpenInvocation& run, const host::Socket& socket,
                                const host::Peer& peer) {
  run.left =
      run.left || (socket.left_terminal != 0 && (peer.made.event.time >= socket.left_terminal ||
                                                 peer.last > socket.left_terminal + kGone));
}

void TransferBuilder::add_to_connection(Connection& connection, const host::Socket& socket,
                                        const host::Peer& peer) const {
  connection.sent_to = connection.sent_to || peer.sent_to;
  connection.merge(flags_of(socket));
  connection.bytes_out += peer.bytes_out;
  connection.bytes_in += peer.bytes_in;
  connection.calls_out += peer.calls_out;
  connection.calls_in += peer.calls_in;
  connection.messages_out += peer.messages_out;
  ++connection.times;
  connection.first = std::min(connection.first, peer.first);
  connection.last = std::max(connection.last, peer.last);
  if (connection.first_write.line == 0) {
    connection.first_write = peer.first_write;
  }
  const auto end = std::find_if(peer.sums.begin(), peer.sums.end(),
                                [](const host::CallSum& sum) { return sum.calls == 0; });
  add_calls(connection.calls, {peer.sums.begin(), end});
}

void TransferBuilder::on_socket(const host::Socket& socket) {
  make_room_for_answers();
  const bool udp = socket.type == host::SocketType::datagram;
  const Tool* tool = nullptr;
  if ((socket.opening_unseen || host::family::is_foreign(socket.family)) &&
      !is_worth_a_connection(socket, finder_.tool_of(socket.owner))) {
    const bool may_be_file = !socket.socket_call && is_of_log(socket);
    for (const host::Peer& peer : socket.peers) {
      if (peer.last >= tracker_->tally().since) {  // else one that nobody has used for long
        add_unattributed(socket.owner, peer.bytes_out, may_be_file, socket.left_terminal != 0);
      }
    }
    return;
  }
  OpenInvocation* run = nullptr;
  for (const host::Peer& peer : socket.peers) {
    if (!peer.unnamed && (peer.address.is_loopback() || peer.address.is_link_local() ||
                          peer.address.is_multicast() || peer.address.is_unspecified() ||
                          (peer.bytes_out < kLookup && peer.messages_out < kManyMessages &&
                           tools_.is_lookup(peer.port, udp)))) {
      continue;
    }
    if (run == nullptr) {
      const host::ProgramIndex top = finder_.top_of(socket.owner, tool);
      if (open_.size() >= options_.max_runs && !open_.contains(top)) {
        sum_up(socket, peer);
        continue;
      }
      run = &get_run(top);
      set_tool(*run, tool);
      note_taker(*run, socket);
    }
    note_left(*run, socket, peer);
    add_to_connection(*get_connection(*run, socket, peer), socket, peer);
  }
}

}  // namespace auexfil::transfer
