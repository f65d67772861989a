#include "belief.hpp"

#include <algorithm>

namespace auexfil::facts {

Direction join(Direction a, Direction b) {
  if (a == b || b == Direction::none) {
    return a;
  }
  if (a == Direction::none) {
    return b;
  }
  if (a == Direction::unknown || b == Direction::unknown) {
    return a == Direction::out || b == Direction::out || a == Direction::both ||
                   b == Direction::both
               ? (a == Direction::unknown ? b : a)
               : Direction::unknown;
  }
  return Direction::both;
}

Direction direction_by(Direction argv, const Tool* tool, std::optional<std::uint64_t> out,
                       std::optional<std::uint64_t> in, Proof proof, std::uint64_t calls_out) {
  const std::uint64_t floor = tool != nullptr ? tool->floor : 0;
  if (!out) {
    return argv;
  }
  // tftp acknowledges each block of a download with four bytes, and sends 512 a block of an upload.
  // The request before them, with its options, weighs on the mean of few calls.
  constexpr std::uint64_t kSomeBlocks = 8;
  constexpr std::uint64_t kAcknowledgement = 24;
  if (argv == Direction::unknown && tool != nullptr && tool->udp && calls_out >= kSomeBlocks &&
      *out < kAcknowledgement * calls_out) {
    return Direction::in;
  }
  if (in && proof.whole && (*in > 0 || *out > 0)) {
    // Acknowledgements and checksums of what comes in: up to 2 % and the protocol's own.
    const std::uint64_t sent = *out > floor + *in / 50 ? *out - floor - *in / 50 : 0;
    const std::uint64_t got = *in > floor + *out / 50 ? *in - floor - *out / 50 : 0;
    if (sent == 0 && got == 0) {
      return proof.conclusive ? Direction::none : Direction::unknown;
    }
    // Neither is an eighth of the other or less: files went both ways, for what is left of a file
    // that went one way is far less.
    if (sent > 0 && got > 0 && sent / 8 < got && got / 8 < sent) {
      return Direction::both;
    }
    return sent >= got ? Direction::out : Direction::in;
  }
  if (argv == Direction::in) {
    // A download sends requests and acknowledgements, tftp the most (0.8 %). Sums that no
    // download explains, those of 8 GB, are left open, to be judged like an upload.
    constexpr std::uint64_t kMuch = std::uint64_t{64} << 20;
    return *out > kMuch ? Direction::unknown : Direction::in;
  }
  if (*out == 0) {
    return proof.conclusive ? Direction::none : argv;
  }
  if (*out <= floor) {
    // Less than an upload of anything: the login failed, nothing was there to send, or (without
    // a word in argv) something was fetched.
    return proof.conclusive ? Direction::none : Direction::unknown;
  }
  if (argv == Direction::out || argv == Direction::both) {
    return argv;
  }
  // The floor is of one login: a jump, a second try or a listing send it again.
  return *out <= floor * 4 ? Direction::unknown : Direction::out;
}

bool feeds_helper(const Invocation& run, const Connection& connection) {
  return run.tool != nullptr && !run.tool->server &&
         std::any_of(run.connections.begin(), run.connections.end(),
                     [&](const Connection& other) { return other.depth > connection.depth; });
}

bool is_file(const Connection& connection, const coverage::AuditVisibility& visibility) {
  return connection.opening_unseen && !connection.socket_call && connection.begun &&
         connection.descriptor.fd != host::kStandardInput &&
         visibility.sockets_of[static_cast<std::size_t>(host::class_of(connection.auid))] &&
         !visibility.lossy && !visibility.lost_between(connection.first, connection.last);
}

bool is_believed(const Invocation& run, const ArgReading& reading, const Connection& connection,
                 const coverage::AuditVisibility& visibility, bool by_helper) {
  if (!connection.opening_unseen) {
    return true;
  }
  if ((connection.depth == 0 && by_helper) || feeds_helper(run, connection)) {
    return false;  // a pipe or a socketpair to its ssh
  }
  if (connection.socket_call) {
    return true;
  }
  if (connection.above_lowest || is_file(connection, visibility)) {
    return false;
  }
  constexpr std::uint64_t kTimesFloor = 4;  // so many logins do not explain it
  if (run.tool == nullptr || connection.descriptor.fd <= host::kStandardError ||
      connection.bytes_out < kTimesFloor * run.tool->floor || reading.direction == Direction::in) {
    return false;
  }
  const bool has_connection =
      std::any_of(run.connections.begin(), run.connections.end(), [&](const Connection& other) {
        return !other.opening_unseen && other.exe == connection.exe &&
               (other.depth == 0) == (connection.depth == 0);
      });
  return visibility.opens || !has_connection;
}

}  // namespace auexfil::facts
