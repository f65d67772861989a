#include "auexfil/host/socket_table.hpp"

#include <cassert>

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

}  // namespace auexfil::host
