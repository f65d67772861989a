#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auexfil/audit/address.hpp"
#include "auexfil/audit/stamp.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/policy/lint.hpp"
#include "auexfil/report/writer.hpp"
#include "finding_log.hpp"
#include "output.hpp"

namespace auexfil::cli {

enum class Command : std::uint8_t {
  scan,
  transfers,
  judge,
  events,
  coverage,
  explain,
  inventory,
  inputs,
  baseline,
  lint
};

/// Its operands are facts, not logs.
[[nodiscard]] inline bool reads_facts(Command command) {
  return command == Command::judge || command == Command::lint || command == Command::baseline;
}

enum class Color : std::uint8_t { automatic, always, never };

/// What the command line asks for.
struct Options {
  Command command = Command::scan;
  std::vector<std::string> inputs;
  std::string id;                  ///< explain: 16 hex digits, or the first few
  std::string root;                ///< --root: a mounted image
  std::vector<std::string> flows;  ///< --flows: files of flow records, folders and archives
  std::map<std::string, std::vector<audit::IpAddress>> host_ips;  ///< --host-ip; "": of any host
  std::vector<std::string> rules;
  std::string baseline;          ///< --baseline: a file that `baseline` wrote; empty: none
  std::vector<std::string> geo;  ///< --geo: databases of places
  std::optional<std::string> role;
  std::vector<audit::Cidr> allows;
  std::optional<std::string> host;
  std::optional<std::string> node;
  std::optional<audit::TimeMs> start;
  std::optional<audit::TimeMs> end;
  std::optional<report::Format> format;  ///< Empty: the command's own.
  std::int64_t keep_days = 7;            ///< that facts stay in the state, beside the windows
  std::string state;                     ///< --state; empty: none
  OutputName output;                     ///< -o
  OutputName coverage_out;               ///< --coverage-out; empty: none
  bool no_flows = false;                 ///< --no-flows: nor those that lie among the inputs
  bool append_new = false;               ///< --append-new: rows go to the CSV that is there
  bool summary = false;                  ///< --summary: a few lines on standard output
  LogTo log_to = LogTo::nothing;         ///< --log
  std::shared_ptr<FindingLog> log;       ///< Open, once the run begins and --log asks for it.
  bool local = false;                    ///< --local: days of a name are this machine's, not UTC's
  std::optional<policy::Severity> fail_on = policy::Severity::low;  ///< Empty: no finding is 1.
  std::optional<policy::Weight> fail_on_remark = policy::Weight::error;  ///< lint; empty: none.
  unsigned threads = 0;  ///< 0: as many as there are processors, at most 4
  std::size_t block_bytes = std::size_t{256} << 10;
  bool stats = false;
  bool all = false;  ///< A card for each finding, of hosts without bytes too.
  bool mask = true;
  bool quiet = false;
  bool verbose = false;
  Color color = Color::automatic;
  std::uint64_t max_memory = 512'000'000;
  std::size_t max_argv_bytes = std::size_t{64} << 10;
  std::size_t max_string_bytes = std::size_t{256} << 20;
  std::size_t max_descriptors = 4096;
  std::size_t max_nodes = std::size_t{1} << 18;
  std::size_t max_processes = std::size_t{1} << 18;
  std::size_t max_open_events = 4096;
};

struct Parsed {
  Options options;
  std::optional<int> exit;  ///< Set when nothing is left to do (--help, --version, a mistake).
};

/// Reads the command line; prints help to stdout and mistakes to stderr itself.
/// \param now milliseconds since 1970, for "-24h".
[[nodiscard]] Parsed parse_options(int argc, const char* const* argv, audit::TimeMs now);

/// What --help says, as one JSON object on a line; man pages and completions are made of it
/// (scripts/man, scripts/completions): {name, text, examples, exit_codes, options, commands:
/// [{name, text, options, operands}]}, each option {names, value, text, group, choices,
/// repeatable}, each operand {name, text, repeatable, required}.
[[nodiscard]] std::string option_tables();

}  // namespace auexfil::cli
