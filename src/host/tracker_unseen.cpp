#include <algorithm>

#include "auexfil/host/tracker.hpp"

/// Sockets whose opening is not in the log: opened before it begins, by a call that no rule asks
/// for, or received from another process.
namespace auexfil::host {
namespace {

using audit::Call;

/// A descriptor travels with at least one byte of its own (unix(7)), and mostly with no more than
/// a few.
constexpr std::int64_t kWithDescriptor = 64;
/// As much in one call is worth a guess which connection it went over.
constexpr std::int64_t kMuch = 4096;
constexpr audit::TimeMs kMaxAge = 60'000;

bool only_files_take(Call call) {
  return call == Call::pwrite || call == Call::pwritev;  // ESPIPE from a socket, pwrite(2)
}

bool only_sockets_take(Call call) {
  return call == Call::send || call == Call::sendto || call == Call::sendmsg ||
         call == Call::sendmmsg;
}

}  // namespace

/// Descriptors passed over unix sockets (SCM_RIGHTS) show in no field of the log. A process that
/// has just connected or accepted, sends something small over a local socket and has not used the
/// connection may have given it away.
void Tracker::note_passing(const audit::Event& event, const audit::Syscall& args,
                           ProcessIndex process) {
  Process& p = processes_[process];
  if (args.exit > kWithDescriptor || p.latest == kNone || !sockets_[p.latest].in_use ||
      sockets_[p.latest].maker_pid != p.pid || sockets_[p.latest].peers.empty() ||
      sockets_[p.latest].peers.back().bytes_out > 0) {
    return;
  }
  if (passed_.size() >= kMaxPassed) {
    const SocketIndex socket = passed_.front().socket;
    passed_.erase(passed_.begin());
    drop_socket(socket);
  }
  sockets_.hold(p.latest);
  sockets_[p.latest].given_away = true;
  passed_.push_back(
      {p.latest, process, p.generation, p.parent, p.parent_generation, p.image, event.stamp.time});
  p.latest = kNone;
}

/// Did a parent or child pass it, running the same program or the one that started this one
/// (vsftpd's privileged parent; ssh's ProxyUseFdpass)?
bool Tracker::is_of_relative(const Passed& passed, ProcessIndex process) const {
  const Process& p = processes_[process];
  const bool from_parent =
      p.parent == passed.sender && p.parent_generation == passed.sender_generation;
  const bool from_child = passed.parent == process && passed.parent_generation == p.generation;
  if (!from_parent && !from_child) {
    return false;
  }
  ProgramIndex image = passed.image;
  for (int up = 0; up < 3 && image != p.image && from_child && image != kNone; ++up) {
    image = images_[image].parent;
  }
  return image == p.image;
}

bool Tracker::sees_opens() const {
  return tally_.of(Call::openat).events > 0 || tally_.of(Call::open).events > 0;
}

/// Has the process received something since, over a number that may be a local socket, and is its
/// own beginning in the log, so that no number is older than that?
bool Tracker::may_have_received(const Passed& passed, ProcessIndex process) const {
  const Process& p = processes_[process];
  const bool receives = tally_.of(Call::recvmsg).events > 0;
  return passed.sender != process && images_[p.image].has_exec &&
         (receives ? p.received >= passed.time : sees_opens());
}

/// The socket that a process may write to on a number that nobody gave it, with the hold that
/// note_passing() took; kNone for none. A stranger's is only taken for much, and if there is but
/// one.
SocketIndex Tracker::find_passed(const audit::Event& event, std::int64_t bytes,
                                 ProcessIndex process) {
  std::size_t found = passed_.size();
  std::size_t strangers = 0;
  std::size_t stranger = 0;
  for (std::size_t i = passed_.size(); i-- > 0 && found == passed_.size();) {
    if (event.stamp.time - passed_[i].time > kMaxAge) {
      continue;
    }
    if (is_of_relative(passed_[i], process)) {
      found = i;
    } else if (may_have_received(passed_[i], process)) {
      ++strangers;
      stranger = i;
    }
  }
  if (found == passed_.size() && strangers == 1 && bytes >= kMuch) {
    found = stranger;
  }
  if (found == passed_.size()) {
    return kNone;
  }
  const SocketIndex index = passed_[found].socket;
  passed_.erase(passed_.begin() + static_cast<std::ptrdiff_t>(found));
  Socket& socket = sockets_[index];
  socket.passed = true;
  if (socket.taker == kNone) {
    socket.taker = processes_[process].image;
    images_.hold(socket.taker);
  }
  return index;
}

/// One end of a socketpair over which a child has passed its connection and gone: what is written
/// now does not go to the other end, which nobody holds; the number has come back for the passed
/// descriptor.
SocketIndex Tracker::take_over_pair(const audit::Event& event, const audit::Syscall& args,
                                    ProcessIndex process) {
  if (passed_.empty() || args.exit < kMuch) {
    return kNone;
  }
  for (const Passed& passed : passed_) {
    const Process& sender = processes_[passed.sender];
    if (is_of_relative(passed, process) &&
        (!sender.in_use || sender.generation != passed.sender_generation)) {
      return find_passed(event, args.exit, process);
    }
  }
  return kNone;
}

/// The socket that an unknown number is taken for, put into the table; kNone: none, and the bytes
/// are told to the listener unless they went to a file.
SocketIndex Tracker::get_unseen(const audit::Event& event, Call call, const audit::Syscall& args,
                                ProcessIndex process, bool named) {
  if (!runs_known_program(event, process)) {
    notice_lost_exec(event, read_subject(event), process);
  }
  const Process& p = processes_[process];
  const auto fd = static_cast<std::uint32_t>(call == Call::splice ? args.a[2] : args.a[0]);
  if (only_files_take(call)) {
    Descriptor file;
    file.kind = Descriptor::Kind::other;
    file.flag_unseen = true;
    set_descriptor(p.files, fd, file);
    return kNone;
  }
  const SocketIndex passed =
      named || passed_.empty() ? SocketIndex{} : find_passed(event, args.exit, process);
  const SocketIndex index = passed != kNone ? passed : new_socket(p.image, p, place_of(event));
  const Descriptor known = descriptors_.get(p.files, fd);
  if (index != kNone && passed == kNone && known.kind == Descriptor::Kind::standard) {
    sockets_[index].fd = known.object;
    sockets_[index].fd_pid = p.pid;
  }
  if (!named && passed == kNone && fd > kStandardError &&
      known.kind != Descriptor::Kind::standard) {
    std::uint32_t& lowest = images_[p.image].lowest_unseen;
    lowest = std::min(lowest, fd);
  }
  Descriptor descriptor;
  descriptor.flag_unseen = true;
  // What the number means is a guess about this program: the next one's is another.
  descriptor.close_on_exec = passed == kNone && !named;
  const bool placed = index != kNone && put_socket(process, fd, index, descriptor);
  if (passed != kNone) {
    if (placed) {
      drop_socket(passed);  // the table holds it now
    }
    return placed ? passed : kNone;
  }
  if (!placed) {
    listener_.on_unattributed(p.image,
                              call == Call::sendmmsg ? 0 : static_cast<std::uint64_t>(args.exit));
    return kNone;
  }
  Socket& socket = sockets_[index];
  if (named) {
    socket.type = SocketType::datagram;
  } else {
    socket.opening_unseen = true;
  }
  socket.socket_call = only_sockets_take(call);
  socket.may_be_passed = p.received != 0;
  return index;
}

/// The call shows that the number is a socket.
void Tracker::note_socket_call(ProcessIndex process, std::uint32_t fd) {
  const Descriptor descriptor = descriptors_.get(processes_[process].files, fd);
  if (descriptor.kind == Descriptor::Kind::socket) {
    sockets_[descriptor.socket()].socket_call = true;
  }
}

/// The number turns out to be no inet socket: what went there was no transfer.
void Tracker::note_other(ProcessIndex process, std::uint32_t fd) {
  if (fd == kUnset) {
    return;
  }
  const FilesIndex files = processes_[process].files;
  Descriptor descriptor = descriptors_.get(files, fd);
  if (descriptor.kind == Descriptor::Kind::socket) {
    if (!sockets_[descriptor.socket()].opening_unseen) {
      return;
    }
    sockets_[descriptor.socket()].peers.clear();
  }
  descriptor.kind = Descriptor::Kind::other;
  set_descriptor(files, fd, descriptor);
}

/// pidfd_getfd(2): a duplicate of another process's descriptor. The taker's bytes are its own, not
/// those of the program that opened the connection: it holds a socket of its own to the same peer.
void Tracker::on_pidfd_getfd(const audit::Event& event, const audit::Syscall& args,
                             ProcessIndex process) {
  const Process& p = processes_[process];
  const auto made = static_cast<std::uint32_t>(args.exit);
  const Descriptor pidfd = descriptors_.get(p.files, static_cast<std::uint32_t>(args.a[0]));
  const bool exact = pidfd.kind == Descriptor::Kind::pidfd;
  const std::uint32_t pid = exact ? pidfd.object : p.pidfd_child;
  const ProcessIndex target = pid != 0 ? processes_.find(pid) : ProcessIndex{};
  Descriptor taken;
  if (target != kNone) {
    taken = descriptors_.get(processes_[target].files, static_cast<std::uint32_t>(args.a[1]));
  }
  taken.close_on_exec = true;  // include/uapi: the call always sets FD_CLOEXEC, pidfd_getfd(2)
  taken.flag_unseen = false;
  if (taken.is_unknown()) {
    close_descriptor(p.files, made);
    return;
  }
  if (taken.kind != Descriptor::Kind::socket) {
    set_descriptor(p.files, made, taken);
    return;
  }
  const SocketIndex index = new_socket(p.image, p, place_of(event));
  if (index == kNone || !put_socket(process, made, index, taken)) {
    return;
  }
  const Socket& source = sockets_[taken.socket()];
  Socket& copy = sockets_[index];
  copy.family = source.family;
  copy.type = source.type;
  copy.role = source.role;
  copy.creation_seen = source.creation_seen;
  copy.opening_unseen = source.opening_unseen;
  copy.socket_call = source.socket_call;
  copy.is_32 = source.is_32;
  copy.overlap_unknown = source.overlap_unknown || !exact;
  if (!source.peers.empty()) {
    const Peer& from = source.peers.back();
    Peer peer;
    peer.address = from.address;
    peer.port = from.port;
    peer.sent_to = from.sent_to;
    peer.unnamed = from.unnamed;
    peer.first = peer.last = event.stamp.time;
    peer.made = place_of(event);
    copy.peers.push_back(peer);
  }
}

}  // namespace auexfil::host
