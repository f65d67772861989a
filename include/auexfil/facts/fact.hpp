#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/artefacts/logins.hpp"
#include "auexfil/audit/address.hpp"
#include "auexfil/audit/stamp.hpp"
#include "auexfil/host/model.hpp"
#include "auexfil/transfer/terms.hpp"

/// The facts of one transfer, as values: what `transfers` prints and `judge` reads.
/// Shapes and meaning: DESIGN, "Identity", "Automation", "Direction and side", "Bytes".
namespace auexfil::facts {

using artefacts::Login;
using transfer::Basis;
using transfer::Direction;
using transfer::FileBasis;
using transfer::Side;
using transfer::Source;
using transfer::Transport;
using transfer::Verdict;

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

/// How sure it is that flows of network telemetry are a destination's.
enum class FlowGrade : std::uint8_t {
  exact,   ///< a flow for each connection of the log, and no other transfer that they could be of
  shared,  ///< several transfers, or more flows than connections: bounds
  window,  ///< by address and time: the log has no connection, or the flow's clock is coarse
};
[[nodiscard]] const char* to_word(FlowGrade);
[[nodiscard]] std::optional<FlowGrade> flow_grade_from(std::string_view);

/// Flows that are those of several destinations, and nobody can tell which are whose.
struct FlowsTogether {
  std::uint64_t id{};            ///< the same for all of these destinations
  std::uint64_t destinations{};  ///< so many
  std::uint64_t bytes_out{};     ///< to all of them, at least; flows of one alone are in it

  bool operator==(const FlowsTogether&) const = default;
};

/// What network telemetry tells of a destination.
struct FlowTold {
  FlowGrade grade = FlowGrade::exact;
  std::string layer;  ///< whose bytes: L4 is payload, L3 with IP headers, L2 with the link's
  std::uint64_t flows{};
  std::optional<std::uint64_t> bytes_out;       ///< At least; empty: not told.
  std::optional<std::uint64_t> bytes_out_most;  ///< Empty: nobody saw all of it.
  std::optional<std::uint64_t> bytes_in;
  std::vector<std::string> exporters;
  std::string file;  ///< of the first
  std::uint64_t line{};
  bool disagrees{};                       ///< with what the log has measured, by more than headers
  std::optional<FlowsTogether> together;  ///< Empty: all that is told is its own.

  bool operator==(const FlowTold&) const = default;
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
  /// So many of `bytes_out` nobody saw leave: files of the image, or a tool's own log, tell them.
  std::uint64_t bytes_estimated{};
  std::optional<FlowTold> flow;  ///< Nothing where no flow is joined to it.

  bool operator==(const Destination&) const = default;
};

struct Evidence {
  std::string file;      ///< LogFile::name, or a path inside the image
  std::uint64_t line{};  ///< 0: it is the image's
  audit::Stamp event;
  std::string what;  ///< "execve", "connect", "write", ...

  bool operator==(const Evidence&) const = default;
};

/// A file that the programs of a transfer opened for reading.
struct FileUse {
  std::string path;                    ///< Absolute where the log tells, else as it was given.
  std::optional<std::uint64_t> bytes;  ///< Read from it, or its size. Empty: nothing can say.
  FileBasis basis = FileBasis::unknown;
  std::optional<audit::Stamp> event;  ///< That opened it.

  bool operator==(const FileUse&) const = default;
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
  std::optional<Login> login;     ///< To the session that it ran in; nothing where no log tells it.
  std::uint64_t files_count{};    ///< Of all files that its programs read, not of `files` alone.
  std::uint64_t files_own{};      ///< Opens of libraries and of its own configuration.
  std::uint64_t files_unnamed{};  ///< Opens without a name in the log.
  std::vector<FileUse> files;     ///< The first hundred.

  bool operator==(const Fact&) const = default;
};

/// "alice from 192.0.2.9 port 50022 by publickey ED25519 SHA256:… (var/log/auth.log:12)".
[[nodiscard]] std::string login_text(const Login& login);

/// Takes out of texts what may not be shown. The same text always becomes the same.
struct Redactor {
  virtual ~Redactor() = default;
  virtual void redact(std::string& text) = 0;
  /// \return was there anything to hide?
  virtual bool redact(std::vector<std::string>& argv) = 0;
  /// One that does the same, for another thread.
  [[nodiscard]] virtual std::unique_ptr<Redactor> another() const = 0;
};

/// All texts of a fact that may quote a command line, but for the argument vectors themselves.
void redact_texts(Fact& fact, Redactor& redactor);

/// What `explain` tells beside a fact, of each destination.
struct FactDetails {
  struct OfDestination {
    std::vector<host::CallSum> calls;
    std::vector<transfer::DescriptorUse> descriptors;  ///< of the first connections
  };
  std::vector<OfDestination> destinations;
};

}  // namespace auexfil::facts
