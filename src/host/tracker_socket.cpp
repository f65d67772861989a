#include <algorithm>

#include "auexfil/audit/fields.hpp"
#include "auexfil/host/tracker.hpp"

namespace auexfil::host {
namespace {

using audit::Call;
using audit::Family;

constexpr std::uint64_t kCloseOnExec = 0x80000;  // SOCK_CLOEXEC = O_CLOEXEC where glibc runs widely
constexpr std::int64_t kInProgress = -115;
constexpr std::int64_t kInterrupted = -4;
constexpr std::int64_t kAlready = -114;
constexpr std::int64_t kIsConnected = -106;

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

}  // namespace

void Tracker::hold(std::uint32_t socket) {
  ++sockets_[socket].refs;
}

void Tracker::drop(std::uint32_t socket) {
  if (--sockets_[socket].refs == 0) {
    end_socket(socket);
  }
}

void Tracker::end_socket(std::uint32_t index) {
  Socket& socket = sockets_[index];
  if (!socket.peers.empty()) {
    listener_.on_socket(socket);
  }
  if (socket.owner != kNone) {
    release_image(socket.owner);
  }
  if (socket.listener_owner != kNone) {
    release_image(socket.listener_owner);
  }
  std::vector<Peer> peers;
  peers.swap(socket.peers);
  peers.clear();
  socket = Socket{};
  socket.peers.swap(peers);  // its memory serves again
  free_sockets_.push_back(index);
}

std::uint32_t Tracker::new_socket(std::uint32_t image, const Process& process, Place place) {
  std::uint32_t index = 0;
  if (free_sockets_.empty()) {
    if (sockets_.size() >= options_.max_sockets) {
      ++refused_sockets_;
      return kNone;
    }
    index = static_cast<std::uint32_t>(sockets_.size());
    sockets_.emplace_back();
  } else {
    index = free_sockets_.back();
    free_sockets_.pop_back();
  }
  Socket& socket = sockets_[index];
  socket.in_use = true;
  socket.domain = Domain::inet;
  socket.owner = image;
  ++images_[image].refs;
  socket.uid = process.uid;
  socket.maker_pid = process.pid;
  socket.made = place;
  return index;
}

Peer* Tracker::get_peer(Socket& socket, const audit::IpAddress& address, std::uint16_t port,
                        Place place) {
  for (Peer& peer : socket.peers) {
    if (peer.port == port && peer.address == address) {
      return &peer;
    }
  }
  if (socket.peers.size() >= options_.max_peers) {
    ++refused_peers_;
    return nullptr;
  }
  Peer peer;
  peer.address = address;
  peer.port = port;
  peer.first = peer.last = place.event.time;
  peer.made = place;
  socket.peers.push_back(peer);
  return &socket.peers.back();
}

bool Tracker::read_address(const audit::Event& event, audit::SocketAddress& address) {
  const audit::Record* const record = event.find(audit::type::kSockaddr);
  audit::Field field;
  if (record == nullptr) {
    return false;
  }
  constexpr std::string_view kKey = "saddr=";
  if (record->body.starts_with(kKey)) {  // all that the kernel writes there
    std::size_t end = kKey.size();
    while (end < record->body.size() && record->body[end] > ' ') {  // blank, CR or 0x1d end it
      ++end;
    }
    field.value = record->body.substr(kKey.size(), end - kKey.size());
  } else if (!audit::find_field(record->body, "saddr", field)) {
    return false;
  }
  if (!audit::decode_saddr(field.value, audit::is_big_endian(event.syscall->arch), address)) {
    ++bad_sockaddrs_;
    return address.family != Family::none;
  }
  return true;
}

void Tracker::on_socket(const audit::Event& event, const audit::Syscall& args,
                        std::uint32_t process) {
  Process& p = processes_[process];
  const auto fd = static_cast<std::uint32_t>(args.exit);
  Descriptor made;
  made.close_on_exec = (args.a[1] & kCloseOnExec) != 0;
  if (args.a[0] != 2 && args.a[0] != 10) {
    made.kind = Descriptor::Kind::other;
    descriptors_.set(p.files, fd, made);
    return;
  }
  const std::uint32_t index = new_socket(p.image, p, place_of(event));
  if (index == kNone) {
    return;
  }
  sockets_[index].type = type_of(args.a[1]);
  sockets_[index].creation_seen = true;
  made.kind = Descriptor::Kind::socket;
  made.object = index;
  descriptors_.set(p.files, fd, made);
}

void Tracker::on_connect(const audit::Event& event, const audit::Syscall& args,
                         std::uint32_t process) {
  const auto fd = static_cast<std::uint32_t>(args.a[0]);
  const bool done = args.has_exit && args.exit == 0;
  const bool pending = args.has_exit && (args.exit == kInProgress || args.exit == kInterrupted);
  const bool again = args.has_exit && (args.exit == kAlready || args.exit == kIsConnected);
  if (!read_address(event, address_)) {
    return;
  }
  Process& p = processes_[process];
  Descriptor descriptor = descriptors_.get(p.files, fd);
  if (address_.family == Family::unix) {
    if (done || pending) {
      listener_.on_local(p.image, address_.path, false, place_of(event));
    }
    if (descriptor.kind != Descriptor::Kind::other && fd != kUnset) {
      descriptor = Descriptor{};
      descriptor.kind = Descriptor::Kind::other;
      descriptors_.set(p.files, fd, descriptor);
    }
    return;
  }
  if (address_.family == Family::unspec) {
    if (descriptor.kind == Descriptor::Kind::socket && done) {
      // Dissolves the association of a datagram socket; bytes sent so far stay with their peer.
      sockets_[descriptor.object].role = Role::fresh;
    }
    return;
  }
  if (!is_inet(address_.family) || !address_.has_address || !(done || pending || again)) {
    return;
  }
  const Tail tail = read_tail(event);
  notice_lost_exec(event, tail, process);
  p.uid = tail.uid;
  const auto make = [&] {
    const std::uint32_t index = new_socket(p.image, p, place_of(event));
    if (index != kNone && fd != kUnset) {
      Descriptor made;
      made.kind = Descriptor::Kind::socket;
      made.object = index;
      descriptors_.set(p.files, fd, made);
    }
    return index;
  };
  std::uint32_t index = kNone;
  if (descriptor.kind == Descriptor::Kind::socket) {
    index = descriptor.object;
    const Socket& old = sockets_[index];
    const bool other_peer = !old.peers.empty() && (old.peers.back().address != address_.ip ||
                                                   old.peers.back().port != address_.port);
    if (old.role == Role::accepted || old.role == Role::listening ||
        (other_peer && old.type != SocketType::datagram &&
         (old.role == Role::connected || old.role == Role::connecting) &&
         !(old.type == SocketType::unknown && old.peers.back().bytes_out == 0))) {
      index = make();  // the number was closed and given out again, unseen
    }
  } else {
    index = make();
  }
  if (index == kNone) {
    return;
  }
  Socket& socket = sockets_[index];
  if (socket.owner != p.image) {
    // Made before an exec or by the parent, connected here: who connects owns it.
    ++images_[p.image].refs;
    release_image(socket.owner);
    socket.owner = p.image;
  }
  socket.uid = tail.uid;
  socket.maker_pid = p.pid;
  socket.role = done ? Role::connected : Role::connecting;
  if (Peer* peer = get_peer(socket, address_.ip, address_.port, place_of(event))) {
    peer->last = std::max(peer->last, event.stamp.time);
    if (peer != &socket.peers.back()) {
      std::swap(*peer, socket.peers.back());  // the current peer stands last
    }
  }
  if (fd == kUnset && socket.refs == 0) {
    end_socket(index);
    return;
  }
  if (socket.type != SocketType::datagram) {
    p.latest = index;
  }
}

void Tracker::on_bind(const audit::Event& event, const audit::Syscall& args,
                      std::uint32_t process) {
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
    descriptor.kind = Descriptor::Kind::socket;
    descriptor.object = new_socket(p.image, p, place_of(event));
    if (descriptor.object == kNone) {
      return;
    }
    descriptors_.set(p.files, fd, descriptor);
  }
  sockets_[descriptor.object].local_port = address_.port;
  sockets_[descriptor.object].bound_port_zero = address_.port == 0;
}

void Tracker::on_accept(const audit::Event& event, Call call, const audit::Syscall& args,
                        std::uint32_t process) {
  Process& p = processes_[process];
  const auto fd = static_cast<std::uint32_t>(args.exit);
  const Descriptor listening = descriptors_.get(p.files, static_cast<std::uint32_t>(args.a[0]));
  const bool has_address = read_address(event, address_);
  Descriptor made;
  made.close_on_exec = call == Call::accept4 && (args.a[3] & kCloseOnExec) != 0;
  const bool inet = (has_address && is_inet(address_.family)) ||
                    (!has_address && listening.kind == Descriptor::Kind::socket);
  if (!inet) {
    made.kind = Descriptor::Kind::other;
    descriptors_.set(p.files, fd, made);
    return;
  }
  const Tail tail = read_tail(event);
  p.uid = tail.uid;
  const std::uint32_t index = new_socket(p.image, p, place_of(event));
  if (index == kNone) {
    return;
  }
  Socket& socket = sockets_[index];
  socket.role = Role::accepted;
  socket.type = SocketType::stream;
  socket.creation_seen = true;
  if (listening.kind == Descriptor::Kind::socket) {
    Socket& listener = sockets_[listening.object];
    listener.role = Role::listening;
    socket.listener_owner = listener.owner;
    ++images_[listener.owner].refs;
    socket.listener_ephemeral = listener.bound_port_zero;
    socket.local_port = listener.local_port;
  }
  if (has_address && address_.has_address) {
    static_cast<void>(get_peer(socket, address_.ip, address_.port, place_of(event)));
  }
  made.kind = Descriptor::Kind::socket;
  made.object = index;
  descriptors_.set(p.files, fd, made);
  p.latest = index;
}

/// Descriptors passed over unix sockets (SCM_RIGHTS) show in no field of the log. One case is sure
/// enough to guess: a process has just connected or accepted, sends something small over a local
/// socket, and never uses the connection; then its parent or child, running the same program or the
/// one that started this one, writes to a number that nobody gave it (vsftpd's privileged parent;
/// ssh's ProxyUseFdpass).
void Tracker::note_passing(const audit::Event& event, std::uint32_t process) {
  Process& p = processes_[process];
  if (p.latest == kNone || !sockets_[p.latest].in_use || sockets_[p.latest].maker_pid != p.pid ||
      sockets_[p.latest].peers.empty() || sockets_[p.latest].peers.back().bytes_out > 0) {
    return;
  }
  constexpr std::size_t kMaxPassed = 64;
  if (passed_.size() >= kMaxPassed) {
    const std::uint32_t socket = passed_.front().socket;
    passed_.erase(passed_.begin());
    drop(socket);
  }
  hold(p.latest);
  passed_.push_back(
      {p.latest, process, p.generation, p.parent, p.parent_generation, p.image, event.stamp.time});
  p.latest = kNone;
}

std::uint32_t Tracker::find_passed(const audit::Event& event, std::uint32_t process) {
  constexpr audit::TimeMs kMaxAge = 60'000;
  const Process& p = processes_[process];
  for (std::size_t i = passed_.size(); i-- > 0;) {
    const Passed& passed = passed_[i];
    const bool from_parent =
        p.parent == passed.sender && p.parent_generation == passed.sender_generation;
    const bool from_child = passed.parent == process && passed.parent_generation == p.generation;
    if ((!from_parent && !from_child) || event.stamp.time - passed.time > kMaxAge) {
      continue;
    }
    std::uint32_t image = passed.image;
    for (int up = 0; up < 3 && image != p.image && from_child && image != kNone; ++up) {
      image = images_[image].parent;
    }
    if (image != p.image) {
      continue;
    }
    const std::uint32_t socket = passed.socket;
    passed_.erase(passed_.begin() + static_cast<std::ptrdiff_t>(i));
    return socket;  // with the hold that note_passing() took
  }
  return kNone;
}

void Tracker::on_write(const audit::Event& event, Call call, const audit::Syscall& args,
                       std::uint32_t process) {
  if (!args.has_exit || args.exit <= 0) {
    return;  // failed calls carry nothing
  }
  Process& p = processes_[process];
  const auto fd = static_cast<std::uint32_t>(call == Call::splice ? args.a[2] : args.a[0]);
  Descriptor descriptor = descriptors_.get(p.files, fd);
  if (descriptor.kind == Descriptor::Kind::other) {
    if (call == Call::sendmsg && args.exit <= 64 && p.latest != kNone) {
      note_passing(event, process);
    }
    return;
  }
  const bool may_name_peer =
      call == Call::sendto || call == Call::sendmsg || call == Call::sendmmsg;
  const bool named = may_name_peer && event.find(audit::type::kSockaddr) != nullptr &&
                     read_address(event, address_) && is_inet(address_.family) &&
                     address_.has_address;
  bool guessed = false;
  if (descriptor.kind == Descriptor::Kind::unknown) {
    std::uint32_t index = kNone;
    if (named) {
      index = new_socket(p.image, p, place_of(event));
      if (index != kNone) {
        sockets_[index].type = SocketType::datagram;
      }
    } else if (call == Call::sendmsg && args.exit <= 64 && p.latest != kNone) {
      note_passing(event, process);
      return;
    } else if (!passed_.empty()) {
      index = find_passed(event, process);
      guessed = index != kNone;
    }
    if (index == kNone) {
      return;
    }
    descriptor = Descriptor{};
    descriptor.kind = Descriptor::Kind::socket;
    descriptor.object = index;
    descriptors_.set(p.files, fd, descriptor);
    if (guessed) {
      drop(index);  // the table holds it now
    }
  }
  Socket& socket = sockets_[descriptor.object];
  if (guessed) {
    socket.overlap_unknown = true;
  }
  Peer* peer = nullptr;
  if (named) {
    peer = get_peer(socket, address_.ip, address_.port, place_of(event));
    if (peer != nullptr) {
      peer->sent_to = true;
    }
  } else if (!socket.peers.empty()) {
    peer = &socket.peers.back();
  }
  if (peer == nullptr) {
    return;
  }
  peer->last = std::max(peer->last, event.stamp.time);
  if (peer->calls_out == 0 && peer->messages_out == 0) {
    peer->first_write = place_of(event);
  }
  if (call == Call::sendmmsg) {
    peer->messages_out += static_cast<std::uint64_t>(args.exit);
    return;
  }
  ++peer->calls_out;
  peer->bytes_out += static_cast<std::uint64_t>(args.exit);
  for (CallSum& sum : socket.sums) {
    if (sum.calls == 0 || sum.call == call) {
      sum.call = call;
      ++sum.calls;
      sum.bytes += static_cast<std::uint64_t>(args.exit);
      break;
    }
  }
}

void Tracker::on_read(const audit::Event& event, Call call, const audit::Syscall& args,
                      std::uint32_t process) {
  if (!args.has_exit || args.exit <= 0) {
    return;
  }
  const Process& p = processes_[process];
  const Descriptor descriptor = descriptors_.get(p.files, static_cast<std::uint32_t>(args.a[0]));
  if (descriptor.kind != Descriptor::Kind::socket) {
    return;
  }
  Socket& socket = sockets_[descriptor.object];
  Peer* peer = socket.peers.empty() ? nullptr : &socket.peers.back();
  if (socket.type == SocketType::datagram && event.find(audit::type::kSockaddr) != nullptr &&
      read_address(event, address_) && address_.has_address) {
    peer = nullptr;
    for (Peer& known : socket.peers) {
      if (known.address == address_.ip && known.port == address_.port) {
        peer = &known;
      }
    }
  }
  if (peer == nullptr || call == Call::recvmmsg) {
    return;
  }
  ++peer->calls_in;
  peer->bytes_in += static_cast<std::uint64_t>(args.exit);
  peer->last = std::max(peer->last, event.stamp.time);
}

void Tracker::on_copy(Call call, const audit::Syscall& args, std::uint32_t process) {
  const std::uint32_t files = processes_[process].files;
  const auto from = static_cast<std::uint32_t>(args.a[0]);
  auto to = static_cast<std::uint32_t>(args.exit);
  bool close_on_exec = false;
  if (call == Call::ioctl) {
    // FIOCLEX and FIONCLEX; powerpc and mips number them apart (asm/ioctls.h).
    if (args.a[1] == 0x5451 || args.a[1] == 0x20006601 || args.a[1] == 0x6601) {
      descriptors_.set_close_on_exec(files, from, true);
    } else if (args.a[1] == 0x5450 || args.a[1] == 0x20006602 || args.a[1] == 0x6602) {
      descriptors_.set_close_on_exec(files, from, false);
    }
    return;
  }
  if (call == Call::fcntl) {
    constexpr std::uint64_t kDupFd = 0;
    constexpr std::uint64_t kSetFd = 2;
    constexpr std::uint64_t kDupFdCloseOnExec = 1030;
    if (args.a[1] == kSetFd) {
      descriptors_.set_close_on_exec(files, from, (args.a[2] & 1U) != 0);
      return;
    }
    if (args.a[1] != kDupFd && args.a[1] != kDupFdCloseOnExec) {
      return;
    }
    close_on_exec = args.a[1] == kDupFdCloseOnExec;
  }
  if (call == Call::dup2 || call == Call::dup3) {
    to = static_cast<std::uint32_t>(args.a[1]);
    close_on_exec = call == Call::dup3 && (args.a[2] & 0x80000U) != 0;
  }
  if (from == to) {
    return;
  }
  Descriptor copy = descriptors_.get(files, from);
  if (copy.kind == Descriptor::Kind::unknown) {
    descriptors_.close(files, to);
    return;
  }
  copy.close_on_exec = close_on_exec;
  descriptors_.set(files, to, copy);
}

}  // namespace auexfil::host
