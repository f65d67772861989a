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
bool hides_payload(const InvocationView& of, const Leg& leg) {
  const Invocation& run = of.run;
  if (of.visibility.sendfile || run.tool == nullptr || run.tool->control.empty() ||
      std::find(run.tool->control.begin(), run.tool->control.end(), leg.port) !=
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
                  std::none_of(of.run.legs.begin(), of.run.legs.end(), [&](const Leg& leg) {
                    return !leg.unnamed && address && leg.address == *address;
                  });
         });
}

/// The peer of a connection that is not in the log: where all others of its run go, else the one
/// that the command line names.
void name_peer(const InvocationView& of, const Leg& leg, Destination& d) {
  const Invocation& run = of.run;
  const ArgReading& reading = of.reading;
  d.address.reset();
  d.port.reset();
  if (leg.foreign != 0) {
    return;  // no command line's host is meant by it
  }
  if ((leg.role == host::Role::accepted || leg.opening_unseen) && run.tool != nullptr &&
      run.tool->server) {
    return;  // whoever came in
  }
  d.source = Source::argv;
  const Leg* other = nullptr;
  bool several = names_another(of);
  for (const Leg& known : run.legs) {
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
  } else if (leg.owner_host < run.owner_hosts.size()) {
    host = of.store.text(run.owner_hosts[leg.owner_host]);
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
    if (!named || is_this_host(peer.host)) {
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

void note_sums(Fact& fact, const Leg& leg, const Destination& d,
               const coverage::AuditVisibility& visibility) {
  if (leg.passed) {
    fact.notes.emplace_back(
        "its bytes went over a descriptor that was passed to it in a way that the log cannot "
        "show; inferred");
  }
  if (leg.given_away) {
    fact.notes.emplace_back(
        "its connection may have been passed to another process, unused: what went over it then is "
        "not known");
  }
  if (leg.messages_out > 0) {
    fact.notes.push_back(fmt::format("{} messages by sendmmsg, whose bytes the log does not tell",
                                     leg.messages_out));
  }
  if (leg.foreign != 0) {
    fact.notes.push_back(
        fmt::format("it goes over {}: no IP address tells its peer", family_words(leg.foreign)));
  } else if (leg.unnamed) {
    fact.notes.emplace_back(
        d.address || d.name
            ? "how it was connected is not in the log: the peer is inferred"
            : "how it was connected is not in the log, and nothing names the peer of its bytes");
  }
  if (d.basis == Basis::estimated && !leg.passed && !leg.unnamed) {
    fact.notes.emplace_back(
        !visibility.ranges && visibility.closes_one_by_one(leg.exe, leg.auid)
            ? "close_range is not in the log, nor what opens files: the number may have become "
              "another file's unseen"
        : visibility.closes(leg.exe, leg.auid)
            ? "how its descriptor was made or inherited is not in the log: that the bytes went "
              "there is inferred"
            : "closes are not in the log: bytes of another file on the same descriptor may be in "
              "the sum");
  }
  if (leg.open_at_end) {
    fact.notes.emplace_back("still under way when the log ends");
  }
  if (leg.untracked) {
    fact.notes.emplace_back(
        "it uses io_uring or descriptors out of visibility: bytes may be missing");
  }
  if (leg.addresses > 1) {
    fact.notes.push_back(fmt::format(
        "{} lighter connections to other addresses are told as one sum", leg.connections));
  } else if (leg.addresses == 1 || leg.returned) {
    fact.notes.emplace_back("too many connections to tell all of them apart");
  }
}

Destination destination_of(const InvocationView& of, const Leg& leg, bool server) {
  const ArgReading& reading = of.reading;
  const coverage::AuditVisibility& visibility = of.visibility;
  Destination d;
  if (leg.addresses <= 1) {
    d.address = leg.address;
  } else {
    d.addresses = leg.addresses;
  }
  if (leg.addresses == 0 || leg.port != 0) {
    d.port = leg.port;
  }
  d.transport = leg.foreign != 0                         ? Transport::unknown
                : leg.type == host::SocketType::stream   ? Transport::tcp
                : leg.type == host::SocketType::datagram ? Transport::udp
                                                         : Transport::unknown;
  d.source = leg.role == host::Role::accepted ? Source::accept
             : leg.sent_to                    ? Source::sendto
                                              : Source::connect;
  d.connections = leg.connections;
  d.first = leg.first;
  d.last = leg.last;

  // Losses that lie within the time of the transfer leave holes in its sums.
  const bool lost = visibility.lossy || leg.open_at_end || leg.given_away ||
                    visibility.lost_between(leg.first, leg.last);
  const bool whole =
      !leg.untracked && visibility.whole(leg.exe, leg.auid, leg.small_out, leg.is_32);
  if (leg.calls_out > 0) {
    d.bytes_out = leg.bytes_out;
    d.basis = leg.overlap_unknown || leg.passed || (leg.unnamed && leg.foreign == 0) ||
                      !visibility.closes(leg.exe, leg.auid)
                  ? Basis::estimated
              : !whole || lost || leg.messages_out > 0 || !leg.all_created ? Basis::at_least
                                                                           : Basis::measured;
  } else if (whole && !lost && leg.messages_out == 0 && visibility.kinds &&
             !hides_payload(of, leg)) {
    d.bytes_out = 0;
    d.basis = Basis::measured;
  }
  if (d.bytes_out && (leg.addresses > 0 || leg.returned)) {
    d.basis = weaker(d.basis, Basis::at_least);
  }
  if (visibility.reads && (leg.calls_in > 0 || (whole && d.bytes_out))) {
    d.bytes_in = leg.bytes_in;
  }

  if (!server && leg.named < reading.peers.size() && !reading.peers[leg.named].by_default &&
      !reading.peers[leg.named].host.empty()) {
    d.name = reading.peers[leg.named].host;
  }
  if (leg.unnamed) {
    name_peer(of, leg, d);
    if (leg.socket_call && d.bytes_out && !d.address && !d.name && !leg.overlap_unknown) {
      d.basis = Basis::at_least;  // that they went over a socket is certain
    }
  }
  d.direction = direction_by(server ? Direction::unknown : leg.by_argv, of.run.tool, d.bytes_out,
                             d.bytes_in, {whole, whole && visibility.kinds}, leg.calls_out);
  if (server && d.direction == Direction::unknown && d.bytes_out && *d.bytes_out > 0) {
    d.direction = Direction::out;
  }
  return d;
}

}  // namespace auexfil::facts
