#include "belief.hpp"

#include <algorithm>

namespace auexfil::facts {

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
