#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "auexfil/host/model.hpp"

namespace auexfil::host {

/// The open sockets of a host, counted by the descriptors that stand for them. Bounded: more than
/// `max_sockets` are refused.
class SocketTable {
 public:
  explicit SocketTable(std::size_t max_sockets) : max_(max_sockets) {}

  [[nodiscard]] Socket& operator[](SocketIndex index) { return sockets_[index.number()]; }
  [[nodiscard]] const Socket& operator[](SocketIndex index) const {
    return sockets_[index.number()];
  }
  /// With those that are gone.
  [[nodiscard]] const std::vector<Socket>& all() const { return sockets_; }

  /// A new one that nobody holds yet; none when there is no room. References to others end here.
  [[nodiscard]] SocketIndex make();
  void hold(SocketIndex index) { ++(*this)[index].refs; }
  /// Ends one hold. With the last one the socket is over: who called takes it, and removes it.
  void drop(SocketIndex index);
  [[nodiscard]] bool any_unheld() const { return !unheld_.empty(); }
  /// The next of those that nobody holds any more, in the order in which they were let go.
  [[nodiscard]] SocketIndex take_unheld();
  void remove(SocketIndex index);

  /// Without holds: who holds a socket says so afterwards. What is made from peers is left to who
  /// makes it. \param max_peers  of one socket.
  template <typename Io>
  void walk(Io& io, const StateSizes& sizes, std::size_t max_peers);
  /// Takes no more than there are now or `at_least`.
  void stop_growing(std::size_t at_least) {
    max_ = std::min(max_, std::max(at_least, sockets_.size()));
  }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  std::size_t max_;
  std::vector<Socket> sockets_;
  std::vector<SocketIndex> free_;
  std::vector<SocketIndex> unheld_;
  std::size_t taken_ = 0;  // of unheld_
  std::uint64_t refused_ = 0;
};

}  // namespace auexfil::host
