#include <catch2/catch.hpp>

#include "heard.hpp"

/// Calls that name somebody and change nothing: who sends can make them at will.
namespace auexfil::host {
namespace {

using test::Log;
using Sums = std::vector<std::string>;

constexpr int kPid = 700;
constexpr int kFd = 3;
constexpr std::int64_t kMuch = 150'000'000;
const char* const kTrue = "203.0.113.9";
const char* const kFalse = "198.51.100.10";

/// A call to connect that did not, with a path in place of an address.
void local(Log& log, std::int64_t exit) {
  log.call(kPid, "connect", exit, {kFd, 0x7f, 110},
           {"SOCKADDR saddr=" + test::unix_saddr("/run/x")});
}

struct Story {
  const char* name;
  void (*tell)(Log& log);
  Sums sums;
};

const std::vector<Story> kStories = {
    {"tcp, an address in the call",
     [](Log& log) {
       log.tcp(kPid, kFd, kTrue, 443);
       log.sendto(kPid, kFd, 10, kFalse, 22);
       log.write(kPid, kFd, kMuch);
       log.sendto(kPid, kFd, 20, kFalse, 22);
     },
     {"203.0.113.9:443 150000030"}},
    {"tcp whose connect is not in the log, an address in the call",
     [](Log& log) {
       log.socket(kPid, kFd);
       log.sendto(kPid, kFd, kMuch, kFalse, 22);
     },
     {"? 150000000"}},
    {"tcp that is connected by the call (MSG_FASTOPEN)",
     [](Log& log) {
       log.socket(kPid, kFd);
       log.call(kPid, "sendto", 300, {kFd, 0x7f, 300, 0x20000000},
                {"SOCKADDR saddr=" + test::saddr(kTrue, 443)});
       log.write(kPid, kFd, kMuch);
     },
     {"203.0.113.9:443 150000300"}},
    {"tcp, a path in the call",
     [](Log& log) {
       log.tcp(kPid, kFd, kTrue, 443);
       log.call(kPid, "sendto", 10, {kFd, 0x7f, 10},
                {"SOCKADDR saddr=" + test::unix_saddr("/run/x")});
       log.write(kPid, kFd, kMuch);
     },
     {"203.0.113.9:443 150000010"}},
    {"tcp, connected again to a path",
     [](Log& log) {
       log.tcp(kPid, kFd, kTrue, 443);
       local(log, -106);
       log.write(kPid, kFd, kMuch);
     },
     {"203.0.113.9:443 150000000"}},
    {"udp, connected to a path, which its family refuses",
     [](Log& log) {
       log.udp(kPid, kFd);
       log.connect(kPid, kFd, kTrue, 53);
       local(log, -97);
       log.write(kPid, kFd, kMuch);
     },
     {"203.0.113.9:53 150000000"}},
    {"a socket without a connect so far, refused a path",
     [](Log& log) {
       log.socket(kPid, kFd);
       local(log, -97);
       log.connect(kPid, kFd, kTrue, 443);
       log.write(kPid, kFd, kMuch);
     },
     {"203.0.113.9:443 150000000"}},
    {"a number that only AF_UNIX can have answered so was closed, unseen",
     [](Log& log) {
       log.tcp(kPid, kFd, kTrue, 443);
       log.write(kPid, kFd, 100);
       local(log, -2);
       log.write(kPid, kFd, kMuch);
     },
     {"203.0.113.9:443 100"}},
    {"tcp, connected again when it is (EISCONN)",
     [](Log& log) {
       log.tcp(kPid, kFd, kTrue, 443);
       log.connect(kPid, kFd, kFalse, 443, -106);
       log.write(kPid, kFd, kMuch);
     },
     {"203.0.113.9:443 150000000"}},
    {"tcp, connected again on the way (EALREADY)",
     [](Log& log) {
       log.tcp(kPid, kFd, kTrue, 443, -115);
       log.connect(kPid, kFd, kFalse, 443, -114);
       log.write(kPid, kFd, kMuch);
     },
     {"203.0.113.9:443 150000000"}},
    {"tcp, tried elsewhere once it was refused",
     [](Log& log) {
       log.tcp(kPid, kFd, kFalse, 443, -115);
       log.connect(kPid, kFd, kFalse, 443, -111);
       log.connect(kPid, kFd, kTrue, 443, -115);
       log.write(kPid, kFd, kMuch);
     },
     {"203.0.113.9:443 150000000", "198.51.100.10:443 0"}},
    {"udp: a datagram to an address goes there, the connection stays",
     [](Log& log) {
       log.udp(kPid, kFd);
       log.connect(kPid, kFd, kTrue, 5000);
       log.write(kPid, kFd, 1);
       log.sendto(kPid, kFd, 20, kFalse, 5001);
       log.write(kPid, kFd, kMuch);
       log.sendto(kPid, kFd, 30, kFalse, 5001);
       log.write(kPid, kFd, 5);
     },
     {"198.51.100.10:5001 50", "203.0.113.9:5000 150000006"}},
    {"udp: what goes to nobody by name goes over a connection that is not in the log",
     [](Log& log) {
       log.udp(kPid, kFd);
       log.sendto(kPid, kFd, 20, kFalse, 5001);
       log.write(kPid, kFd, kMuch);
       log.sendto(kPid, kFd, 20, kFalse, 5001);
       log.write(kPid, kFd, 7);
     },
     {"198.51.100.10:5001 40", "? 150000007"}},
    {"udp: connected elsewhere, then elsewhere again",
     [](Log& log) {
       log.udp(kPid, kFd);
       log.connect(kPid, kFd, kFalse, 5000);
       log.write(kPid, kFd, 10);
       log.connect(kPid, kFd, kTrue, 5000);
       log.sendto(kPid, kFd, 20, kFalse, 5000);
       log.write(kPid, kFd, kMuch);
     },
     {"198.51.100.10:5000 30", "203.0.113.9:5000 150000000"}},
};

}  // namespace

TEST_CASE("tracker: who is only named gets no bytes") {
  for (const Story& story : kStories) {
    INFO(story.name);
    Log log;
    log.daemon(kPid, "/usr/bin/sender");
    story.tell(log);
    log.close(kPid, kFd);
    Sums sums = test::sums(log);
    std::sort(sums.begin(), sums.end());
    Sums expected = story.sums;
    std::sort(expected.begin(), expected.end());
    CHECK(sums == expected);
  }
}

TEST_CASE("tracker: many datagrams to others do not take the place of the connection") {
  Log log;
  log.daemon(kPid, "/usr/bin/sender");
  log.udp(kPid, kFd);
  log.connect(kPid, kFd, kTrue, 5000);
  for (int i = 0; i < 200; ++i) {
    log.sendto(kPid, kFd, 1, fmt::format("198.51.100.{}", i + 1), 5001);
  }
  log.write(kPid, kFd, kMuch);
  log.close(kPid, kFd);
  Tracker::Options options;
  options.max_peers = 16;
  std::uint64_t to_true = 0;
  std::uint64_t others = 0;
  const test::Followed followed = test::follow(log.text(), options);
  for (const test::Heard::Socket& socket : followed.heard->sockets) {
    for (const Peer& peer : socket.peers) {
      (peer.address.to_string() == kTrue ? to_true : others) += peer.bytes_out;
    }
  }
  CHECK(to_true == static_cast<std::uint64_t>(kMuch));
  CHECK(others == 200);
}

}  // namespace auexfil::host
