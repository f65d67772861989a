#include "facts.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "ids.hpp"

namespace auexfil::transfer {
namespace {

constexpr std::size_t kMaxEvidence = 12;

/// As the log has it, else as the image's passwd.
std::optional<std::string> name_of(const host::Seen& seen, const input::Names* names,
                                   std::optional<std::uint32_t> id) {
  if (!id) {
    return std::nullopt;
  }
  std::string_view name = seen.user_name(*id);
  if (name.empty() && names != nullptr) {
    name = names->user(*id);
  }
  return name.empty() ? std::nullopt : std::optional(std::string(name));
}

void note_descriptor(FactDetails::OfDestination& of, const DescriptorUse& use) {
  constexpr std::size_t kMost = 8;
  if (use.fd != host::kNone && of.descriptors.size() < kMost &&
      std::find(of.descriptors.begin(), of.descriptors.end(), use) == of.descriptors.end()) {
    of.descriptors.push_back(use);
  }
}

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

/// What the log proves of a sum.
struct Proof {
  bool whole{};       ///< all writes of that program are in the log
  bool conclusive{};  ///< by all calls: where nothing is seen, nothing went
};

/// Which way the content went, by bytes where the log has both ways, else by argv and by whether
/// more was sent than the protocol itself needs.
Direction direction_by(Direction argv, const Tool* tool, std::optional<std::uint64_t> out,
                       std::optional<std::uint64_t> in, Proof proof, std::uint64_t calls_out) {
  const std::uint64_t floor = tool != nullptr ? tool->floor : 0;
  if (!out) {
    return argv;
  }
  if (argv == Direction::unknown && tool != nullptr && tool->udp && calls_out >= 8 &&
      *out < 24 * calls_out) {
    return Direction::in;  // tftp acknowledges each block of a download with four bytes
  }
  if (in && proof.whole && (*in > 0 || *out > 0)) {
    // Acknowledgements and checksums of what comes in: up to 2 % and the protocol's own.
    const std::uint64_t sent = *out > floor + *in / 50 ? *out - floor - *in / 50 : 0;
    const std::uint64_t got = *in > floor + *out / 50 ? *in - floor - *out / 50 : 0;
    if (sent == 0 && got == 0) {
      return proof.conclusive ? Direction::none : Direction::unknown;
    }
    if (sent > 0 && got > 0 && sent / 8 < got && got / 8 < sent) {
      return Direction::both;
    }
    return sent >= got ? Direction::out : Direction::in;
  }
  if (argv == Direction::in) {
    // A download sends requests and acknowledgements, tftp the most (0.8 %). Sums that no
    // download explains are left open, to be judged like an upload.
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
  return *out <= floor * 4 ? Direction::unknown : Direction::out;
}

/// The command line names addresses that no connection goes to: a jump host, a proxy or a
/// configuration file stands between. What is allowed for the one need not be for the other.
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

/// An uploader's data connection that carries nothing, in a log that has never shown sendfile: the
/// call that moved the file is not audited.
bool hides_payload(const Invocation& run, const ArgReading& reading, const Leg& leg,
                   const ByteSight& sight) {
  if (sight.sendfile || run.tool == nullptr || run.tool->control.empty() ||
      std::find(run.tool->control.begin(), run.tool->control.end(), leg.port) !=
          run.tool->control.end()) {
    return false;
  }
  return reading.direction == Direction::out;
}

/// Does a program below send for the leg's own (ssh for scp, a ProxyCommand for ssh), so that
/// numbers of unknown opening lead there?
bool feeds_helper(const Invocation& run, const Leg& leg) {
  return run.tool != nullptr && !run.tool->server &&
         std::any_of(run.legs.begin(), run.legs.end(),
                     [&](const Leg& other) { return other.depth > leg.depth; });
}

/// Does the tool send through helpers that it starts (scp, sftp, rsync over ssh)? A URL or a
/// daemon's name is reached directly.
bool sends_by_helper(const Invocation& run) {
  if (run.tool == nullptr || run.tool->child.empty()) {
    return false;
  }
  const std::vector<std::string>& argv = run.program.process.argv;
  return std::none_of(argv.begin(), argv.end(), [](const std::string& arg) {
    return arg.find("://") != std::string::npos || arg.find("::") != std::string::npos;
  });
}

/// Is a number whose opening is not in the log a file, since every socket that is made is in it?
/// Standard input that is written to is what the starter gave it, and neither a file to read nor a
/// pipe: inetd and sshd hand on their connections so.
bool is_file(const Leg& leg, const ByteSight& sight) {
  return leg.opening_unseen && !leg.socket_call && leg.begun &&
         leg.descriptor.fd != host::kStandardInput &&
         sight.sockets_of[static_cast<std::size_t>(host::class_of(leg.auid))] && !sight.lossy &&
         !sight.lost_between(leg.first, leg.last);
}

/// Went the bytes of a number whose opening is not in the log over a network? A call that only
/// sockets take proves it; else a transfer tool's are taken for it, unless something speaks for a
/// file or a pipe.
bool is_believed(const Invocation& run, const ArgReading& reading, const Leg& leg,
                 const ByteSight& sight) {
  if (!leg.opening_unseen) {
    return true;
  }
  if ((leg.depth == 0 && sends_by_helper(run)) || feeds_helper(run, leg)) {
    return false;  // a pipe or a socketpair to its ssh
  }
  if (leg.socket_call) {
    return true;
  }
  if (leg.above_lowest || is_file(leg, sight)) {
    return false;
  }
  constexpr std::uint64_t kTimesFloor = 4;
  if (run.tool == nullptr || leg.descriptor.fd <= host::kStandardError ||
      leg.bytes_out < kTimesFloor * run.tool->floor || reading.direction == Direction::in) {
    return false;
  }
  const bool has_connection = std::any_of(run.legs.begin(), run.legs.end(), [&](const Leg& other) {
    return !other.opening_unseen && other.exe == leg.exe && (other.depth == 0) == (leg.depth == 0);
  });
  return sight.opens || !has_connection;
}

/// Does the command line name a host that no connection is seen to? `curl -T a ftp://one/ -T b
/// ftp://two/` connects to the one, then to the other.
bool names_another(const Invocation& run, const ArgReading& reading) {
  return reading.peers.size() > 1 &&
         std::any_of(reading.peers.begin(), reading.peers.end(), [&](const ArgPeer& peer) {
           const auto address = audit::IpAddress::parse(peer.host);
           return !peer.host.empty() &&
                  std::none_of(run.legs.begin(), run.legs.end(), [&](const Leg& leg) {
                    return !leg.unnamed && address && leg.address == *address;
                  });
         });
}

/// The peer of a connection that is not in the log: where all others of its run go, else the one
/// that the command line names.
void name_peer(Destination& d, const Invocation& run, const ArgReading& reading, const Leg& leg) {
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
  bool several = names_another(run, reading);
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
  const std::string* host = nullptr;
  if (reading.peers.size() == 1 && !reading.peers.front().host.empty()) {
    host = &reading.peers.front().host;
  } else if (leg.owner_host < run.owner_hosts.size()) {
    host = &run.owner_hosts[leg.owner_host];
  }
  if (host != nullptr) {
    d.address = audit::IpAddress::parse(*host);
    d.name = d.address ? std::nullopt : std::optional(*host);
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

/// What has to be said of one leg's sums.
void note_sums(Fact& fact, const Leg& leg, const Destination& d, const ByteSight& sight) {
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
        !sight.ranges && sight.closes_one_by_one(leg.exe, leg.auid)
            ? "close_range is not in the log, nor what opens files: the number may have become "
              "another file's unseen"
        : sight.closes(leg.exe, leg.auid)
            ? "how its descriptor was made or inherited is not in the log: that the bytes went "
              "there is inferred"
            : "closes are not in the log: bytes of another file on the same descriptor may be in "
              "the sum");
  }
  if (leg.open_at_end) {
    fact.notes.emplace_back("still under way when the log ends");
  }
  if (leg.untracked) {
    fact.notes.emplace_back("it uses io_uring or descriptors out of sight: bytes may be missing");
  }
  if (leg.addresses > 1) {
    fact.notes.push_back(fmt::format(
        "{} lighter connections to other addresses are told as one sum", leg.connections));
  } else if (leg.addresses == 1 || leg.returned) {
    fact.notes.emplace_back("too many connections to tell all of them apart");
  }
}

Destination destination_of(const Invocation& run, const ArgReading& reading, const Leg& leg,
                           const ByteSight& sight, bool server) {
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
  const bool lost =
      sight.lossy || leg.open_at_end || leg.given_away || sight.lost_between(leg.first, leg.last);
  const bool whole = !leg.untracked && sight.whole(leg.exe, leg.auid, leg.small_out, leg.is_32);
  if (leg.calls_out > 0) {
    d.bytes_out = leg.bytes_out;
    d.basis = leg.overlap_unknown || leg.passed || (leg.unnamed && leg.foreign == 0) ||
                      !sight.closes(leg.exe, leg.auid)
                  ? Basis::estimated
              : !whole || lost || leg.messages_out > 0 || !leg.all_created ? Basis::at_least
                                                                           : Basis::measured;
  } else if (whole && !lost && leg.messages_out == 0 && sight.kinds &&
             !hides_payload(run, reading, leg, sight)) {
    d.bytes_out = 0;
    d.basis = Basis::measured;
  }
  if (d.bytes_out && (leg.addresses > 0 || leg.returned)) {
    d.basis = weaker(d.basis, Basis::at_least);
  }
  if (sight.reads && (leg.calls_in > 0 || (whole && d.bytes_out))) {
    d.bytes_in = leg.bytes_in;
  }

  if (!server && leg.named < reading.peers.size() && !reading.peers[leg.named].by_default &&
      !reading.peers[leg.named].host.empty()) {
    d.name = reading.peers[leg.named].host;
  }
  if (leg.unnamed) {
    name_peer(d, run, reading, leg);
    if (leg.socket_call && d.bytes_out && !d.address && !d.name && !leg.overlap_unknown) {
      d.basis = Basis::at_least;  // that they went over a socket is certain
    }
  }
  d.direction = direction_by(server ? Direction::unknown : leg.by_argv, run.tool, d.bytes_out,
                             d.bytes_in, {whole, whole && sight.kinds}, leg.calls_out);
  if (server && d.direction == Direction::unknown && d.bytes_out && *d.bytes_out > 0) {
    d.direction = Direction::out;
  }
  return d;
}

/// A tool whose connections are not in the log: the command line is all there is.
void fill_by_argv(Fact& fact, const Invocation& run) {
  fact.direction = Direction::none;
  for (const ArgPeer& peer : run.peers) {
    if (is_this_host(peer.host)) {
      continue;
    }
    Destination d;
    d.address = audit::IpAddress::parse(peer.host);
    if (!d.address && !peer.host.empty()) {
      d.name = peer.host;
    }
    if (peer.port != 0) {
      d.port = peer.port;
    }
    if (peer.by_default) {
      fact.notes.push_back(
          fmt::format("its command line names no host: {} is where it goes unless set up otherwise",
                      peer.host));
    } else if (peer.host.empty()) {
      fact.notes.emplace_back("its command line names no host: settings of its own say where to");
    }
    d.source = Source::argv;
    d.direction = peer.direction;
    d.first = d.last = run.began.event.time;
    fact.direction = join(fact.direction, d.direction);
    fact.destinations.push_back(std::move(d));
  }
  fact.start = fact.end = run.began.event.time;
  fact.notes.emplace_back("how it connects is not audited: the destination is the command line's");
}

Fact begin_fact(const Invocation& run, const HostName& name, const ByteSight& sight) {
  Fact fact = run.program;
  fact.host = name.host;
  fact.node = name.node;
  fact.auid_name = name_of(*sight.seen, name.names, fact.auid);
  fact.uid_name = name_of(*sight.seen, name.names, fact.uid);
  fact.evidence.push_back({name.file_name(run.began.file), run.began.line, run.began.event,
                           run.has_exec ? "execve" : "first seen"});
  return fact;
}

}  // namespace

std::vector<Made> facts_of(const Invocation& run, const HostName& name, const ByteSight& sight,
                           Doubts& doubts) {
  std::vector<Made> facts;
  const Fact base = begin_fact(run, name, sight);
  if (run.by_argv) {
    Fact fact = base;
    fill_by_argv(fact, run);
    fact.id = id_of(name, run.began.event);
    if (!fact.destinations.empty()) {
      facts.push_back({std::move(fact), {}});
    }
    return facts;
  }
  const ArgReading reading = run.tool != nullptr
                                 ? read_argv(*run.tool, run.program.process.argv, run.argv_cut)
                                 : ArgReading{};
  // Connections that came in, and which of the others belong to them.
  std::set<audit::IpAddress> connected;
  std::set<audit::IpAddress> controlled;
  std::set<audit::IpAddress> came_in;
  const auto is_control = [&](std::uint16_t port) {
    return run.tool != nullptr && !run.tool->control.empty()
               ? std::find(run.tool->control.begin(), run.tool->control.end(), port) !=
                     run.tool->control.end()
               : port == 21;
  };
  for (const Leg& leg : run.legs) {
    if (leg.addresses > 1) {
      continue;
    }
    if (leg.role == host::Role::connected || leg.role == host::Role::connecting) {
      connected.insert(leg.address);
      if (is_control(leg.port)) {
        controlled.insert(leg.address);
      }
    }
  }
  const bool serves = run.tool != nullptr && run.tool->server;
  for (const Leg& leg : run.legs) {
    // A client that accepts does so on a port that it was given, or for a control connection, from
    // an address that it had connected to first: active ftp.
    if (leg.role == host::Role::accepted && !leg.unnamed && leg.addresses <= 1 &&
        (serves || !(leg.ephemeral ? connected : controlled).contains(leg.address))) {
      came_in.insert(leg.address);
    }
  }
  const auto is_server = [&](const Leg& leg) {
    if (leg.addresses > 1) {
      return serves || leg.role == host::Role::accepted;
    }
    if (leg.unnamed && leg.role == host::Role::accepted) {
      return serves || (leg.ephemeral ? connected : controlled).empty();
    }
    return serves || (!leg.unnamed && came_in.contains(leg.address));
  };

  std::uint64_t fed = 0;  // that helpers sent and no number above has been held against yet
  for (const Leg& leg : run.legs) {
    fed += leg.depth > 0 ? leg.bytes_out : 0;
  }
  // In the order in which they were made: control connections come before their data.
  std::vector<const Leg*> legs;
  for (const Leg& leg : run.legs) {
    if (is_believed(run, reading, leg, sight)) {
      legs.push_back(&leg);
      if (leg.unnamed && leg.bytes_out > 0 && base.automation != Verdict::attended) {
        doubts.unaddressed.add(host::base_name(base.process.exe), leg.bytes_out);
      }
    } else if (base.automation != Verdict::attended && !is_file(leg, sight)) {
      // What its helpers sent on is told there; the rest may have gone elsewhere.
      const std::uint64_t told = feeds_helper(run, leg) ? std::min(fed, leg.bytes_out) : 0;
      fed -= told;
      if (leg.bytes_out > told) {
        doubts.unattributed.add(host::base_name(base.process.exe), leg.bytes_out - told);
      }
    }
  }
  std::stable_sort(legs.begin(), legs.end(), [](const Leg* a, const Leg* b) {
    return a->first != b->first ? a->first < b->first : a->made.event < b->made.event;
  });
  // One client transfer of the invocation, one server transfer a peer.
  std::vector<const Leg*> client;
  std::vector<std::vector<const Leg*>> served;
  std::map<audit::IpAddress, std::size_t> served_at;
  for (const Leg* const leg : legs) {
    if (!is_server(*leg)) {
      client.push_back(leg);
    } else if (leg->addresses > 1) {
      served.push_back({leg});
    } else {
      const auto [at, is_new] = served_at.emplace(leg->address, served.size());
      if (is_new) {
        served.emplace_back();
      }
      served[at->second].push_back(leg);
    }
  }
  const auto build = [&](const std::vector<const Leg*>& of, bool server) {
    Fact fact = base;
    FactDetails details;
    fact.side = server ? Side::server : Side::client;
    std::uint64_t id = id_of(name, run.began.event);
    bool first = true;
    std::vector<bool> partly;  // destinations with connections whose bytes are unknown
    std::vector<std::uint64_t> calls_out;
    for (const Leg* const at : of) {
      const Leg& leg = *at;
      // A datagram socket that was connected and sent nothing asked the kernel for a route
      // (getaddrinfo sorts addresses so); without byte-bearing calls only a tool that transfers
      // so is believed.
      const bool tells_nothing = leg.calls_out == 0 && leg.messages_out == 0 && leg.calls_in == 0;
      const bool whole = tells_nothing && sight.kinds && !leg.untracked &&
                         sight.whole(leg.exe, leg.auid, leg.small_out, leg.is_32);
      if (tells_nothing && leg.type == host::SocketType::datagram &&
          (whole || run.tool == nullptr || !run.tool->udp)) {
        continue;
      }
      if (tells_nothing && run.tool == nullptr && whole) {
        continue;
      }
      if (leg.unnamed && leg.foreign == 0 && run.tool == nullptr && !sight.connects &&
          (!leg.socket_call || leg.begun)) {
        continue;  // no connection of any program is in the log: the coverage says so
      }
      Destination d = destination_of(run, reading, leg, sight, server);
      if (d.address && d.address->is_loopback()) {
        continue;  // named by the command line
      }
      if (server && first) {
        id = fnv(id, static_cast<std::uint64_t>(leg.made.event.time));
        id = fnv(id, std::uint64_t{leg.made.event.serial});
      }
      fact.start = first ? leg.first : std::min(fact.start, leg.first);
      fact.end = first ? leg.last : std::max(fact.end, leg.last);
      first = false;
      if (fact.evidence.size() < kMaxEvidence) {
        fact.evidence.push_back(
            {name.file_name(leg.made.file), leg.made.line, leg.made.event, to_word(d.source)});
        if (leg.first_write.line != 0 && leg.first_write.event != leg.made.event) {
          fact.evidence.push_back({name.file_name(leg.first_write.file), leg.first_write.line,
                                   leg.first_write.event, "first bytes out"});
        }
      }
      note_sums(fact, leg, d, sight);
      // Data connections of ftp and the ports that tftp moves to are told under the port that the
      // run went to first.
      Destination* same = nullptr;
      for (Destination& known : fact.destinations) {
        if (d.addresses > 0 || known.addresses > 0 || known.address != d.address ||
            known.name != d.name) {
          continue;
        }
        const bool control = known.port && is_control(*known.port);
        if (known.port == d.port || !d.port || (control && (d.port >= 1024 || d.port == 20)) ||
            (known.transport == Transport::udp && d.transport == Transport::udp &&
             known.port == 69)) {
          same = &known;
          break;
        }
      }
      if (same == nullptr) {
        partly.push_back(!d.bytes_out);
        calls_out.push_back(leg.calls_out);
        fact.destinations.push_back(std::move(d));
        details.destinations.push_back({leg.calls, {}});
        note_descriptor(details.destinations.back(), leg.descriptor);
        continue;
      }
      const auto place = static_cast<std::size_t>(same - fact.destinations.data());
      partly[place] = partly[place] || !d.bytes_out;
      calls_out[place] += leg.calls_out;
      note_descriptor(details.destinations[place], leg.descriptor);
      std::vector<host::CallSum>& calls = details.destinations[place].calls;
      for (const host::CallSum& sum : leg.calls) {
        const auto known = std::find_if(calls.begin(), calls.end(),
                                        [&](const host::CallSum& c) { return c.call == sum.call; });
        if (known == calls.end()) {
          calls.push_back(sum);
        } else {
          known->calls += sum.calls;
          known->bytes += sum.bytes;
        }
      }
      same->connections += d.connections;
      same->first = std::min(same->first, d.first);
      same->last = std::max(same->last, d.last);
      if (d.bytes_out) {
        same->basis = same->bytes_out ? weaker(same->basis, d.basis) : d.basis;
        same->bytes_out = same->bytes_out.value_or(0) + *d.bytes_out;
      }
      if (d.bytes_in) {
        same->bytes_in = same->bytes_in.value_or(0) + *d.bytes_in;
      }
      same->direction = Direction::unknown;  // told anew below, of the sum
    }
    if (fact.destinations.empty()) {
      return;
    }
    if (run.has_exec && !server) {
      fact.start = std::min(fact.start, run.began.event.time);
    }
    fact.id = id;
    fact.direction = Direction::none;
    fact.basis = Basis::measured;
    bool any_bytes = false;
    bool any_unknown = false;
    for (std::size_t i = 0; i < fact.destinations.size(); ++i) {
      Destination& d = fact.destinations[i];
      if (partly[i] && d.bytes_out) {
        d.basis = weaker(d.basis, Basis::at_least);
      }
      if (d.connections > 1 && d.direction == Direction::unknown) {
        const bool whole = !partly[i] && d.basis == Basis::measured;
        d.direction =
            direction_by(server ? Direction::unknown : reading.direction, run.tool, d.bytes_out,
                         d.bytes_in, {whole, whole && sight.kinds}, calls_out[i]);
      }
      if (d.basis == Basis::measured && !sight.kinds && run.tool != nullptr &&
          d.bytes_out.value_or(0) <= run.tool->floor) {
        d.basis = Basis::at_least;  // the call that moved the content may not be asked for
      }
      fact.direction = join(fact.direction, d.direction);
      if (d.bytes_out) {
        any_bytes = true;
        fact.bytes_out = fact.bytes_out.value_or(0) + *d.bytes_out;
      }
      if (d.bytes_in) {
        fact.bytes_in = fact.bytes_in.value_or(0) + *d.bytes_in;
      }
      if (d.bytes_out) {
        fact.basis = weaker(fact.basis, d.basis);
      } else {
        any_unknown = true;
      }
    }
    if (any_unknown) {  // some destinations have sums, others none
      fact.basis = any_bytes ? weaker(fact.basis, Basis::at_least) : Basis::unknown;
    }
    if (!server) {
      note_other_hosts(fact, reading);
    }
    std::sort(fact.notes.begin(), fact.notes.end());
    fact.notes.erase(std::unique(fact.notes.begin(), fact.notes.end()), fact.notes.end());
    facts.push_back({std::move(fact), std::move(details)});
  };
  if (!client.empty()) {
    build(client, false);
  }
  for (const std::vector<const Leg*>& peer : served) {
    build(peer, true);
  }
  return facts;
}

}  // namespace auexfil::transfer
