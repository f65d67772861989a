#include <algorithm>
#include <cstring>
#include <tuple>

#include "auexfil/transfer/invocation.hpp"

/// What does not fit under a bound is summed, never dropped.
namespace auexfil::transfer {
namespace {

constexpr std::uint16_t kHighPort = 1024;  // ports below tell the protocol, for rules by port

std::size_t place_of(const audit::IpAddress& address, std::size_t places) {
  std::uint64_t halves[2];
  std::memcpy(halves, address.bytes().data(), sizeof halves);
  std::uint64_t hash = halves[0] * 0x9e3779b97f4a7c15ULL;
  hash ^= halves[1];
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdULL;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return static_cast<std::size_t>((hash ^ (hash >> 33)) % places);
}

}  // namespace

void add_calls(std::vector<host::CallSum>& to, std::span<const host::CallSum> from) {
  for (const host::CallSum& sum : from) {
    const auto same = std::find_if(to.begin(), to.end(),
                                   [&](const host::CallSum& c) { return c.call == sum.call; });
    if (same == to.end()) {
      to.push_back(sum);
    } else {
      same->calls += sum.calls;
      same->bytes += sum.bytes;
    }
  }
}

void add_sums(Connection& to, const Connection& from) {
  to.depth = std::max(to.depth, from.depth);
  to.sent_to = to.sent_to && from.sent_to;
  to.ephemeral = to.ephemeral && from.ephemeral;
  const bool small_out = to.small_out && from.small_out;  // one of them may be filtered by size
  to.merge(from);
  to.small_out = small_out;
  to.begun = to.begun && from.begun;
  to.above_lowest = to.above_lowest && from.above_lowest;
  to.returned = to.returned || from.returned;
  to.type = to.type == from.type ? to.type : host::SocketType::unknown;
  to.bytes_out += from.bytes_out;
  to.bytes_in += from.bytes_in;
  to.calls_out += from.calls_out;
  to.calls_in += from.calls_in;
  to.messages_out += from.messages_out;
  to.times += from.times;
  to.first = std::min(to.first, from.first);
  to.last = std::max(to.last, from.last);
  if (to.first_write.line == 0) {
    to.first_write = from.first_write;
  }
  add_calls(to.calls, from.calls);
  to.by_argv = to.by_argv == from.by_argv ? to.by_argv : Direction::unknown;
  to.named = to.named == from.named ? to.named : host::kNone;
  to.owner_host = to.owner_host == from.owner_host ? to.owner_host : host::kNone;
}

void Rests::add(Connection connection) {
  const std::uint16_t port = connection.port < kHighPort ? connection.port : std::uint16_t{0};
  const bool came_in = connection.role == host::Role::accepted;
  const auto is_it = [&](std::uint16_t wanted) {
    return [wanted, came_in, &connection](const std::unique_ptr<Rest>& rest) {
      const Connection& other = rest->connection;
      return rest->port == wanted && (other.role == host::Role::accepted) == came_in &&
             other.opening_unseen == connection.opening_unseen &&
             other.socket_call == connection.socket_call && other.foreign == connection.foreign;
    };
  };
  auto found = std::find_if(rests_.begin(), rests_.end(), is_it(came_in ? std::uint16_t{0} : port));
  if (found == rests_.end() && rests_.size() >= kMost) {
    found = std::find_if(rests_.begin(), rests_.end(), is_it(0));
  }
  if (connection.unnamed) {
    connection.unnamed = false;
    connection.overlap_unknown = true;  // to whom it went is a guess as it is
  }
  if (found == rests_.end()) {
    const bool is_full = rests_.size() >= kMost;
    auto rest = std::make_unique<Rest>();
    rest->port = came_in || is_full ? std::uint16_t{0} : port;
    rest->seen.set(place_of(connection.address, rest->seen.size()));
    connection.addresses = 1;
    rest->connection = std::move(connection);
    rests_.push_back(std::move(rest));
    return;
  }
  Rest& rest = **found;
  rest.seen.set(place_of(connection.address, rest.seen.size()));
  rest.connection.addresses = rest.seen.count();
  if (connection.address != rest.connection.address) {
    rest.connection.addresses = std::max<std::uint64_t>(rest.connection.addresses, 2);
  }
  rest.connection.port =
      rest.connection.port == connection.port ? connection.port : std::uint16_t{0};
  add_sums(rest.connection, connection);
}

bool Rests::may_hold(const audit::IpAddress& address) const {
  return std::any_of(rests_.begin(), rests_.end(), [&](const std::unique_ptr<Rest>& rest) {
    return rest->seen.test(place_of(address, rest->seen.size()));
  });
}

void Rests::move_to(std::vector<Connection>& connections) {
  for (const std::unique_ptr<Rest>& rest : rests_) {
    connections.push_back(std::move(rest->connection));
  }
  rests_.clear();
}

namespace {

/// Connections that came in from one address differ by the port that the peer's kernel chose, of
/// which no rule asks: they are one.
void join_accepted(std::vector<Connection>& connections) {
  const auto key = [](const Connection& connection) {
    return std::tie(connection.address, connection.owner, connection.type, connection.unnamed,
                    connection.ephemeral);
  };
  const auto behind = std::stable_partition(
      connections.begin(), connections.end(),
      [](const Connection& connection) { return connection.role != host::Role::accepted; });
  std::stable_sort(behind, connections.end(),
                   [&](const Connection& a, const Connection& b) { return key(a) < key(b); });
  auto kept = behind;
  for (auto at = behind; at != connections.end(); ++at) {
    if (kept != behind && key(*(kept - 1)) == key(*at)) {
      add_sums(*(kept - 1), *at);
    } else {
      if (kept != at) {
        *kept = std::move(*at);
      }
      ++kept;
    }
  }
  connections.erase(kept, connections.end());
}

}  // namespace

std::size_t keep_heaviest(std::vector<Connection>& connections, Rests& rests, std::size_t keep) {
  join_accepted(connections);
  if (connections.size() <= keep) {
    return 0;
  }
  const auto weight = [](const Connection& connection) {
    return std::tie(connection.unnamed, connection.bytes_out, connection.messages_out,
                    connection.bytes_in, connection.last, connection.made.event.serial,
                    connection.port);
  };
  const auto light = connections.begin() + static_cast<std::ptrdiff_t>(keep);
  std::nth_element(connections.begin(), light, connections.end(),
                   [&](const Connection& a, const Connection& b) { return weight(b) < weight(a); });
  const auto summed = static_cast<std::size_t>(connections.end() - light);
  for (auto at = light; at != connections.end(); ++at) {
    rests.add(std::move(*at));
  }
  connections.erase(light, connections.end());
  return summed;
}

}  // namespace auexfil::transfer
