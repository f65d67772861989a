#include "auexfil/host/socket_table.hpp"

#include <cassert>

#include "auexfil/input/state_io.hpp"

namespace auexfil::host {

SocketIndex SocketTable::make() {
  SocketIndex index;
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else if (sockets_.size() < max_) {
    index = SocketIndex(sockets_.size());
    sockets_.emplace_back();
  } else {
    ++refused_;
    return kNone;
  }
  Socket& socket = (*this)[index];
  assert(!socket.in_use && socket.refs == 0 && socket.peers.empty());
  socket.in_use = true;
  return index;
}

void SocketTable::drop(SocketIndex index) {
  Socket& socket = (*this)[index];
  assert(socket.in_use && socket.refs > 0);
  if (--socket.refs == 0) {
    unheld_.push_back(index);
  }
}

SocketIndex SocketTable::take_unheld() {
  const SocketIndex index = unheld_[taken_++];
  if (taken_ == unheld_.size()) {
    unheld_.clear();
    taken_ = 0;
  }
  return index;
}

void SocketTable::remove(SocketIndex index) {
  Socket& socket = (*this)[index];
  std::vector<Peer> peers;
  peers.swap(socket.peers);
  peers.clear();
  socket = Socket{};
  socket.peers.swap(peers);  // its memory serves again
  free_.push_back(index);
}

template <typename Io>
void SocketTable::walk(Io& io, const StateSizes& sizes, std::size_t max_peers) {
  io.list(sockets_, std::min(max_, sizes.sockets), [&](Socket& socket) {
    io.flags(socket.in_use);
    if (socket.in_use) {
      socket.walk(io, sizes, max_peers);
      io.refuse_unless(socket.owner != kNone);
    }
  });
  io.refuse_unless(sockets_.size() == sizes.sockets);
  io.free_list(free_, sockets_.size(), [&](std::size_t i) { return !sockets_[i].in_use; });
  io.number(refused_);
}

template void SocketTable::walk(input::StateWriter&, const StateSizes&, std::size_t);
template void SocketTable::walk(input::StateReader&, const StateSizes&, std::size_t);

}  // namespace auexfil::host
