#pragma once

#include <memory>
#include <string>
#include <vector>

#include "log_builder.hpp"

/// What a tracker tells its listener, kept.
namespace auexfil::test {

struct Heard final : host::Tracker::Listener {
  struct Socket {
    std::string exe;  ///< of the owner
    host::Role role{};
    host::SocketType type{};
    bool creation_seen{};
    std::vector<host::Peer> peers;
  };

  void on_exec(host::ProgramIndex image) override {
    execs.emplace_back(tracker->text(tracker->image(image).exe));
  }
  void on_socket(const host::Socket& socket) override {
    std::vector<Socket>& to = socket.opening_unseen ? unseen : sockets;
    to.push_back({std::string(tracker->text(tracker->image(socket.owner).exe)), socket.role,
                  socket.type, socket.creation_seen, socket.peers});
  }
  void on_local(host::ProgramIndex, std::string_view path, bool bound, host::Place) override {
    locals.emplace_back(std::string(bound ? "bind " : "connect ") + std::string(path));
  }

  host::Tracker* tracker = nullptr;
  std::vector<std::string> execs;
  std::vector<Socket> sockets;
  std::vector<Socket> unseen;  ///< of which no opening is in the log: they may be files
  std::vector<std::string> locals;

  /// "203.0.113.9:22 150" for each peer of each socket: address, port, bytes out.
  [[nodiscard]] std::vector<std::string> sums() const {
    std::vector<std::string> all;
    for (const Socket& socket : sockets) {
      for (const host::Peer& peer : socket.peers) {
        all.push_back(peer.unnamed ? fmt::format("? {}", peer.bytes_out)
                                   : fmt::format("{}:{} {}", peer.address.to_string(), peer.port,
                                                 peer.bytes_out));
      }
    }
    return all;
  }
};

struct Followed {
  std::unique_ptr<Heard> heard;
  std::unique_ptr<host::Tracker> tracker;
};

inline Followed follow(const std::string& text, host::Tracker::Options options = {}) {
  Followed followed;
  followed.heard = std::make_unique<Heard>();
  followed.tracker = std::make_unique<host::Tracker>(options, *followed.heard);
  followed.heard->tracker = followed.tracker.get();
  each_event(text, [&](const audit::Event& event) { followed.tracker->take(event); });
  followed.tracker->finish();
  return followed;
}

inline std::vector<std::string> sums(const Log& log) {
  return follow(log.text()).heard->sums();
}

}  // namespace auexfil::test
