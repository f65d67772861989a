#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "auexfil/audit/address.hpp"
#include "auexfil/audit/stamp.hpp"

/// The facts of one transfer, as values: what `transfers` prints and `judge` reads.
/// Shapes and meaning: DESIGN, "Identity", "Automation", "Direction and side", "Bytes".
namespace auexfil::transfer {

enum class Side : std::uint8_t { client, server };
enum class Direction : std::uint8_t { none, out, in, both, unknown };
/// How sure a byte count is, surest first.
enum class Basis : std::uint8_t { measured, at_least, estimated, flow, unknown };
enum class Verdict : std::uint8_t { unattended, attended, unknown };
enum class Transport : std::uint8_t { tcp, udp, sctp, unknown };
enum class Source : std::uint8_t { connect, accept, sendto, argv, flow };

/// One sign that an invocation was (or was not) automated.
struct Reason {
  std::string sign;                   ///< Name of a section in rules/automation.conf.
  std::string text;                   ///< A sentence for people.
  std::optional<audit::Stamp> event;  ///< The event that shows it.

  bool operator==(const Reason&) const = default;
};

/// The thing that started the transfer: what a responder has to look at or switch off.
struct Job {
  std::string kind;                     ///< cron, at, service, timer, user-timer, ssh, ci, ...
  std::string what;                     ///< Its command line or unit, as far as the log knows.
  std::optional<std::string> artefact;  ///< File that defines it (later issue); null until then.

  bool operator==(const Job&) const = default;
};

struct Program {
  std::uint32_t pid{};
  std::string exe;
  std::string comm;
  std::vector<std::string> argv;

  bool operator==(const Program&) const = default;
};

struct Destination {
  std::optional<audit::IpAddress> address;  ///< Empty where only `name` is known.
  std::optional<std::uint16_t> port;
  Transport transport = Transport::unknown;
  std::optional<std::string> name;  ///< The host as typed in argv, never resolved.
  Source source = Source::connect;
  Direction direction = Direction::unknown;
  std::optional<std::uint64_t> bytes_out;  ///< Empty: the log cannot say. Never 0 for unknown.
  std::optional<std::uint64_t> bytes_in;
  Basis basis = Basis::unknown;
  std::uint64_t connections{};
  audit::TimeMs first{};
  audit::TimeMs last{};
  /// 0 for an ordinary one. Else it is a sum of connections to so many addresses at least, each too
  /// light to be told apart from the others; it has no address and no name.
  std::uint64_t addresses{};

  bool operator==(const Destination&) const = default;
};

struct Evidence {
  std::string file;  ///< LogFile::name
  std::uint64_t line{};
  audit::Stamp event;
  std::string what;  ///< "execve", "connect", "write", ...

  bool operator==(const Evidence&) const = default;
};

struct Fact {
  std::uint64_t id{};  ///< Printed as 16 hex digits.
  std::optional<std::string> host;
  std::optional<std::string> node;
  audit::TimeMs start{};
  audit::TimeMs end{};
  std::string tool;  ///< Name of a section in rules/tools.conf, or "other".
  Side side = Side::client;
  Direction direction = Direction::unknown;

  Verdict automation = Verdict::unknown;
  bool scripted{};
  std::vector<Reason> reasons;
  std::optional<Job> job;

  std::optional<std::uint32_t> auid;  ///< Empty when unset (4294967295).
  std::optional<std::string> auid_name;
  std::optional<std::uint32_t> uid;
  std::optional<std::string> uid_name;
  std::optional<std::uint32_t> ses;

  Program process;
  std::uint32_t ppid{};
  std::optional<std::string> cwd;
  std::optional<std::string> script;
  std::vector<Program> lineage;  ///< Nearest ancestor first.

  std::vector<Destination> destinations;
  std::optional<std::uint64_t> bytes_out;
  std::optional<std::uint64_t> bytes_in;
  Basis basis = Basis::unknown;
  std::vector<Evidence> evidence;
  std::vector<std::string> notes;

  bool operator==(const Fact&) const = default;
};

/// Takes out of texts what may not be shown. The same text always becomes the same.
struct Redactor {
  virtual void redact(std::string& text) = 0;
  virtual void redact(std::vector<std::string>& argv) = 0;

 protected:
  ~Redactor() = default;
};

/// The words of the JSON contract.
[[nodiscard]] const char* to_word(Side);
[[nodiscard]] const char* to_word(Direction);
[[nodiscard]] const char* to_word(Basis);
[[nodiscard]] const char* to_word(Verdict);
[[nodiscard]] const char* to_word(Transport);
[[nodiscard]] const char* to_word(Source);

/// The way back; empty for a word that is none of the contract's.
[[nodiscard]] std::optional<Side> side_from(std::string_view);
[[nodiscard]] std::optional<Direction> direction_from(std::string_view);
[[nodiscard]] std::optional<Basis> basis_from(std::string_view);
[[nodiscard]] std::optional<Verdict> verdict_from(std::string_view);
[[nodiscard]] std::optional<Transport> transport_from(std::string_view);
[[nodiscard]] std::optional<Source> source_from(std::string_view);

/// The less sure of two bases.
[[nodiscard]] Basis weaker(Basis a, Basis b);

/// A number under which a process held a socket.
struct DescriptorUse {
  std::uint32_t fd{};
  std::uint32_t pid{};
  bool operator==(const DescriptorUse&) const = default;
};

}  // namespace auexfil::transfer
