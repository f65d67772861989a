#include "fact_maker.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "belief.hpp"
#include "ids.hpp"

namespace auexfil::facts {
namespace {

constexpr std::size_t kMaxEvidence = 12;

std::optional<std::uint32_t> known_id(std::uint32_t id) {
  return id == host::kUnset ? std::nullopt : std::optional(id);
}

void set(std::optional<std::string>& to, std::string_view text) {
  if (text.empty()) {
    to.reset();
  } else if (to) {
    to->assign(text);
  } else {
    to.emplace(text);
  }
}

void note_descriptor(FactDetails::OfDestination& of, const DescriptorUse& use) {
  constexpr std::size_t kMost = 8;
  if (use.fd != host::kNone && of.descriptors.size() < kMost &&
      std::find(of.descriptors.begin(), of.descriptors.end(), use) == of.descriptors.end()) {
    of.descriptors.push_back(use);
  }
}

/// Does the tool send through helpers that it starts (scp, sftp, rsync over ssh)? A URL or a
/// daemon's name is reached directly.
bool sends_by_helper(const Tool& tool, const std::vector<std::string>& argv) {
  return !tool.child.empty() && std::none_of(argv.begin(), argv.end(), [](const std::string& arg) {
    return arg.find("://") != std::string::npos || arg.find("::") != std::string::npos;
  });
}

void split(std::string_view list, std::vector<std::string>& words) {
  std::size_t count = 0;
  while (!list.empty()) {
    const std::size_t end = list.find('\0');
    if (count == words.size()) {
      words.emplace_back();
    }
    words[count++].assign(list.substr(0, end));
    list.remove_prefix(end + 1);
  }
  words.resize(count);
}

/// A set that is filled first and asked then.
class Addresses {
 public:
  void add(const audit::IpAddress& address) { all_.push_back(address); }
  void close() {
    std::sort(all_.begin(), all_.end());
    all_.erase(std::unique(all_.begin(), all_.end()), all_.end());
  }
  [[nodiscard]] bool contains(const audit::IpAddress& address) const {
    return std::binary_search(all_.begin(), all_.end(), address);
  }
  [[nodiscard]] bool empty() const { return all_.empty(); }

 private:
  std::vector<audit::IpAddress> all_;
};

/// Connections that came in, and which of the others belong to them.
class Incoming {
 public:
  Incoming(const Invocation& run, const transfer::Tools& tools)
      : serves_(run.tool != nullptr && run.tool->server),
        is_empty_(!serves_ && std::none_of(run.connections.begin(), run.connections.end(),
                                           [](const Connection& connection) {
                                             return connection.role == host::Role::accepted;
                                           })) {
    if (is_empty_) {
      return;
    }
    for (const Connection& connection : run.connections) {
      if (connection.addresses <= 1 &&
          (connection.role == host::Role::connected || connection.role == host::Role::connecting)) {
        connected_.add(connection.address);
        if (tools.is_control(run.tool, connection.port)) {
          controlled_.add(connection.address);
        }
      }
    }
    connected_.close();
    controlled_.close();
    for (const Connection& connection : run.connections) {
      // A client that accepts does so on a port that it was given, or for a control connection,
      // from an address that it had connected to first: active ftp.
      if (connection.role == host::Role::accepted && !connection.unnamed &&
          connection.addresses <= 1 &&
          (serves_ || !before(connection).contains(connection.address))) {
        came_in_.add(connection.address);
      }
    }
    came_in_.close();
  }

  /// No connection is of a peer that it serves.
  [[nodiscard]] bool empty() const { return is_empty_; }
  [[nodiscard]] bool serves(const Connection& connection) const {
    if (connection.addresses > 1) {
      return serves_ || connection.role == host::Role::accepted;
    }
    if (connection.unnamed && connection.role == host::Role::accepted) {
      return serves_ || before(connection).empty();
    }
    return serves_ || (!connection.unnamed && came_in_.contains(connection.address));
  }

 private:
  [[nodiscard]] const Addresses& before(const Connection& connection) const {
    return connection.ephemeral ? connected_ : controlled_;
  }

  Addresses connected_;
  Addresses controlled_;
  Addresses came_in_;
  bool serves_;
  bool is_empty_;
};

/// Data connections of ftp and the ports that tftp moves to are told under the port that the run
/// went to first.
Destination* find_same(Fact& fact, const Destination& d, const transfer::Tools& tools,
                       const Tool* tool) {
  // To a server of ftp a peer comes from any port, for commands and for data.
  const bool is_served =
      fact.side == Side::server && tool != nullptr && tool->server && !tool->control.empty();
  const auto to = [](const Destination& one) {
    return transfer::Tools::To{one.port.value_or(0), one.transport == Transport::udp};
  };
  for (Destination& known : fact.destinations) {
    if (d.addresses > 0 || known.addresses > 0 || known.address != d.address ||
        known.name != d.name) {
      continue;
    }
    if (known.port == d.port || !d.port || is_served ||
        (known.port && tools.is_data_of(tool, to(known), to(d)))) {
      return &known;
    }
  }
  return nullptr;
}

void add_sums(Destination& to, const Destination& d) {
  to.connections += d.connections;
  to.first = std::min(to.first, d.first);
  to.last = std::max(to.last, d.last);
  if (d.bytes_out) {
    to.basis = to.bytes_out ? weaker(to.basis, d.basis) : d.basis;
    to.bytes_out = to.bytes_out.value_or(0) + *d.bytes_out;
  }
  if (d.bytes_in) {
    to.bytes_in = to.bytes_in.value_or(0) + *d.bytes_in;
  }
  to.direction = Direction::unknown;  // told anew of the sum, when it is whole
}

}  // namespace

const FactMaker::Known& FactMaker::known_of(const Invocation& run) {
  constexpr std::size_t kMost = 4096;
  static const Known none;
  if (run.tool == nullptr) {
    return none;
  }
  if (known_.size() >= kMost) {
    known_.clear();
  }
  const auto [at, is_new] = known_.try_emplace({run.tool, run.process.argv, run.argv_cut});
  if (is_new) {
    std::vector<std::string> argv;
    split(store_.text(run.process.argv), argv);
    at->second.reading = read_argv(*run.tool, argv, run.argv_cut);
    at->second.by_helper = sends_by_helper(*run.tool, argv);
  }
  return at->second;
}

const std::string& FactMaker::file_name(std::uint32_t file) {
  constexpr std::uint32_t kMost = 65536;
  const std::uint32_t place = std::min(file, kMost);
  if (place >= files_.size()) {
    files_.resize(place + 1);
  }
  if (files_[place].empty() || place == kMost) {
    files_[place] = name_.file_name(file);
  }
  return files_[place];
}

/// As the log has it, else as the image's passwd.
void FactMaker::fill_name(std::optional<std::string>& name, std::uint32_t id) const {
  std::string_view text;
  if (id != host::kUnset) {
    text = visibility_.tally->user_name(id);
    if (text.empty() && name_.names != nullptr) {
      text = name_.names->user(id);
    }
  }
  set(name, text);
}

void FactMaker::fill(Program& program, const Invocation::Program& from) {
  program.pid = from.pid;
  program.exe.assign(store_.text(from.exe));
  program.comm.assign(store_.text(from.comm));
  split(store_.text(from.argv), program.argv);
  if (redactor_ == nullptr) {
    return;
  }
  if (from.argv >= is_plain_.size()) {
    is_plain_.resize(from.argv + 1 + from.argv / 2);
  }
  if (!is_plain_[from.argv]) {
    is_plain_[from.argv] = !redactor_->redact(program.argv);
  }
}

/// What stands there from the fact before, in whose memory this one is made, stays.
void FactMaker::fill_lineage(std::uint32_t nearest, MadeFact& made) {
  std::vector<Program>& lineage = made.fact.lineage;
  std::size_t count = 0;
  for (std::uint32_t at = nearest; at != 0 && count < MadeFacts::kMostLineage; ++count) {
    const InvocationStore::Ancestor& ancestor = store_.ancestor(at);
    if (count == lineage.size()) {
      lineage.emplace_back();
    }
    if (count == made.ancestors.size()) {
      made.ancestors.push_back(0);
    }
    if (made.ancestors[count] != at) {
      fill(lineage[count], ancestor.program);
      made.ancestors[count] = at;
    }
    at = ancestor.above;
  }
  lineage.resize(count);
  made.ancestors.resize(count);
}

/// The size of a file that still is as it was when it was opened; nothing where the image does not
/// have it, or had it changed since.
std::optional<std::uint64_t> FactMaker::size_in_image(const std::string& path,
                                                      audit::TimeMs opened) const {
  input::Tree::Info info;
  if (name_.image == nullptr || !path.starts_with('/') || name_.image->stat(path, info) != 0 ||
      info.kind != input::Tree::Kind::file || info.changed * 1000 > opened) {
    return std::nullopt;
  }
  return info.bytes;
}

/// Of one that serves several peers nobody can tell which of them got a file.
void FactMaker::fill_files(const Invocation& run, Fact& fact) const {
  const bool is_known = fact.side == Side::client || served_count_ <= 1;
  fact.files_count = is_known ? run.files_count : 0;
  fact.files_own = is_known ? run.files_own : 0;
  fact.files_unnamed = is_known ? run.files_unnamed : 0;
  fact.files.resize(is_known ? run.files.size() : 0);
  for (std::size_t i = 0; i < fact.files.size(); ++i) {
    const Invocation::File& from = run.files[i];
    FileUse& file = fact.files[i];
    file.path.assign(store_.text(from.path));
    file.event = from.opened.event;
    file.bytes.reset();
    file.basis = FileBasis::unknown;
    if (from.reads > 0) {
      file.bytes = from.bytes;
      const bool is_whole = visibility_.reads && !visibility_.sized &&
                            !visibility_.lost_between(from.opened.event.time, fact.end);
      file.basis = is_whole ? FileBasis::measured : FileBasis::at_least;
    } else if (const auto size = size_in_image(file.path, from.opened.event.time)) {
      file.bytes = size;
      file.basis = FileBasis::image;
    }
  }
}

/// All that is known of it is there.
void FactMaker::finish(const Invocation& run, Fact& fact) const {
  starters_.note_missing(fact);
  fill_files(run, fact);
  preparation_.note(run, fact);
  if (redactor_ != nullptr) {
    redact_texts(fact, *redactor_);
  }
}

/// What is the same for all transfers of an invocation; the rest is as of none.
void FactMaker::begin_fact(const Invocation& run, MadeFact& made) {
  Fact& fact = made.fact;
  fact.id = 0;
  fact.host = name_.host;
  fact.node = name_.node;
  fact.start = fact.end = 0;
  fact.tool = run.tool != nullptr ? std::string_view(run.tool->name) : std::string_view("other");
  fact.side = Side::client;
  fact.direction = Direction::none;
  fact.automation = run.automation;
  fact.scripted = run.scripted;
  fact.reasons.resize(run.reasons.size());
  for (std::size_t i = 0; i < run.reasons.size(); ++i) {
    fact.reasons[i].sign.assign(store_.text(run.reasons[i].sign));
    fact.reasons[i].text.assign(store_.text(run.reasons[i].text));
    fact.reasons[i].event = run.reasons[i].event;
  }
  if (run.job) {
    Job& job = fact.job ? *fact.job : fact.job.emplace();
    job.kind.assign(store_.text(run.job->kind));
    job.what.assign(store_.text(run.job->what));
    job.artefact.reset();
  } else {
    fact.job.reset();
  }
  starters_.find(run, fact);
  fact.auid = known_id(run.auid);
  fact.uid = known_id(run.uid);
  fact.ses = known_id(run.ses);
  fill_name(fact.auid_name, run.auid);
  fill_name(fact.uid_name, run.uid);
  fill(fact.process, run.process);
  fact.ppid = run.ppid;
  set(fact.cwd, store_.text(run.cwd));
  set(fact.script, store_.text(run.script));
  fill_lineage(run.lineage, made);
  fact.destinations.clear();
  fact.bytes_out.reset();
  fact.bytes_in.reset();
  fact.basis = Basis::unknown;
  fact.evidence.clear();
  fact.evidence.push_back({file_name(run.began.file), run.began.line, run.began.event,
                           run.has_exec ? "execve" : "first seen"});
  fact.notes.clear();
  for (const TextId note : run.notes) {
    fact.notes.emplace_back(store_.text(note));
  }
  logins_.find(run, fact);
}

/// A tool whose connections are not in the log: the command line is all there is.
void FactMaker::make_by_argv(const Invocation& run, MadeFacts& to) {
  MadeFact& made = to.begin();
  Fact& fact = made.fact;
  begin_fact(run, made);
  made.details.destinations.clear();
  for (const Invocation::NamedPeer& peer : run.peers) {
    const std::string_view host = store_.text(peer.host);
    if (is_this_host(host)) {
      continue;
    }
    Destination d;
    d.address = audit::IpAddress::parse(host);
    if (!d.address && !host.empty()) {
      d.name = std::string(host);
    }
    if (peer.port != 0) {
      d.port = peer.port;
    }
    if (peer.by_default) {
      fact.notes.push_back(fmt::format(
          "its command line names no host: {} is where it goes unless set up otherwise", host));
    } else if (host.empty() && run.peers.size() > 1) {
      fact.notes.push_back(
          fmt::format("its command line names more hosts than {}: the rest are one "
                      "destination without a name",
                      run.peers.size() - 1));
    } else if (host.empty()) {
      fact.notes.emplace_back("its command line names no host: settings of its own say where to");
    }
    d.source = Source::argv;
    d.direction = peer.direction;
    d.first = d.last = run.began.event.time;
    fact.direction = join(fact.direction, d.direction);
    fact.destinations.push_back(std::move(d));
  }
  fact.start = fact.end = run.began.event.time;
  fact.notes.emplace_back("how it connects is not audited: the destination is the command line's");
  fact.id = id_of(name_, run.began.event);
  if (!fact.destinations.empty()) {
    estimator_.estimate(run, fact);
    finish(run, fact);
    to.add();
  }
}

void FactMaker::make(const Invocation& run, MadeFacts& to) {
  if (run.by_argv) {
    make_by_argv(run, to);
    return;
  }
  const Known& known = known_of(run);
  const InvocationView of{run, known.reading, visibility_, store_};
  sort_out(of, known.by_helper, to);
  if (!client_.empty()) {
    build(of, client_, false, to);
  }
  for (std::size_t i = 0; i < served_count_; ++i) {
    build(of, served_[i], true, to);
  }
}

/// Who is still there may have connections that nobody has used in the time that coverage is told
/// of, as far as calls show.
bool FactMaker::is_old(const Connection& connection) const {
  return connection.last < visibility_.tally->since;
}

/// Leaves the connections that are believed, and what is not told of the others.
void FactMaker::note_doubts(const InvocationView& of, Connections& connections, bool by_helper,
                            MadeFacts& to) {
  const Invocation& run = of.run;
  const auto program = [&] { return host::base_name(store_.text(run.process.exe)); };
  std::uint64_t fed = 0;  // that helpers sent and no number above has been held against yet
  for (const Connection& connection : run.connections) {
    fed += connection.depth > 0 ? connection.bytes_out : 0;
  }
  for (const Connection& connection : run.connections) {
    if (is_believed(run, of.reading, connection, visibility_, by_helper)) {
      connections.push_back(&connection);
      if (connection.unnamed && connection.bytes_out > 0 && run.automation != Verdict::attended &&
          !is_old(connection)) {
        to.doubts.push_back({program(), connection.bytes_out, true});
      }
    } else if (run.automation != Verdict::attended && !is_file(connection, visibility_)) {
      // What its helpers sent on is told there; the rest may have gone elsewhere.
      const std::uint64_t sent_on =
          feeds_helper(run, connection) ? std::min(fed, connection.bytes_out) : 0;
      fed -= sent_on;
      if (connection.bytes_out > sent_on && !is_old(connection)) {
        to.doubts.push_back({program(), connection.bytes_out - sent_on, false});
      }
    }
  }
}

/// One client transfer of the invocation, one server transfer a peer; each in the order in which
/// they were made: control connections come before their data.
void FactMaker::sort_out(const InvocationView& of, bool by_helper, MadeFacts& to) {
  client_.clear();
  served_count_ = 0;
  note_doubts(of, client_, by_helper, to);
  if (client_.size() > 1) {
    std::stable_sort(client_.begin(), client_.end(), [](const Connection* a, const Connection* b) {
      return a->first != b->first ? a->first < b->first : a->made.event < b->made.event;
    });
  }
  const Incoming incoming(of.run, store_.tools());
  if (incoming.empty()) {
    return;
  }
  std::map<audit::IpAddress, std::size_t> served_at;
  const auto add_served = [&] {
    if (served_count_ == served_.size()) {
      served_.emplace_back();
    }
    served_[served_count_].clear();
    return served_count_++;
  };
  std::erase_if(client_, [&](const Connection* connection) {
    if (!incoming.serves(*connection)) {
      return false;
    }
    if (connection->addresses > 1) {
      served_[add_served()].push_back(connection);
      return true;
    }
    auto at = served_at.find(connection->address);
    if (at == served_at.end()) {
      at = served_at.emplace(connection->address, add_served()).first;
    }
    served_[at->second].push_back(connection);
    return true;
  });
}

/// A datagram socket that was connected and sent nothing asked the kernel for a route (getaddrinfo
/// sorts addresses so); without byte-bearing calls only a tool that transfers so is believed.
bool FactMaker::is_nothing(const InvocationView& of, const Connection& connection) const {
  const Tool* const tool = of.run.tool;
  const bool tells_nothing =
      connection.calls_out == 0 && connection.messages_out == 0 && connection.calls_in == 0;
  const bool whole = tells_nothing && visibility_.kinds && !connection.untracked &&
                     visibility_.sees_all_writes(connection.exe, connection.auid,
                                                 connection.small_out, connection.is_32);
  if (tells_nothing && connection.type == host::SocketType::datagram &&
      (whole || tool == nullptr || !tool->udp)) {
    return true;
  }
  if (tells_nothing && tool == nullptr && whole) {
    return true;
  }
  // No connection of any program is in the log: the coverage says so.
  return connection.unnamed && connection.foreign == 0 && tool == nullptr &&
         !visibility_.connects && (!connection.socket_call || connection.begun);
}

void FactMaker::add(const InvocationView& of, const Connection& connection, Destination&& d,
                    MadeFact& made) {
  Fact& fact = made.fact;
  std::vector<FactDetails::OfDestination>& details = made.details.destinations;
  if (fact.evidence.size() < kMaxEvidence) {
    fact.evidence.push_back({file_name(connection.made.file), connection.made.line,
                             connection.made.event, to_word(d.source)});
    if (connection.first_write.line != 0 && connection.first_write.event != connection.made.event) {
      fact.evidence.push_back({file_name(connection.first_write.file), connection.first_write.line,
                               connection.first_write.event, "first bytes out"});
    }
  }
  note_sums(fact, connection, d, visibility_);
  Destination* const same = find_same(fact, d, store_.tools(), of.run.tool);
  if (same == nullptr) {
    parts_.push_back({!d.bytes_out, connection.calls_out});
    fact.destinations.push_back(std::move(d));
    details.push_back({connection.calls, {}});
    note_descriptor(details.back(), connection.descriptor);
    return;
  }
  const auto place = static_cast<std::size_t>(same - fact.destinations.data());
  parts_[place].has_unknown = parts_[place].has_unknown || !d.bytes_out;
  parts_[place].calls_out += connection.calls_out;
  note_descriptor(details[place], connection.descriptor);
  transfer::add_calls(details[place].calls, connection.calls);
  add_sums(*same, d);
}

/// May a connection over which no call is seen have carried something for all that the log shows?
/// Then other reasons say so. One that was never told to be there (EINPROGRESS, and closed) may
/// have failed.
bool FactMaker::is_doubted(const Connection& connection) const {
  return !visibility_.all_writes || visibility_.lossy ||
         connection.role == host::Role::connecting || connection.open_at_end ||
         connection.given_away || connection.untracked ||
         visibility_.lost_between(connection.first, connection.last);
}

void FactMaker::add_untold(const InvocationView& of, const Connection& connection,
                           transfer::Untold::To&& peer, transfer::Untold::Sum sum,
                           MadeFacts& to) const {
  peer.tool = of.run.tool != nullptr ? std::string_view(of.run.tool->name) : "other";
  peer.program = host::base_name(store_.text(of.run.process.exe));
  if (redactor_ != nullptr) {
    redactor_->redact(peer.peer);  // it may be a name of the command line
  }
  sum.last = connection.last;
  to.untold.add(peer, sum);
}

/// Connections that show nothing are nobody's transfer: checks whether a port is open, unless what
/// went over them went by a call that no rule asks for.
void FactMaker::note_silent(const InvocationView& of, const Connection& connection,
                            MadeFacts& to) const {
  if (of.run.automation == Verdict::attended || visibility_.sendfile || is_doubted(connection) ||
      connection.role != host::Role::connected || connection.unnamed ||
      connection.type == host::SocketType::datagram) {
    return;
  }
  const bool is_sum = connection.addresses > 1;
  transfer::Untold::Sum sum;
  sum.silent = connection.times;
  add_untold(of, connection,
             {is_sum ? std::string() : connection.address.to_string(),
              connection.port != 0 ? std::optional(connection.port) : std::nullopt,
              {},
              {},
              false},
             sum, to);
}

/// A few counted bytes beside them are no word on messages, nor on a connection that shows nothing.
void FactMaker::note_untold(const InvocationView& of, const Connection& connection,
                            const Destination& d, bool server, MadeFacts& to) const {
  if (of.run.automation == Verdict::attended) {
    return;
  }
  const bool is_empty = !d.bytes_out && connection.messages_out == 0 && !is_doubted(connection);
  to.untold.connections += is_empty ? connection.times : 0;
  const bool may_go_out = d.direction != Direction::in && d.direction != Direction::none;
  transfer::Untold::Sum sum;
  (connection.type == host::SocketType::datagram ? sum.datagrams : sum.messages) =
      is_old(connection) ? 0 : connection.messages_out;
  // Where all calls are in the log, only what is known to send by another leaves it open.
  sum.unaudited = may_go_out && is_empty && visibility_.kinds ? connection.times : 0;
  sum.untracked = may_go_out && connection.untracked && connection.role != host::Role::connecting
                      ? connection.times
                      : 0;
  if (sum.datagrams + sum.messages + sum.unaudited + sum.untracked > 0) {
    std::string peer = d.address ? d.address->to_string() : d.name.value_or("");
    add_untold(of, connection, {std::move(peer), d.port, {}, {}, server}, sum, to);
  }
}

void FactMaker::build(const InvocationView& of, const Connections& connections, bool server,
                      MadeFacts& to) {
  MadeFact& made = to.begin();
  Fact& fact = made.fact;
  begin_fact(of.run, made);
  made.details.destinations.clear();
  parts_.clear();
  fact.side = server ? Side::server : Side::client;
  std::uint64_t id = id_of(name_, of.run.began.event);
  bool first = true;
  for (const Connection* const at : connections) {
    const Connection& connection = *at;
    if (is_nothing(of, connection)) {
      note_silent(of, connection, to);
      continue;
    }
    Destination d = destination_of(of, connection, server);
    if (d.address && d.address->is_loopback()) {
      continue;  // named by the command line
    }
    if (server && first) {
      id = input::fnv(id, static_cast<std::uint64_t>(connection.made.event.time));
      id = input::fnv(id, std::uint64_t{connection.made.event.serial});
    }
    fact.start = first ? connection.first : std::min(fact.start, connection.first);
    fact.end = first ? connection.last : std::max(fact.end, connection.last);
    first = false;
    note_untold(of, connection, d, server, to);
    add(of, connection, std::move(d), made);
  }
  if (fact.destinations.empty()) {
    return;
  }
  if (of.run.has_exec && !server) {
    fact.start = std::min(fact.start, of.run.began.event.time);
  }
  fact.id = id;
  close(of, server, fact);
  to.add();
}

/// What the destinations say together.
void FactMaker::close(const InvocationView& of, bool server, Fact& fact) {
  const Tool* const tool = of.run.tool;
  for (std::size_t i = 0; i < fact.destinations.size(); ++i) {
    Destination& d = fact.destinations[i];
    const Part& part = parts_[i];
    if (part.has_unknown && d.bytes_out) {
      d.basis = weaker(d.basis, Basis::at_least);
    }
    if (d.connections > 1 && d.direction == Direction::unknown) {
      const bool whole = !part.has_unknown && d.basis == Basis::measured;
      d.direction =
          direction_by(server ? Direction::unknown : of.reading.direction, tool, d.bytes_out,
                       d.bytes_in, {whole, whole && visibility_.kinds}, part.calls_out);
    }
    if (d.basis == Basis::measured && !visibility_.kinds &&
        (tool == nullptr || d.bytes_out.value_or(0) <= tool->floor)) {
      d.basis = Basis::at_least;  // the call that moved the content may not be asked for
    }
  }
  sum_up(fact);
  if (!server) {
    note_other_hosts(fact, of.reading);
    estimator_.estimate(of.run, fact);
  } else {
    estimator_.estimate_served(of.run, fact);
  }
  std::sort(fact.notes.begin(), fact.notes.end());
  fact.notes.erase(std::unique(fact.notes.begin(), fact.notes.end()), fact.notes.end());
  finish(of.run, fact);
}

}  // namespace auexfil::facts
