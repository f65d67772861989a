#include <algorithm>
#include <cassert>
#include <cstring>
#include <tuple>
#include <utility>

#include "abi.hpp"
#include "auexfil/audit/fields.hpp"
#include "auexfil/host/tracker.hpp"

namespace auexfil::host {
namespace {

using audit::Call;
using audit::Family;

SocketType type_of(std::uint64_t type) {
  switch (type & 0xf) {
    case 1:
      return SocketType::stream;
    case 2:
      return SocketType::datagram;
    default:
      return SocketType::other;
  }
}

bool is_inet(Family family) {
  return family == Family::inet || family == Family::inet6;
}

std::uint64_t hash_of(const audit::IpAddress& address, std::uint16_t port) {
  std::uint64_t halves[2];
  std::memcpy(halves, address.bytes().data(), sizeof halves);
  std::uint64_t hash = (halves[0] ^ port) * 0x9e3779b97f4a7c15ULL;
  hash = (hash ^ (hash >> 29) ^ halves[1]) * 0xc2b2ae3d27d4eb4fULL;
  return hash ^ (hash >> 32);
}

/// Calls that only sockets take.
bool is_receive(Call call) {
  return call == Call::recv || call == Call::recvfrom || call == Call::recvmsg ||
         call == Call::recvmmsg;
}

/// Calls that only sockets take, and that may name a peer.
bool is_send(Call call) {
  return call == Call::send || call == Call::sendto || call == Call::sendmsg ||
         call == Call::sendmmsg;
}

/// Of what sends to a name: does it connect with that (MSG_FASTOPEN)? Not known: it may.
bool may_open(Call call, const audit::Syscall& args) {
  constexpr std::uint64_t kFastOpen = 0x20000000;  // include/linux/socket.h
  const std::uint64_t flags = args.a[call == Call::sendmsg ? 2 : 3];
  return flags == kUnset || (flags & kFastOpen) != 0;
}

/// Errors that a connect to a path has from nobody but its own family: net/unix/af_unix.c,
/// fs/namei.c. Those of IP look at how far their own connection is, then at the family of the
/// address: net/ipv4/af_inet.c __inet_stream_connect(), inet_dgram_connect().
bool is_of_unix(std::int64_t error) {
  return error == -abi::kNoEntry || error == -abi::kWrongType;
}

/// Does a2 tell how much was asked for?
bool has_length(Call call) {
  return call == Call::write || call == Call::pwrite || call == Call::send || call == Call::sendto;
}

}  // namespace

void index_peers(Socket& socket) {
  constexpr std::size_t kFew = 32;
  if (socket.peers.size() <= kFew) {
    return;
  }
  socket.peer_index = std::make_unique<std::unordered_map<std::uint64_t, std::uint32_t>>();
  for (std::uint32_t i = 0; i < socket.peers.size(); ++i) {
    (*socket.peer_index)[hash_of(socket.peers[i].address, socket.peers[i].port)] = i;
  }
}

/// Does the log have the connect of what carried bytes?
void Tracker::note_peers(const Socket& socket) {
  const Peer& peer = socket.peers.front();
  if (images_[socket.owner].async && !peer.unnamed) {
    ++tally_.ring_connections;
  }
  // One that is open still, and that nobody has used for long, is told of no more.
  if (!peer.unnamed || peer.bytes_out == 0 || peer.last < tally_.since) {
    return;
  }
  if (socket.opening_unseen) {
    tally_.unopened_sends += socket.socket_call ? peer.bytes_out : 0;
  } else if (socket.creation_seen && socket.role != Role::accepted &&
             !family::is_foreign(socket.family)) {
    FamilyTally& seen = tally_.families[place_of_family(socket.family)];
    ++seen.nameless;
    seen.nameless_bytes += peer.bytes_out;
  }
}

void Tracker::end_socket(SocketIndex index) {
  Socket& socket = sockets_[index];
  constexpr audit::TimeMs kBusy = 60'000;
  for (const Peer& peer : socket.peers) {
    socket.open_at_end = socket.open_at_end || (ending_ && peer.last + kBusy > tally_.last);
  }
  if (!socket.peers.empty()) {
    note_peers(socket);
    listener_.on_socket(socket);
  }
  for (const ProgramIndex image : {socket.owner, socket.listener_owner, socket.taker}) {
    images_.release(image);
  }
  sockets_.remove(index);
}

/// Sockets that nobody holds any more.
void Tracker::end_unheld() {
  while (sockets_.any_unheld()) {
    end_socket(sockets_.take_unheld());
  }
}

void Tracker::drop_socket(SocketIndex index) {
  sockets_.drop(index);
  end_unheld();
}

void Tracker::set_descriptor(FilesIndex files, std::uint32_t fd, Descriptor descriptor) {
  descriptors_.set(sockets_, files, fd, descriptor);
  end_unheld();
}

void Tracker::close_descriptor(FilesIndex files, std::uint32_t fd) {
  descriptors_.close(sockets_, files, fd);
  end_unheld();
}

SocketIndex Tracker::new_socket(ProgramIndex image, const Process& process, Place place) {
  const SocketIndex index = sockets_.make();
  if (index == kNone) {
    tally_.peers.note_missed();
    return kNone;
  }
  Socket& socket = sockets_[index];
  socket.owner = image;
  images_.hold(image);
  socket.uid = process.uid;
  socket.maker_pid = process.pid;
  socket.made = place;
  return index;
}

/// Lets a process hold a socket. \return false when a bound forbids it; the socket is gone then.
bool Tracker::put_socket(ProcessIndex process, std::uint32_t fd, SocketIndex socket,
                         Descriptor descriptor) {
  descriptor.kind = Descriptor::Kind::socket;
  descriptor.object = socket.number();
  set_descriptor(processes_[process].files, fd, descriptor);
  if (sockets_[socket].refs == 0) {
    end_socket(socket);
    return false;
  }
  if (sockets_[socket].fd == kNone) {
    sockets_[socket].fd = fd;
    sockets_[socket].fd_pid = processes_[process].pid;
  }
  return true;
}

Peer* Tracker::find_peer(Socket& socket, const audit::IpAddress& address, std::uint16_t port) {
  const auto is_it = [&](const Peer& peer) {
    return peer.port == port && peer.address == address && !peer.unnamed;
  };
  if (socket.peers.empty() || is_it(socket.peers.back())) {
    return socket.peers.empty() ? nullptr : &socket.peers.back();
  }
  if (socket.peer_index != nullptr) {
    const auto found = socket.peer_index->find(hash_of(address, port));
    return found != socket.peer_index->end() && is_it(socket.peers[found->second])
               ? &socket.peers[found->second]
               : nullptr;
  }
  const auto found = std::find_if(socket.peers.begin(), socket.peers.end(), is_it);
  return found == socket.peers.end() ? nullptr : &*found;
}

/// The current peer of a socket stands last.
void Tracker::make_last(Socket& socket, Peer& peer) {
  Peer& last = socket.peers.back();
  if (&peer == &last) {
    return;
  }
  if (socket.peer_index != nullptr) {
    std::swap((*socket.peer_index)[hash_of(peer.address, peer.port)],
              (*socket.peer_index)[hash_of(last.address, last.port)]);
  }
  std::swap(peer, last);
}

/// The peer of a connected socket, if need be one without a name: bytes went out, so that it is
/// connected, and only the connect is not in the log (-F success=1 leaves out EINPROGRESS), or
/// accept was not asked for the address. A datagram socket takes bytes without an address only when
/// it is connected, and the call's own address would be in the event.
Peer* Tracker::current_peer(Socket& socket, Place place) {
  const bool is_connection = socket.type != SocketType::datagram || socket.role != Role::fresh ||
                             (!socket.peers.empty() && !socket.peers.back().sent_to);
  if (!socket.peers.empty() && is_connection) {
    return &socket.peers.back();
  }
  const bool is_connected =
      (socket.role == Role::fresh || socket.role == Role::accepted) && socket.creation_seen;
  if (socket.peers.empty() && !is_connected && !socket.opening_unseen) {
    return nullptr;
  }
  if (socket.peers.size() >= options_.max_peers) {
    hand_on_lightest(socket);
  }
  Peer peer;
  peer.unnamed = true;
  peer.first = peer.last = place.event.time;
  peer.made = socket.made;
  socket.peers.push_back(peer);
  return &socket.peers.back();
}

/// The peer of a call that names one. Of a stream the kernel passes the name over, but where it
/// connects with it (net/ipv4/tcp.c tcp_sendmsg_locked()); a datagram goes there once, and the
/// connection stays.
Peer* Tracker::named_peer(const audit::Event& event, Call call, const audit::Syscall& args,
                          Socket& socket) {
  constexpr std::int64_t kMostOfDatagram = 65535;
  if (socket.type == SocketType::unknown && args.exit > kMostOfDatagram) {
    socket.type = SocketType::stream;
  }
  const bool has_any = !socket.peers.empty();
  const bool is_unnamed = has_any && socket.peers.back().unnamed;
  if ((socket.type == SocketType::stream && (has_any || !may_open(call, args))) ||
      (socket.type != SocketType::datagram && is_unnamed)) {
    return current_peer(socket, place_of(event));
  }
  const bool has_connection =
      has_any && (socket.role != Role::fresh || !socket.peers.back().sent_to);
  const bool is_elsewhere_now = has_any && (is_unnamed || is_elsewhere(socket));
  Peer* peer = get_peer(socket, address_.ip, address_.port, place_of(event));
  if (has_connection && is_elsewhere_now && peer == &socket.peers.back()) {
    // It is new, and has the place of the current one, which stands before it.
    Peer& current = socket.peers[socket.peers.size() - 2];
    make_last(socket, current);
    peer = &current;
  }
  peer->sent_to = true;
  return peer;
}

/// Peers for which a socket has no room go to the listener as they are; of one that comes back the
/// rest follows. The current one stays.
void Tracker::hand_on_lightest(Socket& socket) {
  const auto weight = [](const Peer& peer) {
    return std::tie(peer.bytes_out, peer.messages_out, peer.bytes_in, peer.last,
                    peer.made.event.serial, peer.port);
  };
  std::vector<Peer> all;
  all.swap(socket.peers);
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end() - 1,
                   [&](const Peer& a, const Peer& b) { return weight(a) < weight(b); });
  socket.peers.assign(all.begin(), middle);
  listener_.on_socket(socket);
  all.erase(all.begin(), middle);
  socket.peers.swap(all);
  socket.peer_index.reset();
  index_peers(socket);
}

Peer* Tracker::get_peer(Socket& socket, const audit::IpAddress& address, std::uint16_t port,
                        Place place) {
  if (Peer* known = find_peer(socket, address, port)) {
    return known;
  }
  if (!socket.peers.empty() && socket.peers.back().unnamed && socket.type != SocketType::datagram) {
    // The name comes late: a second connect tells EISCONN or success.
    Peer& peer = socket.peers.back();
    peer.unnamed = false;
    peer.address = address;
    peer.port = port;
    tally_.peers.add(address);
    return &peer;
  }
  if (socket.peers.size() >= options_.max_peers) {
    hand_on_lightest(socket);
  }
  Peer peer;
  peer.address = address;
  peer.port = port;
  peer.first = peer.last = place.event.time;
  peer.made = place;
  tally_.peers.add(address);
  socket.peers.push_back(peer);
  if (socket.peer_index != nullptr) {
    (*socket.peer_index)[hash_of(address, port)] =
        static_cast<std::uint32_t>(socket.peers.size() - 1);
  } else {
    index_peers(socket);
  }
  return &socket.peers.back();
}

bool Tracker::read_address(const audit::Event& event, audit::SocketAddress& address) {
  const audit::Record* const record = event.find(audit::type::kSockaddr);
  std::string_view hex;
  if (record == nullptr || !audit::find_saddr(record->body, hex)) {
    return false;
  }
  if (!audit::decode_saddr(hex, big_endian_, address)) {
    ++bad_sockaddrs_;
    return address.family != Family::none;
  }
  return true;
}

void Tracker::on_socket(const audit::Event& event, const audit::Syscall& args,
                        ProcessIndex process) {
  if (!runs_known_program(event, process)) {
    notice_lost_exec(event, read_subject(event), process);
  }
  Process& p = processes_[process];
  const auto fd = static_cast<std::uint32_t>(args.exit);
  Descriptor made;
  made.close_on_exec = (args.a[1] & abi::kOpenCloseOnExec) != 0;
  const bool arguments = args.a[0] != kUnset;  // of socketcall(2) they may be missing
  if (arguments && (family::is_local(args.a[0]) || args.a[0] == family::kXdp)) {
    tally_.xdp_sockets += args.a[0] == family::kXdp ? 1U : 0U;
    made.kind = args.a[0] == family::kUnix ? Descriptor::Kind::other : Descriptor::Kind::kernel;
    set_descriptor(p.files, fd, made);
    return;
  }
  const SocketIndex index = new_socket(p.image, p, place_of(event));
  if (index == kNone) {
    return;
  }
  if (arguments) {
    sockets_[index].family = static_cast<std::uint8_t>(args.a[0]);
    sockets_[index].type = type_of(audit::common_socket_type(args.arch, args.a[1]));
    sockets_[index].creation_seen = true;
    put_socket(process, fd, index, made);
    return;
  }
  made.close_on_exec = false;
  made.flag_unseen = true;
  sockets_[index].opening_unseen = true;
  sockets_[index].socket_call = true;
  if (put_socket(process, fd, index, made)) {
    p.latest = index;
  }
}

/// The descriptor that a call names; where socketcall(2) is in the log without its arguments, the
/// one of the socket that the process made last, if that was not connected yet.
Descriptor Tracker::descriptor_of(ProcessIndex process, std::uint32_t fd) const {
  const Process& p = processes_[process];
  Descriptor descriptor = descriptors_.get(p.files, fd);
  if (fd == kUnset && p.latest != kNone) {
    const Socket& latest = sockets_[p.latest];
    if (latest.in_use && latest.maker_pid == p.pid && latest.opening_unseen &&
        latest.peers.empty()) {
      descriptor.kind = Descriptor::Kind::socket;
      descriptor.object = p.latest.number();
    }
  }
  return descriptor;
}

/// A connection that no IP address tells (AF_VSOCK), on a number whose opening is not in the log.
void Tracker::note_foreign(const audit::Event& event, ProcessIndex process, std::uint32_t fd) {
  const Process& p = processes_[process];
  const Descriptor known = descriptors_.get(p.files, fd);
  SocketIndex index = known.socket();
  if (known.is_unknown() && fd != kUnset) {
    index = new_socket(p.image, p, place_of(event));
    Descriptor made;
    made.flag_unseen = true;
    if (index == kNone || !put_socket(process, fd, index, made)) {
      return;
    }
  } else if (known.kind != Descriptor::Kind::socket || !sockets_[index].opening_unseen) {
    return;
  }
  Socket& socket = sockets_[index];
  socket.family = static_cast<std::uint8_t>(address_.family_number);
  socket.opening_unseen = false;
  socket.creation_seen = true;  // as good as: its family is known
}

void Tracker::note_connect(const audit::Syscall& args, bool pending) {
  ++tally_.families[place_of_family(static_cast<std::uint8_t>(address_.family_number))].connects;
  tally_.pending_connects += pending ? 1U : 0U;
  tally_.connects_32 += (args.arch & abi::kArch64Bit) == 0 ? 1U : 0U;
}

/// May a number be no IP socket, to go by a connect to a path that failed? What is known to be one
/// is so still: the call has changed nothing of it.
bool Tracker::may_be_local(const Descriptor& descriptor, std::int64_t error) const {
  if (error == -abi::kIsConnected || error == -abi::kAlready) {
    return false;  // whatever it is, it has a connection
  }
  return descriptor.kind != Descriptor::Kind::socket ||
         sockets_[descriptor.socket()].opening_unseen || is_of_unix(error);
}

/// A connect to a path.
void Tracker::connect_local(const audit::Event& event, ProcessIndex process, std::uint32_t fd,
                            bool is_made, std::int64_t error) {
  const Process& p = processes_[process];
  Descriptor descriptor = descriptor_of(process, fd);
  if (is_made) {
    listener_.on_local(p.image, address_.path, false, place_of(event));
  }
  if (fd == kUnset) {
    if (descriptor.kind == Descriptor::Kind::socket &&
        sockets_[descriptor.socket()].peers.empty()) {
      note_other(process, sockets_[descriptor.socket()].fd);
    }
  } else if (descriptor.kind != Descriptor::Kind::other &&
             (is_made || may_be_local(descriptor, error))) {
    descriptor = Descriptor{};
    descriptor.kind = Descriptor::Kind::other;
    set_descriptor(p.files, fd, descriptor);
  }
}

void Tracker::on_connect(const audit::Event& event, const audit::Syscall& args,
                         ProcessIndex process) {
  const auto fd = static_cast<std::uint32_t>(args.a[0]);
  Connect went;
  went.done = args.has_exit && args.exit == 0;
  went.pending =
      args.has_exit && (args.exit == -abi::kInProgress || args.exit == -abi::kInterrupted);
  went.again = args.has_exit && (args.exit == -abi::kAlready || args.exit == -abi::kIsConnected);
  const bool is_made = went.done || went.pending;
  const Descriptor descriptor = descriptor_of(process, fd);
  if (!read_address(event, address_)) {
    const bool may_be_inet =
        descriptor.is_unknown() || (descriptor.kind == Descriptor::Kind::socket &&
                                    !family::is_foreign(sockets_[descriptor.socket()].family));
    tally_.connects_without_address += is_made && may_be_inet ? 1U : 0U;
    return;
  }
  if (address_.family == Family::unix) {
    connect_local(event, process, fd, is_made, args.has_exit ? args.exit : 0);
    return;
  }
  if (address_.family == Family::unspec) {
    if (descriptor.kind == Descriptor::Kind::socket && went.done) {
      // Dissolves the association of a datagram socket; bytes sent so far stay with their peer.
      sockets_[descriptor.socket()].role = Role::fresh;
    }
    return;
  }
  if (!is_inet(address_.family) && address_.family != Family::none && is_made) {
    if (family::is_foreign(address_.family_number)) {
      note_foreign(event, process, fd);
    } else {
      note_other(process, fd);
    }
  }
  if (is_inet(address_.family) && address_.has_address && (is_made || went.again)) {
    connect_inet(event, args, process, went);
  }
}

/// Can a connect to the address at hand be one of that socket's? A stream that was connected, or
/// that sent anything, has one peer for good, and its connect is done once: then the number was
/// closed and given out again, unseen. Until then it may be tried on several. A number that was
/// written to and is connected only now was another's.
bool Tracker::may_be_connected(const Socket& socket, const Connect& went) const {
  if (socket.role == Role::accepted || socket.role == Role::listening ||
      (socket.opening_unseen && !went.again && !socket.peers.empty())) {
    return false;
  }
  const bool may_be_closed =
      socket.type == SocketType::stream ||
      (socket.type != SocketType::datagram && tally_.of(Call::close).events == 0);
  if (!went.again && socket.role == Role::connected && may_be_closed && !socket.peers.empty()) {
    return false;
  }
  if (socket.type == SocketType::datagram || socket.peers.empty() || socket.peers.back().unnamed) {
    return true;
  }
  const Peer& peer = socket.peers.back();
  return !is_elsewhere(socket) || (peer.bytes_out == 0 && (socket.type != SocketType::stream ||
                                                           socket.role != Role::connected));
}

/// Is a socket's peer known, and another than the address at hand?
bool Tracker::is_elsewhere(const Socket& socket) const {
  return !socket.peers.empty() && !socket.peers.back().unnamed &&
         (socket.peers.back().address != address_.ip || socket.peers.back().port != address_.port);
}

/// A socket for a connect of whose making nothing is in the log; none when there is no room. Held
/// once more, until its peer is noted.
SocketIndex Tracker::make_connected(const audit::Event& event, ProcessIndex process,
                                    std::uint32_t fd) {
  const Process& p = processes_[process];
  const SocketIndex index = new_socket(p.image, p, place_of(event));
  if (index != kNone) {
    sockets_.hold(index);
    Descriptor made;
    made.flag_unseen = true;
    put_socket(process, fd, index, made);
    sockets_[index].untracked = sockets_[index].refs == 1;
  }
  return index;
}

void Tracker::connect_inet(const audit::Event& event, const audit::Syscall& args,
                           ProcessIndex process, Connect went) {
  const auto fd = static_cast<std::uint32_t>(args.a[0]);
  Process& p = processes_[process];
  note_connect(args, went.pending);
  const Subject subject = read_subject(event);
  notice_lost_exec(event, subject, process);
  p.uid = subject.uid;
  const Descriptor descriptor = descriptor_of(process, fd);
  if (went.again && descriptor.kind == Descriptor::Kind::socket &&
      is_elsewhere(sockets_[descriptor.socket()])) {
    return;  // it has a connection, which this call has not touched
  }
  const bool is_known = descriptor.kind == Descriptor::Kind::socket &&
                        may_be_connected(sockets_[descriptor.socket()], went);
  const SocketIndex index = is_known ? descriptor.socket() : make_connected(event, process, fd);
  if (index == kNone) {
    return;
  }
  Socket& socket = sockets_[index];
  socket.family = static_cast<std::uint8_t>(address_.family_number);
  socket.opening_unseen = false;
  if (fd == kUnset) {
    // What is sent over numbers that the log does not tell goes to the latest connection.
    Descriptor any;
    any.flag_unseen = true;
    any.close_on_exec = true;  // a guess about this program: the next one's is another
    socket.overlap_unknown = true;
    put_socket(process, fd, index, any);
  }
  if (socket.owner != p.image) {
    // Made before an exec or by the parent, connected here: who connects owns it.
    images_.hold(p.image);
    images_.release(std::exchange(socket.owner, p.image));
  }
  socket.uid = subject.uid;
  socket.maker_pid = p.pid;
  socket.role = went.done ? Role::connected : Role::connecting;
  note_left_terminal(event, process, socket);
  socket.is_32 = (event.syscall->arch & abi::kArch64Bit) == 0;
  if (Peer* peer = get_peer(socket, address_.ip, address_.port, place_of(event))) {
    peer->last = std::max(peer->last, event.stamp.time);
    make_last(socket, *peer);
  }
  if (socket.type != SocketType::datagram && !socket.untracked) {
    p.latest = index;
    follow_opens(p.image);  // whatever it is, it may send what it opens
  }
  if (!is_known) {
    drop_socket(index);
  }
}

/// io_uring's operations: connects are audited, what it sends is not, nor is the descriptor told.
/// Source: io_uring/opdef.c (audit_skip); kernel/auditsc.c audit_log_uring().
void Tracker::on_uring(const audit::Event& event, const audit::Record& record) {
  audit::FieldReader reader(record.body);
  audit::Field field;
  std::uint32_t pid = kUnset;
  std::uint32_t operation = 0;
  std::int64_t exit = -1;
  while (reader.next(field)) {
    if (field.key == "pid") {
      static_cast<void>(audit::parse_number(field.value, pid));
    } else if (field.key == "uring_op") {
      static_cast<void>(audit::parse_number(field.value, operation));
    } else if (field.key == "exit") {
      static_cast<void>(audit::parse_number(field.value, exit));
    }
  }
  const ProcessIndex process = processes_.find(pid);
  if (process == kNone) {
    return;
  }
  const Process& p = processes_[process];
  images_[p.image].async = true;
  constexpr std::uint32_t kConnect = 16;
  if (operation != kConnect || (exit != 0 && exit != -abi::kInProgress) ||
      !read_address(event, address_) || !is_inet(address_.family) || !address_.has_address) {
    return;
  }
  const SocketIndex index = new_socket(p.image, p, place_of(event));
  if (index == kNone) {
    return;
  }
  sockets_[index].role = exit == 0 ? Role::connected : Role::connecting;
  sockets_[index].untracked = true;
  static_cast<void>(get_peer(sockets_[index], address_.ip, address_.port, place_of(event)));
  end_socket(index);
}

void Tracker::on_bind(const audit::Event& event, const audit::Syscall& args, ProcessIndex process) {
  if (!read_address(event, address_)) {
    return;
  }
  const Process& p = processes_[process];
  const auto fd = static_cast<std::uint32_t>(args.a[0]);
  if (address_.family == Family::unix) {
    listener_.on_local(p.image, address_.path, true, place_of(event));
    return;
  }
  if (!is_inet(address_.family)) {
    return;
  }
  Descriptor descriptor = descriptors_.get(p.files, fd);
  if (descriptor.kind != Descriptor::Kind::socket) {
    descriptor = Descriptor{};
    descriptor.flag_unseen = true;
    const SocketIndex made = new_socket(p.image, p, place_of(event));
    if (made == kNone || !put_socket(process, fd, made, descriptor)) {
      return;
    }
    descriptor.object = made.number();
  }
  sockets_[descriptor.socket()].local_port = address_.port;
  sockets_[descriptor.socket()].bound_port_zero = address_.port == 0;
}

void Tracker::on_accept(const audit::Event& event, Call call, const audit::Syscall& args,
                        ProcessIndex process) {
  Process& p = processes_[process];
  const auto fd = static_cast<std::uint32_t>(args.exit);
  const Descriptor listening = descriptors_.get(p.files, static_cast<std::uint32_t>(args.a[0]));
  const bool has_address = read_address(event, address_);
  Descriptor made;
  made.close_on_exec = call == Call::accept4 && (args.a[3] & abi::kOpenCloseOnExec) != 0;
  const bool inet =
      (has_address && (is_inet(address_.family) || family::is_foreign(address_.family_number))) ||
      (!has_address && listening.kind == Descriptor::Kind::socket);
  if (!inet && !has_address && listening.is_unknown()) {
    close_descriptor(p.files, fd);  // the listener may be of any family
    return;
  }
  if (!inet) {
    made.kind = Descriptor::Kind::other;
    set_descriptor(p.files, fd, made);
    return;
  }
  const Subject subject = read_subject(event);
  notice_lost_exec(event, subject, process);
  p.uid = subject.uid;
  const SocketIndex index = new_socket(p.image, p, place_of(event));
  if (index == kNone) {
    return;
  }
  Socket& socket = sockets_[index];
  socket.role = Role::accepted;
  note_left_terminal(event, process, socket);
  socket.is_32 = (event.syscall->arch & abi::kArch64Bit) == 0;
  socket.type = SocketType::stream;
  socket.creation_seen = true;
  if (listening.kind == Descriptor::Kind::socket) {
    Socket& listener = sockets_[listening.socket()];
    socket.family = listener.family;
    listener.role = Role::listening;
    socket.listener_owner = listener.owner;
    images_.hold(listener.owner);
    socket.listener_ephemeral = listener.bound_port_zero;
    socket.local_port = listener.local_port;
  }
  if (has_address) {
    socket.family = static_cast<std::uint8_t>(address_.family_number);
  }
  if (has_address && address_.has_address) {
    static_cast<void>(get_peer(socket, address_.ip, address_.port, place_of(event)));
  }
  if (put_socket(process, fd, index, made)) {
    p.latest = index;
  }
}

/// The socket that a call writes to; kNone: none, or none that is known.
SocketIndex Tracker::find_written(const audit::Event& event, Call call, const audit::Syscall& args,
                                  ProcessIndex process, bool named) {
  const auto fd = static_cast<std::uint32_t>(call == Call::splice ? args.a[2] : args.a[0]);
  const Descriptor descriptor = descriptors_.get(processes_[process].files, fd);
  switch (descriptor.kind) {
    case Descriptor::Kind::socket: {
      Socket& socket = sockets_[descriptor.socket()];
      socket.overlap_unknown = socket.overlap_unknown || descriptor.doubtful;
      socket.given_away = socket.given_away && socket.owner != processes_[process].image;
      return descriptor.socket();
    }
    case Descriptor::Kind::unknown:
    case Descriptor::Kind::standard:
      if (call == Call::sendmsg && !named) {
        note_passing(event, args, process);
      }
      return get_unseen(event, call, args, process, named);
    case Descriptor::Kind::pair:
      if (const SocketIndex passed = take_over_pair(event, args, process); passed != kNone) {
        Descriptor taken;
        taken.flag_unseen = true;
        const bool placed = put_socket(process, fd, passed, taken);
        if (placed) {
          drop_socket(passed);  // the table holds it now
        }
        return placed ? passed : kNone;
      }
      [[fallthrough]];
    case Descriptor::Kind::other:
    case Descriptor::Kind::kernel:
    case Descriptor::Kind::pidfd:
      if (call == Call::sendmsg) {
        note_passing(event, args, process);
      }
      return kNone;
  }
  return kNone;
}

void Tracker::add_sent(const audit::Event& event, Call call, const audit::Syscall& args,
                       Socket& socket, Peer& peer) {
  socket.small_out = socket.small_out || (args.exit <= kSmallWrite && call != Call::sendmmsg &&
                                          (!has_length(call) || args.a[2] <= kSmallWrite));
  peer.last = std::max(peer.last, event.stamp.time);
  if (peer.calls_out == 0 && peer.messages_out == 0) {
    peer.first_write = place_of(event);
  }
  if (call == Call::sendmmsg) {
    peer.messages_out += static_cast<std::uint64_t>(args.exit);
    return;
  }
  ++peer.calls_out;
  peer.bytes_out += static_cast<std::uint64_t>(args.exit);
  for (CallSum& sum : peer.sums) {
    if (sum.calls == 0 || sum.call == call) {
      sum.call = call;
      ++sum.calls;
      sum.bytes += static_cast<std::uint64_t>(args.exit);
      break;
    }
  }
}

/// A number that is known to be a stream of IP, which passes over whom a call names.
bool Tracker::is_stream(ProcessIndex process, std::uint32_t fd) const {
  const Descriptor known = descriptors_.get(processes_[process].files, fd);
  return known.kind == Descriptor::Kind::socket &&
         sockets_[known.socket()].type == SocketType::stream &&
         !sockets_[known.socket()].opening_unseen;
}

void Tracker::on_write(const audit::Event& event, Call call, const audit::Syscall& args,
                       ProcessIndex process) {
  const bool sends = is_send(call);
  const bool has_address = sends && args.has_exit &&
                           event.find(audit::type::kSockaddr) != nullptr &&
                           read_address(event, address_);
  const bool named = has_address && is_inet(address_.family) && address_.has_address;
  if (named && args.exit == -abi::kInProgress) {
    // sendto with MSG_FASTOPEN connects, and sends what it was given once that is done.
    // Source: net/ipv4/tcp.c tcp_sendmsg_fastopen().
    on_connect(event, args, process);
    return;
  }
  if (!args.has_exit || args.exit <= 0) {
    return;  // failed calls carry nothing
  }
  if (has_address && family::is_local(address_.family_number) &&
      !is_stream(process, static_cast<std::uint32_t>(args.a[0]))) {
    note_other(process, static_cast<std::uint32_t>(args.a[0]));
    return;
  }
  const SocketIndex index = find_written(event, call, args, process, named);
  if (index == kNone) {
    return;
  }
  Socket& socket = sockets_[index];
  socket.socket_call = socket.socket_call || sends;
  Peer* peer = nullptr;
  if (has_address && socket.opening_unseen && family::is_foreign(address_.family_number)) {
    socket.family = static_cast<std::uint8_t>(address_.family_number);
  }
  if (named) {
    peer = named_peer(event, call, args, socket);
  } else {
    peer = current_peer(socket, place_of(event));
  }
  if (peer != nullptr) {
    note_left_terminal(event, process, socket);
    add_sent(event, call, args, socket, *peer);
  }
}

void Tracker::on_read(const audit::Event& event, Call call, const audit::Syscall& args,
                      ProcessIndex process) {
  if (!args.has_exit || args.exit <= 0) {
    return;
  }
  Process& p = processes_[process];
  const Descriptor descriptor = descriptors_.get(p.files, static_cast<std::uint32_t>(args.a[0]));
  if (descriptor.kind != Descriptor::Kind::socket) {
    if (call == Call::recvmsg && descriptor.kind != Descriptor::Kind::kernel) {
      p.received = event.stamp.time;
    }
    note_file_read(args, process, descriptor);
    return;
  }
  Socket& socket = sockets_[descriptor.socket()];
  socket.socket_call = socket.socket_call || is_receive(call);
  Peer* peer = socket.peers.empty() ? nullptr : &socket.peers.back();
  if (socket.type == SocketType::datagram && event.find(audit::type::kSockaddr) != nullptr &&
      read_address(event, address_) && address_.has_address) {
    peer = find_peer(socket, address_.ip, address_.port);
  }
  if (peer == nullptr || call == Call::recvmmsg) {
    return;
  }
  ++peer->calls_in;
  peer->bytes_in += static_cast<std::uint64_t>(args.exit);
  peer->last = std::max(peer->last, event.stamp.time);
}

void Tracker::on_copy(Call call, const audit::Syscall& args, ProcessIndex process) {
  const FilesIndex files = processes_[process].files;
  const auto from = static_cast<std::uint32_t>(args.a[0]);
  auto to = static_cast<std::uint32_t>(args.exit);
  bool close_on_exec = false;
  if (call == Call::ioctl) {
    // FIOCLEX and FIONCLEX; powerpc and mips number them apart (asm/ioctls.h).
    if (args.a[1] == 0x5451 || args.a[1] == 0x20006601 || args.a[1] == 0x6601) {
      descriptors_.set_close_on_exec(sockets_, files, from, true);
    } else if (args.a[1] == 0x5450 || args.a[1] == 0x20006602 || args.a[1] == 0x6602) {
      descriptors_.set_close_on_exec(sockets_, files, from, false);
    }
    return;
  }
  if (call == Call::fcntl) {
    constexpr std::uint64_t kDupFd = 0;
    constexpr std::uint64_t kSetFd = 2;
    constexpr std::uint64_t kDupFdCloseOnExec = 1030;
    if (args.a[1] == kSetFd) {
      descriptors_.set_close_on_exec(sockets_, files, from, (args.a[2] & 1U) != 0);
      return;
    }
    if (args.a[1] != kDupFd && args.a[1] != kDupFdCloseOnExec) {
      return;
    }
    close_on_exec = args.a[1] == kDupFdCloseOnExec;
  }
  if (call == Call::dup2 || call == Call::dup3) {
    to = static_cast<std::uint32_t>(args.a[1]);
    close_on_exec = call == Call::dup3 && (args.a[2] & abi::kOpenCloseOnExec) != 0;
  }
  if (from == to) {
    return;
  }
  Descriptor copy = descriptors_.get(files, from);
  if (copy.kind == Descriptor::Kind::unknown && from > kStandardError) {
    close_descriptor(files, to);
    return;
  }
  if (copy.kind == Descriptor::Kind::unknown) {
    copy.kind = Descriptor::Kind::standard;  // ssh(1) moves its standard output to another number
    copy.object = from;
    copy.flag_unseen = false;
  }
  copy.close_on_exec = close_on_exec;
  set_descriptor(files, to, copy);
}

}  // namespace auexfil::host
