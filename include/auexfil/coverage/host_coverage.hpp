#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auexfil/audit/address_set.hpp"
#include "auexfil/audit/stamp.hpp"

namespace auexfil::coverage {

/// Could this log have shown an unattended transfer and its volume?
enum class CoverageVerdict : std::uint8_t {
  adequate,  ///< execs, connections and bytes are audited, nothing was lost
  partial,   ///< some of it: a finding is right, an absence proves little
  blind,     ///< the log could not have shown one
};

[[nodiscard]] const char* to_word(CoverageVerdict);

/// A stretch of time in which records were lost or auditing was off.
struct Gap {
  audit::TimeMs from{};
  audit::TimeMs to{};
  std::string why;
};

/// Bytes that unattended programs sent where the log does not tell.
struct UnseenBytes {
  std::uint64_t bytes{};
  std::vector<std::string> programs;  ///< Names, most bytes first; at most eight.
};

/// What unattended programs may have sent that no record counts: messages whose sizes are not told
/// (sendmmsg), and connections of which what goes over them is in no record (io_uring, or a tool's
/// that is known to send by a call that the log does not have). Where the log has no sendfile and
/// no splice, connections that show no call that sends are silent: port checks, or not.
struct Uncounted {
  struct Peer {
    std::string address;  ///< else the name of a command line; empty: of several, or not known
    std::optional<std::uint16_t> port;
    std::string tool;
    std::string program;  ///< name; "others": of several
    bool served{};        ///< the peer came in
    std::uint64_t messages{};
    std::uint64_t connections{};
    std::uint64_t silent{};                   ///< connections, no others
    std::optional<std::uint64_t> most_bytes;  ///< of all but the silent ones; empty: no bound
    audit::TimeMs last{};
  };
  std::uint64_t messages{};
  std::uint64_t connections{};
  std::uint64_t silent{};
  std::uint64_t programs{};  ///< names of them
  std::vector<Peer> peers;   ///< most bytes first, at most 100; the others as one
};

/// A job that the log tells of though no audit rule asks for it: a unit of the service manager, or
/// the sessions that a scheduler opened for one account.
struct SeenJob {
  std::string kind;  ///< "unit", or the sign of automation.conf: cron, at …
  std::string name;  ///< the unit, or the program that opened the session
  std::optional<std::string> user;
  bool vouched{};  ///< false: on the word of whoever wrote the record
  std::uint64_t starts{};
  std::uint64_t stops{};
  audit::TimeMs first{};
  audit::TimeMs last{};
  std::vector<audit::TimeMs> times;  ///< of the first starts, at most 64
  /// Of the newest starts of a session beyond these, in their order. Not printed.
  std::vector<audit::TimeMs> newest;
};

/// What network telemetry tells of a host, where it was joined.
struct FlowsOfHost {
  struct Clock {
    std::string exporter;
    std::int64_t ahead_ms{};  ///< of the host's
  };
  struct Stretch {
    audit::TimeMs from{};
    audit::TimeMs to{};
  };
  std::vector<std::string> addresses;
  /// None of them is one that the host's own configuration has: a translator's, as it seems, behind
  /// which other hosts may be.
  bool is_translated{};
  std::vector<Clock> clocks;
  std::uint64_t in_time{};     ///< destinations of transfers in the time that the flows tell of
  std::uint64_t joined{};      ///< destinations that flows are joined to
  std::vector<Stretch> hours;  ///< whole hours with a flow, those in a row as one; the first 1000
  /// Flows that the host began, to addresses that transfers went to, and that are no transfer's.
  std::uint64_t unjoined{};
  std::uint64_t unjoined_bytes{};           ///< that left in them, at least
  std::vector<std::string> unjoined_peers;  ///< addresses, most bytes first; at most eight

  /// Flows that the host began, to an address with which no program of the log had a connection.
  struct Unseen {
    struct Hour {
      audit::TimeMs from{};
      std::uint64_t bytes{};
      audit::TimeMs first{};  ///< when the first of them began, by the host's clock
      audit::TimeMs last{};   ///< and the last ended
      /// That left in them at most; empty: nobody saw all of it.
      std::optional<std::uint64_t> bytes_most;
    };
    std::string address;
    std::optional<std::uint16_t> port;  ///< empty: of several, or none
    std::string transport;              ///< "tcp"; empty: several, or another
    std::uint64_t addresses{};          ///< 0: the one; else a sum of so many lighter ones
    std::uint64_t flows{};
    std::uint64_t bytes{};  ///< that left in them, at least
    audit::TimeMs first{};  ///< by the host's clock
    audit::TimeMs last{};
    std::string layer;                        ///< of the bytes
    std::string evidence;                     ///< the largest: "conn.log:12"
    std::vector<Hour> hours;                  ///< in which they ended, with their bytes; by time
    std::optional<std::uint64_t> bytes_most;  ///< of all of them, as of an hour
  };
  std::vector<Unseen> unseen;  ///< most bytes first, of as many those that may be more
  bool tells_unseen{};         ///< false: nobody can say which flows are no program's
  /// To no address that is left out of `unseen` more bytes went; empty: not known.
  std::optional<std::uint64_t> unseen_above;
};

/// What one host's log could show. Prints as {"type":"coverage",…}.
struct HostCoverage {
  std::optional<std::string> host;
  std::optional<std::string> node;
  CoverageVerdict verdict = CoverageVerdict::blind;
  std::vector<std::string> reasons;  ///< Sentences, the gravest first.
  audit::TimeMs first{};
  audit::TimeMs last{};
  bool execs{};        ///< program starts are in the log
  bool connects{};     ///< connections are
  bool bytes{};        ///< calls that carry bytes are
  bool descriptors{};  ///< the ends and copies of descriptors are
  std::vector<Gap> gaps;
  /// To descriptors whose opening is not in the log: what of them left the host, nobody can tell.
  /// Empty: none.
  std::optional<UnseenBytes> unattributed;
  /// To peers whose address is in no record, or only inferred. Empty: none.
  std::optional<UnseenBytes> unaddressed;
  std::vector<SeenJob> jobs;  ///< By kind, name and user.
  std::optional<FlowsOfHost> flows;
  std::optional<Uncounted> uncounted;  ///< Empty: nothing.
  /// More may have gone where nobody counts than a rule lets out: policy::judge_unattributed(). Not
  /// printed.
  bool may_hide_excess{};
  /// With which any program had a connection; null: not all are known. Not printed.
  std::shared_ptr<const audit::AddressSet> peers;
};

/// Nobody asks for what lies outside of that time: could the log show something of it? Blind where
/// it has nothing of that time, or a gap is all of it; else a reason where a day or more of it lies
/// before or behind the log. Empty: from the beginning, to the end. Done twice it is done once.
void hold_to(std::optional<audit::TimeMs> start, std::optional<audit::TimeMs> end,
             HostCoverage& host);

/// What was read, for the summary record.
struct ReadSummary {
  /// What a log gave, for `inputs`.
  struct Held {
    std::string form;
    std::string taken_for;
    std::optional<std::string> host;
    std::vector<std::string> nodes;  ///< of its set, the first of them
    std::uint64_t records{};
    std::uint64_t events{};
    audit::TimeMs first{};  ///< 0: no event
    audit::TimeMs last{};
    std::uint64_t gaps{};  ///< places in which its host lost records, or auditing was off
    std::uint64_t lost{};  ///< events missing there, as far as their numbers tell
    std::string host_by;   ///< who calls the host so: "option", "image", "carrier", "folder"
    std::string joined;    ///< see input::LogFile::joined
  };
  struct Input {
    std::string name;
    std::string status;          ///< "read", or the word of an input::ProblemKind
    std::string note;            ///< empty, or the problem's sentence
    std::optional<Held> held{};  ///< of what was read, where it was asked for
  };
  std::vector<Input> inputs;
  /// A file of network telemetry.
  struct FlowFile {
    std::string name;
    std::string format;  ///< "zeek tsv"; empty: none that is known
    std::string status;  ///< as of an Input
    std::string note;    ///< empty, or sentences
    std::uint64_t lines{};
    std::uint64_t records{};     ///< of flows
    std::uint64_t with_bytes{};  ///< of them
    std::uint64_t left_out{};    ///< lines, for their faults
    audit::TimeMs first{};       ///< of the flows; 0: there is none
    audit::TimeMs last{};
  };
  std::vector<FlowFile> flows;
  std::uint64_t events{};
  std::uint64_t records{};
  std::uint64_t bytes_read{};
  std::map<std::string, std::uint64_t> malformed;  ///< kind -> lines
  std::map<std::string, std::uint64_t> bounds;     ///< bound that was hit -> times
  bool complete = true;                            ///< every input was read whole
};

}  // namespace auexfil::coverage
