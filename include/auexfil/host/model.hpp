#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "auexfil/audit/address.hpp"
#include "auexfil/audit/stamp.hpp"
#include "auexfil/audit/syscalls.hpp"
#include "auexfil/host/index.hpp"
#include "auexfil/input/symbols.hpp"

/// What the host room knows of one host: programs, processes, sockets, sessions. `walk` tells the
/// fields of each that are kept between runs, see input/state_io.hpp.
namespace auexfil::host {

using input::Symbol;
using input::Symbols;

inline constexpr std::uint32_t kUnset = 0xffffffffU;  ///< auid and ses of what never logged in
inline constexpr std::uint32_t kStandardInput = 0;    ///< descriptors, stdin(3)
inline constexpr std::uint32_t kStandardError = 2;

/// Where in the log something stands.
struct Place {
  audit::Stamp event;
  std::uint32_t file{};
  std::uint32_t line{};

  template <typename Io>
  void walk(Io& io) {
    event.walk(io);
    io.numbers(file, line);
  }
};

/// How many there are of each: what a state's parts may refer to (see Tracker::pause()).
struct StateSizes {
  std::size_t symbols{};
  std::size_t programs{};
  std::size_t processes{};
  std::size_t sockets{};
  std::size_t files{};
};

/// A program being run: what one execve began, shared by all processes that forked from it
/// without an exec of their own. Lineage goes over images, since a fork alone starts no program.
struct ExecutedProgram {
  std::uint32_t refs{};    ///< processes, child images, sockets and pins that hold it
  std::uint32_t number{};  ///< of its making: tells it from others at the same index
  ProgramIndex parent;     ///< the image that ran the exec (of the forking process)
  std::uint32_t pid{};
  std::uint32_t ppid{};
  std::uint32_t auid = kUnset;
  std::uint32_t uid = kUnset;
  std::uint32_t ses = kUnset;
  std::uint32_t boot{};
  std::uint32_t depth{};  ///< images above
  Symbol exe{};
  Symbol comm{};
  Symbol tty{};   ///< empty: none
  Symbol argv{};  ///< arguments joined by NUL bytes
  Symbol cwd{};
  Symbol script{};  ///< path given to execve where the program is its interpreter
  Place began;      ///< the execve, or the first event seen of it
  /// It began in the log, and not in a process that is older: no descriptor of it is from before.
  bool begun{};
  bool has_exec{};       ///< the execve itself is in the log (else comm and exe of a later call)
  bool in_place{};       ///< exec'd without a fork: `parent` ran under the same pid
  bool argv_is_title{};  ///< argv comes from PROCTITLE (at most 128 bytes, may be the parent's)
  bool argv_cut{};
  /// Of the numbers above standard error that it wrote to and whose opening is not in the log.
  std::uint32_t lowest_unseen = kNone;
  bool orphan{};     ///< its beginning is out of sight: ppid 1 or an unknown parent
  bool commanded{};  ///< known by sudo's own record (USER_CMD) alone
  bool async{};      ///< used io_uring or AIO: what goes out that way is in no log
  bool opens{};      ///< what it opens is asked for, see Tracker::follow_opens()

  /// Of one that is held, without its holders and its parent.
  template <typename Io>
  void walk(Io& io, const StateSizes& sizes) {
    io.numbers(number, pid, ppid, boot, depth);
    io.id(auid);
    io.id(uid);
    io.id(ses);
    for (Symbol* const text : {&exe, &comm, &tty, &argv, &cwd, &script}) {
      io.below(*text, sizes.symbols);
    }
    began.walk(io);
    io.flags(begun, has_exec, in_place, argv_is_title, argv_cut, orphan, commanded, async, opens);
    io.id(lowest_unseen);
  }
};

/// Families of addresses that are asked for by name (linux/socket.h).
namespace family {
inline constexpr std::uint8_t kUnknown = 0;
inline constexpr std::uint8_t kUnix = 1;
inline constexpr std::uint8_t kInet = 2;
inline constexpr std::uint8_t kInet6 = 10;
inline constexpr std::uint8_t kKey = 15;
inline constexpr std::uint8_t kNetlink = 16;
inline constexpr std::uint8_t kPacket = 17;
inline constexpr std::uint8_t kAlg = 38;
inline constexpr std::uint8_t kVsock = 40;
inline constexpr std::uint8_t kXdp = 44;
/// Of those that reach the kernel or this host alone.
[[nodiscard]] constexpr bool is_local(std::uint64_t number) {
  return number == kUnix || number == kKey || number == kNetlink || number == kAlg;
}
/// Of those that carry bytes to somewhere that no IP address tells (AF_PACKET, AF_VSOCK …).
[[nodiscard]] constexpr bool is_foreign(std::uint64_t number) {
  return number != kUnknown && number != kInet && number != kInet6 && !is_local(number);
}
}  // namespace family

enum class SocketType : std::uint8_t { unknown, stream, datagram, other };
enum class Role : std::uint8_t { fresh, connecting, connected, accepted, listening };

/// Calls and bytes by kind of call, for `explain`.
struct CallSum {
  audit::Call call{};
  std::uint64_t calls{};
  std::uint64_t bytes{};
};

/// What was sent to and received from one peer over one socket.
struct Peer {
  audit::IpAddress address;
  std::uint16_t port{};
  bool sent_to{};  ///< by an address in the call itself (sendto)
  bool unnamed{};  ///< no record tells the address: the connect is not in the log
  std::uint64_t bytes_out{};
  std::uint64_t bytes_in{};
  std::uint64_t calls_out{};
  std::uint64_t calls_in{};
  std::uint64_t messages_out{};  ///< sendmmsg: messages, bytes unknown
  audit::TimeMs first{};
  audit::TimeMs last{};
  Place made;  ///< connect, accept or first sendto
  Place first_write;
  std::array<CallSum, 6> sums{};  ///< of bytes out; those of no calls stand last

  template <typename Io>
  void walk(Io& io) {
    address.walk(io);
    io.number(port);
    io.flags(sent_to, unnamed);
    io.numbers(bytes_out, bytes_in, calls_out, calls_in, messages_out);
    io.times(first, last);
    made.walk(io);
    first_write.walk(io);
    const auto unused =
        std::find_if(sums.begin(), sums.end(), [](const CallSum& sum) { return sum.calls == 0; });
    const std::size_t used = io.size(static_cast<std::size_t>(unused - sums.begin()), sums.size());
    for (std::size_t i = 0; i < used; ++i) {
      io.below(sums[i].call, static_cast<std::uint64_t>(audit::Call::count_));
      io.numbers(sums[i].calls, sums[i].bytes);
    }
  }
};

/// What a byte count of a socket's is worth, and of a connection's that is the sum of several.
struct SocketFlags {
  bool creation_seen{};    ///< socket(2) or accept(2) that made it is in the log
  bool opening_unseen{};   ///< nothing but bytes written to a number tells of it: it may be a file
  bool socket_call{};      ///< a call that only sockets take was made on it
  bool passed{};           ///< found by inference (a passed descriptor)
  bool given_away{};       ///< may have been passed on, and its holder has not used it since
  bool overlap_unknown{};  ///< a descriptor of it may have been another file at some time
  bool small_out{};        ///< a small write is among its calls: no filter by size hides the rest
  bool is_32{};            ///< a 32-bit program connected it
  bool untracked{};        ///< its descriptor is not known: what went over it cannot be told
  bool open_at_end{};      ///< was busy when the log ended or the host went down
  bool may_be_passed{};    ///< `opening_unseen`, by who had received by recvmsg(2) before (unix(7))

  /// Adds what is true of another part of the same connection, of which the opening is as unseen.
  void merge(const SocketFlags& other) {
    creation_seen = creation_seen && other.creation_seen;
    passed = passed || other.passed;
    given_away = given_away || other.given_away;
    overlap_unknown = overlap_unknown || other.overlap_unknown;
    small_out = small_out || other.small_out;
    is_32 = is_32 || other.is_32;
    untracked = untracked || other.untracked;
    open_at_end = open_at_end || other.open_at_end;
    may_be_passed = may_be_passed || other.may_be_passed;
  }
  template <typename Io>
  void walk(Io& io) {
    io.flags(creation_seen, opening_unseen, socket_call, passed, given_away, overlap_unknown,
             small_out, is_32, untracked, open_at_end, may_be_passed);
  }
};

/// An open socket description, shared by the descriptors of any number of processes.
struct Socket : SocketFlags {
  std::uint32_t refs{};
  ProgramIndex owner;                      ///< image that connected or accepted, else made it
  std::uint8_t family = family::kUnknown;  ///< as socket(2) or the first address tell it
  SocketType type = SocketType::unknown;
  Role role = Role::fresh;
  bool bound_port_zero{};
  bool in_use{};
  std::uint16_t local_port{};
  std::uint32_t uid = kUnset;
  std::uint32_t maker_pid{};
  std::uint32_t fd = kNone;  ///< the number that it was first held under; kNone: not seen
  std::uint32_t fd_pid{};    ///< by that process
  ProgramIndex taker;        ///< `passed`: image of the process that it was passed to; held
  Place made;
  /// When it was first used by who had left the terminal that its program was started on: forked
  /// off (daemon(3)), or the terminal was hung up. 0: never.
  audit::TimeMs left_terminal{};
  ProgramIndex listener_owner;  ///< accepted: image of the listener
  bool listener_ephemeral{};    ///< accepted: the listener was bound to port 0 by its maker
  std::vector<Peer> peers;      ///< one for connected sockets; several for unconnected UDP
  std::unique_ptr<std::unordered_map<std::uint64_t, std::uint32_t>> peer_index;  ///< of many peers

  /// Of one that is in use, without its holders and what is made from its peers.
  template <typename Io>
  void walk(Io& io, const StateSizes& sizes, std::size_t max_peers) {
    SocketFlags::walk(io);
    for (ProgramIndex* const program : {&owner, &taker, &listener_owner}) {
      io.index(*program, sizes.programs);
    }
    io.number(family);
    io.enumerator(type, SocketType::other);
    io.enumerator(role, Role::listening);
    io.flags(bound_port_zero, listener_ephemeral);
    io.number(local_port);
    io.id(uid);
    io.number(maker_pid);
    io.id(fd);
    io.number(fd_pid);
    made.walk(io);
    io.times(left_terminal);
    io.list(peers, max_peers, [&](Peer& peer) { peer.walk(io); });
  }
};

/// Makes the index of a socket's peers, where they are many.
void index_peers(Socket& socket);

/// A record that a program sent through the audit socket (CAP_AUDIT_WRITE): what it says of itself
/// is its own word, its pid is the kernel's (kernel/audit.c audit_log_user_recv_msg()).
struct Sent {
  std::uint32_t pid{};
  Symbol writer{};   ///< exe of what ran as that pid, by the process table; empty: not known
  Symbol claimed{};  ///< exe= in the text
  Place place;

  template <typename Io>
  void walk(Io& io, const StateSizes& sizes) {
    io.number(pid);
    io.below(writer, sizes.symbols);
    io.below(claimed, sizes.symbols);
    place.walk(io);
  }
};

/// One login session, by its `ses` in one boot.
struct Session {
  std::uint32_t ses = kUnset;
  std::uint32_t boot{};
  std::uint32_t auid = kUnset;
  std::uint32_t pid{};      ///< of LOGIN
  bool has_login{};         ///< LOGIN itself is in the log: pid is the kernel's
  bool by_pam{};            ///< PAM has opened it, and tells when it is over
  Symbol login_exe{};       ///< exe of LOGIN's SYSCALL: the kernel's word; empty: not known
  Symbol opener{};          ///< that, else exe of USER_START
  Symbol terminal{};        ///< USER_START's: "cron", "ssh", "/dev/tty1", …
  Symbol login_terminal{};  ///< of a login's record: a terminal that a person got
  Symbol address{};
  Sent opened;     ///< USER_START (or CRED_*) that gave `terminal`
  Sent logged_in;  ///< the record that gave `login_terminal`
  Place start;
  audit::TimeMs ended{};  ///< USER_END or USER_LOGOUT of the opener; 0 while open

  template <typename Io>
  void walk(Io& io, const StateSizes& sizes) {
    io.id(ses);
    io.number(boot);
    io.id(auid);
    io.number(pid);
    io.flags(has_login, by_pam);
    for (Symbol* const text : {&login_exe, &opener, &terminal, &login_terminal, &address}) {
      io.below(*text, sizes.symbols);
    }
    opened.walk(io, sizes);
    logged_in.walk(io, sizes);
    start.walk(io);
    io.times(ended);
  }
};

}  // namespace auexfil::host
