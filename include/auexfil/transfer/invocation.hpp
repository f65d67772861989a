#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "auexfil/host/model.hpp"
#include "auexfil/transfer/terms.hpp"
#include "auexfil/transfer/tools.hpp"

namespace auexfil::transfer {

/// What an invocation exchanged with one address and port in one way.
struct Connection : host::SocketFlags {
  audit::IpAddress address;
  std::uint16_t port{};
  std::uint32_t owner{};  ///< ExecutedProgram::number of the owner of the (first) socket
  host::Symbol exe{};     ///< of the owner; kept by the builder for as long as the log is read
  std::uint32_t auid{};   ///< of the owner
  std::uint32_t depth{};  ///< programs between the owner and the top; 0: it is the top itself
  host::Role role = host::Role::fresh;
  host::SocketType type = host::SocketType::unknown;
  bool sent_to{};
  bool unnamed{};
  bool ephemeral{};
  bool begun{};            ///< see host::ExecutedProgram, of the owner
  bool above_lowest{};     ///< see Tool::lowest: another number is the connection
  bool returned{};         ///< an earlier part of it may be in a sum of light ones
  std::uint8_t foreign{};  ///< family of addresses other than IP's (AF_PACKET …); 0: one of IP's
  std::uint64_t bytes_out{};
  std::uint64_t bytes_in{};
  std::uint64_t calls_out{};
  std::uint64_t calls_in{};
  std::uint64_t messages_out{};
  std::uint64_t times{};  ///< that it was made
  /// 0 for an ordinary one. Else it is the sum of those too light to be told apart, of so many
  /// addresses at least; `address` holds only if it is 1, `port` 0 stands for several.
  std::uint64_t addresses{};
  audit::TimeMs first{};
  audit::TimeMs last{};
  host::Place made;
  host::Place first_write;
  std::vector<host::CallSum> calls;
  DescriptorUse descriptor{host::kNone, 0};  ///< of its first connection; fd kNone: not seen

  /// What the command lines say of it.
  Direction by_argv = Direction::unknown;
  std::uint32_t named = host::kNone;       ///< index of the peer in the top's command line
  std::uint32_t owner_host = host::kNone;  ///< index into owner_hosts
};

/// Adds calls and bytes to those of the same kind of call.
void add_calls(std::vector<host::CallSum>& to, std::span<const host::CallSum> from);

/// Adds what went over another connection; who and where stay those of `to`.
void add_sums(Connection& to, const Connection& from);

/// The connections of an invocation that are too light to be told apart, as few sums whose bytes,
/// calls and connections are whole: by way (in or out) and, below 1024, by port.
class Rests {
 public:
  void add(Connection connection);
  /// False: nothing that went to that address is in it.
  [[nodiscard]] bool may_hold(const audit::IpAddress& address) const;
  [[nodiscard]] bool empty() const { return rests_.empty(); }
  void move_to(std::vector<Connection>& connections);
  /// See input/state_io.hpp. \param each  of a connection.
  template <typename Io, typename Each>
  void walk(Io& io, const Each& each) {
    io.list(rests_, kMost, [&](std::unique_ptr<Rest>& rest) {
      if constexpr (Io::kReads) {
        rest = std::make_unique<Rest>();
      }
      each(rest->connection);
      io.number(rest->port);
      walk_seen(io, rest->seen);
    });
  }

 private:
  static constexpr std::size_t kMost = 32;  ///< ways and ports; the next share one without a port
  using Seen = std::bitset<4096>;
  template <typename Io>
  static void walk_seen(Io& io, Seen& seen) {
    for (std::size_t at = 0; at < seen.size(); at += 64) {
      const Seen word(~std::uint64_t{0});
      std::uint64_t bits = (seen >> at & word).to_ullong();
      io.number(bits);
      if constexpr (Io::kReads) {
        seen |= Seen(bits) << at;
      }
    }
  }
  struct Rest {
    Connection connection;
    std::uint16_t port{};  ///< 0: any
    Seen seen;             ///< hashes of its addresses: as many set as there are, or fewer
  };
  std::vector<std::unique_ptr<Rest>> rests_;
};

/// Leaves the `keep` connections with the most bytes and sums the others up.
/// \return how many were summed up.
std::size_t keep_heaviest(std::vector<Connection>& connections, Rests& rests, std::size_t keep);

/// A text of the InvocationStore that an invocation is, or will be, kept in. 0: none, or empty.
using TextId = host::Symbol;

/// One invocation of a tool as it stands when its last process is gone: values, which need nothing
/// of the host any more. What only the end of the log tells (which calls were audited, what users
/// are called) is not in it.
struct Invocation {
  struct Program {
    std::uint32_t pid{};
    TextId exe{};
    TextId comm{};
    TextId argv{};  ///< each word with a NUL behind it
  };
  struct Reason {
    TextId sign{};
    TextId text{};
    std::optional<audit::Stamp> event;
  };
  struct Job {
    TextId kind{};
    TextId what{};
  };
  /// How its login session began, by the kernel's word.
  struct Login {
    std::uint32_t pid{};    ///< that LOGIN names, else of the first record of it; 0: not seen
    audit::TimeMs start{};  ///< of that record
    bool is_seen{};         ///< LOGIN itself is in the log
  };
  /// A host that a command line names, see ArgPeer.
  struct NamedPeer {
    TextId host{};
    Direction direction = Direction::unknown;
    std::uint16_t port{};
    bool by_default{};
  };

  const Tool* tool = nullptr;
  bool by_argv{};   ///< no connection of it is in the log: its command line is all there is
  bool has_exec{};  ///< its execve is in the log
  bool argv_cut{};  ///< words of its command line are missing
  host::Place began;
  std::vector<Connection> connections;
  std::vector<TextId> owner_hosts;  ///< the only hosts that helpers' command lines name
  std::vector<NamedPeer> peers;     ///< by_argv: what the command lines name

  Verdict automation = Verdict::unknown;
  bool scripted{};
  std::vector<Reason> reasons;
  std::optional<Job> job;
  std::uint32_t auid = host::kUnset;
  std::uint32_t uid = host::kUnset;
  std::uint32_t ses = host::kUnset;
  Login login;
  Program process;
  std::uint32_t ppid{};
  TextId cwd{};
  TextId script{};
  std::uint32_t lineage{};  ///< nearest ancestor, see InvocationStore::Ancestor; 0: none
  std::vector<TextId> notes;

  /// A file that its programs opened for reading.
  struct File {
    TextId path{};          ///< absolute where the log tells
    std::uint64_t bytes{};  ///< that were read from it
    std::uint64_t reads{};  ///< calls that did; 0: how much is not known
    host::Place opened;
  };
  /// A program whose output was its standard input, and that made that ready.
  struct Feeder {
    TextId who{};
    TextId verb{};
    audit::Stamp began;
  };
  std::vector<File> files;        ///< the first
  std::uint64_t files_count{};    ///< all of them
  std::uint64_t files_own{};      ///< opens of what programs open for themselves
  std::uint64_t files_unnamed{};  ///< opens without a name in the log
  std::vector<TextId> named;      ///< local paths in its command line of which more is known
  std::vector<Feeder> feeders;

  /// No fact of it starts before.
  [[nodiscard]] audit::TimeMs low() const;
  /// No fact of it ends after.
  [[nodiscard]] audit::TimeMs high() const;
};

}  // namespace auexfil::transfer
