#include "destination.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "belief.hpp"

namespace auexfil::facts {
namespace {

/// An uploader's data connection that carries nothing, in a log that has never shown sendfile: the
/// call that moved the file is not audited.
bool hides_payload(const InvocationView& of, const Connection& connection) {
  const Invocation& run = of.run;
  if (of.visibility.sendfile || run.tool == nullptr || run.tool->control.empty() ||
      std::find(run.tool->control.begin(), run.tool->control.end(), connection.port) !=
          run.tool->control.end()) {
    return false;
  }
  return of.reading.direction == Direction::out;
}

/// Does the command line name a host that no connection is seen to? `curl -T a ftp://one/ -T b
/// ftp://two/` connects to the one, then to the other.
bool names_another(const InvocationView& of) {
  const ArgReading& reading = of.reading;
  return reading.peers.size() > 1 &&
         std::any_of(reading.peers.begin(), reading.peers.end(), [&](const ArgPeer& peer) {
           const auto address = audit::IpAddress::parse(peer.host);
           return !peer.host.empty() &&
                  std::none_of(of.run.connections.begin(), of.run.connections.end(),
                               [&](const Connection& connection) {
                                 return !connection.unnamed && address &&
                                        connection.address == *address;
                               });
         });
}

/// The peer of a connection that is not in the log: where all others of its run go, else the one
/// that the command line names.
void name_peer(const InvocationView& of, const Connection& connection, Destination& d) {
  const Invocation& run = of.run;
  const ArgReading& reading = of.reading;
  d.address.reset();
  d.port.reset();
  if (connection.foreign != 0) {
    return;  // no command line's host is meant by it
  }
  if ((connection.role == host::Role::accepted || connection.opening_unseen) &&
      run.tool != nullptr && run.tool->server) {
    return;  // whoever came in
  }
  d.source = Source::argv;
  const Connection* other = nullptr;
  bool several = names_another(of);
  for (const Connection& known : run.connections) {
    if (!known.unnamed && known.role != host::Role::accepted) {
      several = several || known.addresses > 1;
      several = several || (other != nullptr && other->address != known.address);
      other = &known;
    }
  }
  if (other != nullptr && !several) {
    d.address = other->address;
    return;
  }
  std::optional<std::string_view> host;
  if (reading.peers.size() == 1 && !reading.peers.front().host.empty()) {
    host = reading.peers.front().host;
  } else if (connection.owner_host < run.owner_hosts.size()) {
    host = of.store.text(run.owner_hosts[connection.owner_host]);
  }
  if (host) {
    d.address = audit::IpAddress::parse(*host);
    d.name = d.address ? std::nullopt : std::optional(std::string(*host));
  }
}

std::string family_words(std::uint8_t family) {
  switch (family) {
    case host::family::kPacket:
      return "a packet socket (AF_PACKET)";
    case host::family::kVsock:
      return "a socket to the hypervisor or a guest (AF_VSOCK)";
    default:
      return fmt::format("a socket of address family {}", family);
  }
}

}  // namespace

void note_other_hosts(Fact& fact, const ArgReading& reading) {
  constexpr std::size_t kMany = 8;
  if (reading.peers.size() > kMany) {
    return;
  }
  for (const ArgPeer& peer : reading.peers) {
    const auto named = audit::IpAddress::parse(peer.host);
    if (!named || named->is_loopback() || named->is_unspecified()) {
      continue;
    }
    const bool reached =
        std::any_of(fact.destinations.begin(), fact.destinations.end(),
                    [&](const Destination& d) { return !d.address || *d.address == *named; });
    if (!reached) {
      fact.notes.push_back(fmt::format(
          "the command line names {}, to which no connection is seen: a jump host, a proxy or "
          "another setting may stand between",
          named->to_string()));
    }
  }
}

void note_sums(Fact& fact, const Connection& connection, const Destination& d,
               const coverage::AuditVisibility& visibility) {
  if (connection.passed) {
    fact.notes.emplace_back(
        "its bytes went over a descriptor that was passed to it in a way that the log cannot "
        "show; inferred");
  }
  if (connection.given_away) {
    fact.notes.emplace_back(
        "its connection may have been passed to another process, unused: what went over it then is "
        "not known");
  }
  if (connection.messages_out > 0) {
    fact.notes.push_back(fmt::format("{} messages by sendmmsg, whose bytes the log does not tell",
                                     connection.messages_out));
  }
  if (connection.foreign != 0) {
    fact.notes.push_back(fmt::format("it goes over {}: no IP address tells its peer",
                                     family_words(connection.foreign)));
  } else if (connection.unnamed) {
    fact.notes.emplace_back(
        d.address || d.name
            ? "how it was connected is not in the log: the peer is inferred"
            : "how it was connected is not in the log, and nothing names the peer of its bytes");
  }
  if (d.basis == Basis::estimated && !connection.passed && !connection.unnamed) {
    fact.notes.emplace_back(
        !visibility.ranges && visibility.closes_one_by_one(connection.exe, connection.auid)
            ? "close_range is not in the log, nor what opens files: the number may have become "
              "another file's unseen"
        : visibility.closes(connection.exe, connection.auid)
            ? "how its descriptor was made or inherited is not in the log: that the bytes went "
              "there is inferred"
            : "closes are not in the log: bytes of another file on the same descriptor may be in "
              "the sum");
  }
  if (connection.open_at_end) {
    fact.notes.emplace_back("still under way when the log ends");
  }
  if (connection.untracked) {
    fact.notes.emplace_back(
        "it uses io_uring or descriptors out of visibility: bytes may be missing");
  }
  if (connection.addresses > 1) {
    fact.notes.push_back(fmt::format(
        "{} lighter connections to other addresses are told as one sum", connection.times));
  } else if (connection.addresses == 1 || connection.returned) {
    fact.notes.emplace_back("too many connections to tell all of them apart");
  }
}

Destination destination_of(const InvocationView& of, const Connection& connection, bool server) {
  const ArgReading& reading = of.reading;
  const coverage::AuditVisibility& visibility = of.visibility;
  Destination d;
  if (connection.addresses <= 1) {
    d.address = connection.address;
  } else {
    d.addresses = connection.addresses;
  }
  if (connection.addresses == 0 || connection.port != 0) {
    d.port = connection.port;
  }
  d.transport = connection.foreign != 0                         ? Transport::unknown
                : connection.type == host::SocketType::stream   ? Transport::tcp
                : connection.type == host::SocketType::datagram ? Transport::udp
                                                                : Transport::unknown;
  d.source = connection.role == host::Role::accepted ? Source::accept
             : connection.sent_to                    ? Source::sendto
                                                     : Source::connect;
  d.connections = connection.times;
  d.first = connection.first;
  d.last = connection.last;

  // Losses that lie within the time of the transfer leave holes in its sums.
  const bool lost = visibility.lossy || connection.open_at_end || connection.given_away ||
                    visibility.lost_between(connection.first, connection.last);
  // What speaks first by its protocol has sent something over each connection that it got.
  const bool is_silenced = connection.calls_out == 0 && of.run.tool != nullptr &&
                           of.run.tool->floor > 0 &&
                           visibility.never_sends(connection.exe, connection.auid);
  const bool whole = !connection.untracked && !is_silenced &&
                     visibility.sees_all_writes(connection.exe, connection.auid,
                                                connection.small_out, connection.is_32);
  if (connection.calls_out > 0) {
    d.bytes_out = connection.bytes_out;
    d.basis = connection.overlap_unknown || connection.passed ||
                      (connection.unnamed && connection.foreign == 0) ||
                      !visibility.closes(connection.exe, connection.auid)
                  ? Basis::estimated
              : !whole || lost || connection.messages_out > 0 || !connection.creation_seen
                  ? Basis::at_least
                  : Basis::measured;
  } else if (whole && !lost && connection.messages_out == 0 && visibility.kinds &&
             !hides_payload(of, connection)) {
    d.bytes_out = 0;
    d.basis = Basis::measured;
  }
  if (d.bytes_out && (connection.addresses > 0 || connection.returned)) {
    d.basis = weaker(d.basis, Basis::at_least);
  }
  if (visibility.reads &&
      (connection.calls_in > 0 || (whole && visibility.read_kinds && d.bytes_out))) {
    d.bytes_in = connection.bytes_in;
  }

  if (!server && connection.named < reading.peers.size() &&
      !reading.peers[connection.named].by_default &&
      !reading.peers[connection.named].host.empty()) {
    d.name = reading.peers[connection.named].host;
  }
  if (connection.unnamed) {
    name_peer(of, connection, d);
    if (connection.socket_call && d.bytes_out && !d.address && !d.name &&
        !connection.overlap_unknown) {
      d.basis = Basis::at_least;  // that they went over a socket is certain
    }
  }
  const bool is_counted = whole && connection.messages_out == 0;
  d.direction =
      direction_by(server ? Direction::unknown : connection.by_argv, of.run.tool, d.bytes_out,
                   d.bytes_in, {is_counted, is_counted && visibility.kinds}, connection.calls_out);
  if (server && d.direction == Direction::unknown && d.bytes_out && *d.bytes_out > 0) {
    d.direction = Direction::out;
  }
  return d;
}

}  // namespace auexfil::facts
