#include "options.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <iostream>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "auexfil/facts/json_writer.hpp"
#include "auexfil/input/rule_file.hpp"
#include "auexfil/policy/units.hpp"
#include "output.hpp"

namespace auexfil::cli {
namespace {

constexpr const char* kFooter =
    "Exit codes:\n"
    "  0  no finding, inputs read whole, the log could have shown one\n"
    "  1  findings (whatever else is true is said on stderr and in the summary)\n"
    "  2  usage, configuration or output error; nothing judged\n"
    "  3  no finding, but an input was missing, unreadable, damaged or not an audit log\n"
    "  4  no finding, but the log could not have shown one\n"
    "  6  another run holds the state file\n";

constexpr const char* kExamples =
    "Examples:\n"
    "  auexfil scan collected/                   findings in collected logs, as a table\n"
    "  auexfil scan --format csv -o '%F.csv'     this host's log, one file a day\n"
    "  auexfil scan --root /mnt/image            the log of a mounted image\n"
    "  auexfil explain 9f0c1d2e collected/       one finding, down to the log lines\n";

/// What a command can write, its own format first.
std::vector<report::Format> formats_of(Command command) {
  using report::Format;
  switch (command) {
    case Command::scan:
    case Command::judge:
      return {Format::table, Format::csv, Format::jsonl};
    case Command::transfers:
      return {Format::jsonl, Format::csv, Format::table};
    case Command::events:
      return {Format::jsonl};
    case Command::coverage:
      return {Format::table, Format::csv, Format::jsonl};
    case Command::inventory:
      return {Format::table, Format::csv, Format::jsonl};
    case Command::inputs:
    case Command::lint:
      return {Format::table, Format::jsonl};
    case Command::explain:
      return {Format::table};
    case Command::baseline:
      break;  // a rule file
  }
  return {};
}

std::vector<std::pair<std::string_view, report::Format>> format_words(Command command) {
  std::vector<std::pair<std::string_view, report::Format>> words;
  for (const report::Format format : formats_of(command)) {
    words.emplace_back(to_word(format), format);
  }
  return words;
}

constexpr std::array kColors = {std::pair{std::string_view("auto"), Color::automatic},
                                std::pair{std::string_view("always"), Color::always},
                                std::pair{std::string_view("never"), Color::never}};

using FailOn = std::optional<policy::Severity>;
constexpr std::array kFailOn = {
    std::pair{std::string_view("critical"), FailOn(policy::Severity::critical)},
    std::pair{std::string_view("high"), FailOn(policy::Severity::high)},
    std::pair{std::string_view("medium"), FailOn(policy::Severity::medium)},
    std::pair{std::string_view("low"), FailOn(policy::Severity::low)},
    std::pair{std::string_view("never"), FailOn()}};

using FailOnRemark = std::optional<policy::Weight>;
constexpr std::array kFailOnRemark = {
    std::pair{std::string_view("error"), FailOnRemark(policy::Weight::error)},
    std::pair{std::string_view("warning"), FailOnRemark(policy::Weight::warning)},
    std::pair{std::string_view("note"), FailOnRemark(policy::Weight::note)},
    std::pair{std::string_view("never"), FailOnRemark()}};

constexpr std::array kLogs = {std::pair{std::string_view("journal"), LogTo::journal},
                              std::pair{std::string_view("syslog"), LogTo::syslog}};

/// "table, csv or jsonl"
std::string join_or(const std::vector<std::string_view>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += i == 0 ? "" : i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

template <typename Choices>
std::vector<std::string_view> words_of(const Choices& choices) {
  std::vector<std::string_view> words;
  words.reserve(std::size(choices));
  for (const auto& [word, value] : choices) {
    words.push_back(word);
  }
  return words;
}

/// \return a mistake, or empty.
template <typename Choices, typename Out>
std::string choose(std::string_view option, const std::string& text, const Choices& choices,
                   Out& out) {
  const auto found = std::find_if(choices.begin(), choices.end(),
                                  [&](const auto& choice) { return choice.first == text; });
  if (found == choices.end()) {
    return fmt::format("{}: '{}' is not possible here; write {}", option, text,
                       join_or(words_of(choices)));
  }
  out = found->second;
  return {};
}

/// RFC 3339, a date, or "-24h" before now.
std::string parse_time(std::string_view option, const std::string& text, audit::TimeMs now,
                       std::optional<audit::TimeMs>& out) {
  if (!text.empty() && text.front() == '-') {
    if (const auto back = policy::parse_duration(text.substr(1))) {
      out = now - *back;
      return {};
    }
  } else if (const auto time = audit::parse_rfc3339(text)) {
    out = *time;
    return {};
  }
  return fmt::format("{}: '{}' is no time; write 2026-12-02, 2026-12-02T01:00:00Z or -24h", option,
                     text);
}

constexpr std::uint64_t kLeastMemory = std::uint64_t{32} << 20;

/// The words that an option takes, where it takes no others.
using OptionChoices = std::map<const CLI::Option*, std::vector<std::string_view>>;

struct Texts {
  std::string start;
  std::string end;
  std::string format;
  std::string color;
  std::string fail_on;
  std::string log;
  std::string max_memory;
  std::vector<std::string> allows;
  std::vector<std::string> host_ips;
  OptionChoices choices;  ///< Of the options that take one of a few words.
};

/// A list option takes one value each time: what follows is an INPUT.
CLI::Option* one_each_time(CLI::Option* option) {
  return option->take_all()->allow_extra_args(false);
}

void add_threads(CLI::App& command, Options& options) {
  command
      .add_option("--threads", options.threads,
                  "threads to read with (default: one a processor, at most 4)")
      ->type_name("N")
      ->check(CLI::Range(0U, 256U).description(""));
}

void add_logs(CLI::App& command, Options& options, Texts& texts) {
  command
      .add_option("INPUT", options.inputs,
                  "audit logs: files, folders, or - for standard input (default: this host's)")
      ->type_name("");
  command
      .add_option("--root", options.root,
                  "a mounted image or a collection, packed or not: its log, hostname and names")
      ->type_name("DIR|ARCHIVE");
  add_threads(command, options);
  command.add_option("--block-size", options.block_bytes, "bytes read at a time")
      ->type_name("BYTES")
      ->check(CLI::Range(std::size_t{1024}, std::size_t{1} << 28).description(""))
      ->group("Bounds");
  const auto bound = [&](const char* name, std::size_t& value, const char* text) {
    return command.add_option(name, value, text)->type_name("N")->group("Bounds");
  };
  command
      .add_option("--max-memory", texts.max_memory,
                  "memory at which the tables stop growing (default: 512MB): what comes then is "
                  "summed up, counted and said")
      ->type_name("SIZE")
      ->group("Bounds");
  bound("--max-argv-bytes", options.max_argv_bytes, "argument bytes kept of one exec");
  bound("--max-string-bytes", options.max_string_bytes,
        "bytes of distinct strings kept of one host");
  bound("--max-descriptors", options.max_descriptors, "descriptors followed in one process");
  bound("--max-nodes", options.max_nodes, "hosts in one log");
  const CLI::Range some = CLI::Range(std::size_t{64}, std::size_t{1} << 30);
  bound("--max-processes", options.max_processes, "processes followed of one host")->check(some);
  bound("--max-open-events", options.max_open_events,
        "events of one host held back for records that come late")
      ->check(some);
}

void add_rules(CLI::App& command, Options& options) {
  one_each_time(command.add_option("--rules", options.rules,
                                   "rule file, or folder of *.conf, over /etc/auexfil and what is "
                                   "built in (repeatable)"))
      ->type_name("FILE|DIR");
}

void add_policy(CLI::App& command, Options& options, Texts& texts) {
  add_rules(command, options);
  command.add_option("--role", options.role, "judge every host by this role")->type_name("NAME");
  one_each_time(
      command.add_option("--allow", texts.allows, "a network that is approved (repeatable)"))
      ->type_name("CIDR");
}

void add_flows(CLI::App& command, Options& options, Texts& texts) {
  one_each_time(command.add_option("--flows", options.flows,
                                   "flow records (Zeek, Suricata, nfdump, conntrack, cloud …): a "
                                   "file, a folder or an archive; their bytes are joined to "
                                   "transfers (repeatable; default: those that lie in a folder, an "
                                   "archive or an image among the inputs)"))
      ->type_name("FILE|DIR");
  if (command.get_name() != "judge") {
    command.add_flag("--no-flows", options.no_flows,
                     "join no flow records, whatever the inputs hold");
  }
  one_each_time(command.add_option("--host-ip", texts.host_ips,
                                   "of flows: an address of the host, or of one of several hosts "
                                   "(default: told by the flows that fit; repeatable)"))
      ->type_name("[HOST=]ADDRESS");
}

/// Of the commands that judge: what is told beside what the policy limits.
void add_baseline(CLI::App& command, Options& options) {
  command
      .add_option("--baseline", options.baseline,
                  "what `baseline` wrote: what its [normal] sections do not have is told in the "
                  "reasons of findings, and rules may ask for it (deviation)")
      ->type_name("FILE");
}

/// Of the commands that hold rules against facts.
void add_geo(CLI::App& command, Options& options) {
  one_each_time(command.add_option("--geo", options.geo,
                                   "a database of countries or autonomous systems (.mmdb) that "
                                   "you have, for the keys country and asn of rules (repeatable)"))
      ->type_name("FILE");
}

/// Of the commands that end in a table of findings.
void add_all(CLI::App& command, Options& options) {
  command.add_flag("--all", options.all,
                   "table: a card for each finding, also of hosts whose log has no bytes");
}

/// Of the commands whose report may hold no row for a host: an empty one must mean something.
void add_coverage_out(CLI::App& command, Options& options) {
  command
      .add_option("--coverage-out", options.coverage_out.path,
                  "beside the report: what each host's log could have shown, as `coverage --format "
                  "csv` has it (names as of -o)")
      ->type_name("FILE");
}

/// Of the commands whose exit code says what was found.
void add_judged(CLI::App& command, Options& options, Texts& texts) {
  const CLI::Option* const log =
      command
          .add_option("--log", texts.log,
                      "an entry a finding in this machine's log: journal (syslog where no journald "
                      "runs) or syslog")
          ->type_name("WHERE");
  texts.choices.emplace(log, words_of(kLogs));
  command.add_flag(
      "--summary", options.summary,
      "five lines for a mail on standard output; the report is what -o writes (with --state "
      "there has to be one)");
  const CLI::Option* const fail_on =
      command
          .add_option(
              "--fail-on", texts.fail_on,
              fmt::format("the least severity that makes the exit code 1: {} (default: low)",
                          join_or(words_of(kFailOn))))
          ->type_name("WHEN");
  texts.choices.emplace(fail_on, words_of(kFailOn));
}

/// Sections of the policy against each other, and against facts where they are given.
void add_lint(CLI::App& lint, Options& options, Texts& texts) {
  lint.add_option(
          "FACTS", options.inputs,
          "output of `transfers`: what approves, limits and finds nothing in it is told too")
      ->type_name("");
  add_threads(lint, options);
  add_rules(lint, options);
  add_geo(lint, options);
  const CLI::Option* const fail_on =
      lint.add_option(
              "--fail-on", texts.fail_on,
              fmt::format("the least remark that makes the exit code 1: {} (default: error)",
                          join_or(words_of(kFailOnRemark))))
          ->type_name("WHEN");
  texts.choices.emplace(fail_on, words_of(kFailOnRemark));
}

void add_common(CLI::App& command, Options& options, Texts& texts, Command which) {
  command
      .add_option("--host", options.host,
                  reads_facts(which)
                      ? "only facts of this host"
                      : "the name of the host whose log it is, where the log does not say")
      ->type_name("NAME");
  command.add_option("--node", options.node, "only this node of the log")->type_name("NAME");
  const bool sums = which == Command::scan || which == Command::judge || which == Command::explain;
  command
      .add_option("--start", texts.start,
                  fmt::format("only what ends at or after T: RFC 3339, a date (its first moment, "
                              "UTC), or -24h{}",
                              sums ? "; a rule's window still reaches back behind it" : ""))
      ->type_name("T");
  command.add_option("--end", texts.end, "only what starts at or before T")->type_name("T");
  const auto formats = words_of(format_words(which));
  const CLI::Option* const format =
      formats.empty()
          ? nullptr
          : command
                .add_option("--format", texts.format,
                            formats.size() == 1 ? fmt::format("{} is all there is", formats.front())
                                                : fmt::format("{} (default: {})", join_or(formats),
                                                              formats.front()))
                ->type_name("NAME");
  if (format != nullptr) {
    texts.choices.emplace(format, formats);
  }
  command
      .add_option("-o,--output", options.output.path,
                  "write to a file, whole or not at all (strftime patterns, UTC; of such a name "
                  "that is taken the next: NAME.1.csv)")
      ->type_name("FILE");
  const auto formats_here = formats_of(which);
  if (std::count(formats_here.begin(), formats_here.end(), report::Format::csv) != 0) {
    command.add_flag("--append-new", options.append_new,
                     "csv: add to the FILE that is there, rows alone that are not in it");
  }
  command.add_flag("--local", options.local,
                   "patterns of names in this machine's time, not in UTC");
  const CLI::Option* const color =
      command.add_option("--color", texts.color, join_or(words_of(kColors)))->type_name("WHEN");
  texts.choices.emplace(color, words_of(kColors));
  command.add_flag("--stats", options.stats, "what was read and how fast, on stderr");
  command.add_flag_callback(
      "--no-mask", [&options] { options.mask = false; }, "show passwords of command lines");
  command.add_flag("-q,--quiet", options.quiet, "no progress, no warnings");
  command.add_flag("-v,--verbose", options.verbose, "cut nothing short, tell more");
}

/// An address of one of the hosts, or of the only one.
std::string add_host_ip(const std::string& text, Options& options) {
  const std::size_t equals = text.find('=');
  const std::string host = equals == std::string::npos ? std::string() : text.substr(0, equals);
  const std::string_view rest = equals == std::string::npos
                                    ? std::string_view(text)
                                    : std::string_view(text).substr(equals + 1);
  const auto address = audit::IpAddress::parse(rest);
  if (!address || address->is_unspecified() || (equals == 0)) {
    return fmt::format("--host-ip: '{}' is no address; write 192.0.2.7 or HOST=192.0.2.7", text);
  }
  options.host_ips[host].push_back(*address);
  return {};
}

/// A mistake in the grammar of the command line, in our words where CLI11's are poor.
std::string sentence(const CLI::App& app, const CLI::ParseError& error, int argc,
                     const char* const* argv) {
  const bool no_command = app.get_subcommands().empty();
  if (no_command && argc < 2) {
    return "no command given";
  }
  if (no_command && argv[1][0] != '-') {
    std::vector<std::string_view> names;
    for (const CLI::App* const sub : app.get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(sub->get_name());
    }
    const std::string near = input::nearest_word(argv[1], names);
    return near.empty()
               ? fmt::format("'{}' is no command; there are {}", argv[1], fmt::join(names, ", "))
               : fmt::format("'{}' is no command; did you mean {}?", argv[1], near);
  }
  return error.what();
}

/// Also what CLI11 cannot know: choices, times and networks, all mistakes of them.
std::vector<std::string> take_texts(const Texts& texts, audit::TimeMs now, Options& options) {
  std::vector<std::string> mistakes;
  const auto keep = [&](std::string mistake) {
    if (!mistake.empty()) {
      mistakes.push_back(std::move(mistake));
    }
  };
  if (!texts.format.empty()) {
    keep(choose("--format", texts.format, format_words(options.command), options.format));
  }
  if (!texts.color.empty()) {
    keep(choose("--color", texts.color, kColors, options.color));
  }
  if (!texts.fail_on.empty()) {
    keep(options.command == Command::lint
             ? choose("--fail-on", texts.fail_on, kFailOnRemark, options.fail_on_remark)
             : choose("--fail-on", texts.fail_on, kFailOn, options.fail_on));
  }
  if (!texts.log.empty()) {
    keep(choose("--log", texts.log, kLogs, options.log_to));
  }
  if (!texts.start.empty()) {
    keep(parse_time("--start", texts.start, now, options.start));
  }
  if (!texts.end.empty()) {
    keep(parse_time("--end", texts.end, now, options.end));
  }
  if (options.start && options.end && *options.start > *options.end) {
    keep("--start: lies behind --end, so that nothing is asked for");
  }
  if (!texts.max_memory.empty()) {
    const auto size = policy::parse_size(texts.max_memory);
    if (size && *size >= kLeastMemory) {
      options.max_memory = *size;
    } else {
      keep(fmt::format("--max-memory: '{}' is no size of {} or more; write 512MB or 2GiB",
                       texts.max_memory, policy::format_size(kLeastMemory)));
    }
  }
  for (const std::string& text : texts.allows) {
    if (const auto cidr = audit::Cidr::parse(text)) {
      options.allows.push_back(*cidr);
    } else {
      keep(fmt::format(
          "--allow: '{}' is no network; write 198.51.100.0/24 (no bits behind the prefix)", text));
    }
  }
  for (const std::string& text : texts.host_ips) {
    keep(add_host_ip(text, options));
  }
  if (!options.state.empty() && options.node) {
    keep("--state: keeps all nodes of a log; leave --node out, or leave it to `judge`");
  }
  if (!options.state.empty() && (!texts.start.empty() || !texts.end.empty())) {
    keep(
        "--state: keeps all times of a log; leave --start and --end out, they would take back what "
        "lies outside of them");
  }
  const auto is_stdin = [](const std::string& path) { return path == "-"; };
  if (std::any_of(options.flows.begin(), options.flows.end(), is_stdin) &&
      (std::any_of(options.inputs.begin(), options.inputs.end(), is_stdin) ||
       ((options.command == Command::judge || options.command == Command::baseline) &&
        options.inputs.empty()))) {
    keep("--flows: standard input is read as INPUT already; write a file");
  }
  if (options.no_flows && !options.flows.empty()) {
    keep("--no-flows: takes back what --flows asks for; leave one of them out");
  }
  if (options.coverage_out.path == "-") {
    keep("--coverage-out: write a FILE; standard output is the report's");
  }
  if (options.append_new && (options.format != report::Format::csv || options.output.path.empty() ||
                             options.output.path == "-")) {
    keep("--append-new: adds rows to a file; write --format csv and -o FILE");
  }
  // The state counts them as reported, and no later run would tell them.
  if (options.summary && !options.state.empty() && options.output.path.empty() &&
      options.log_to == LogTo::nothing) {
    keep(
        "--summary with --state: findings would be told nowhere, and by no later run; write the "
        "report with -o FILE, or --log journal");
  }
  std::string& id = options.id;
  std::transform(id.begin(), id.end(), id.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (options.command == Command::explain &&
      (id.size() > 16 || id.find_first_not_of("0123456789abcdef") != std::string::npos)) {
    keep(
        fmt::format("'{}' is no id; ids are 16 hex digits (the first few will do), as `auexfil "
                    "scan` shows them",
                    id));
  }
  return mistakes;
}

/// All commands with their options, into `app`.
void declare(CLI::App& app, Options& options, Texts& texts) {
  app.description(
      "Which programs that nobody was sitting at sent how much data to addresses that "
      "nobody approved, and could this log have shown it?");
  app.name("auexfil");
  app.footer(std::string(kExamples) + "\n" + kFooter);
  app.set_version_flag("--version", "auexfil " AUEXFIL_VERSION);
  app.require_subcommand(1);
  const auto add = [&](const char* name, const char* text, Command command) {
    CLI::App* const sub = app.add_subcommand(name, text);
    sub->footer(kFooter);
    sub->callback([&options, command] { options.command = command; });
    return sub;
  };
  CLI::App* const scan = add("scan", "logs to findings: the main job", Command::scan);
  add_logs(*scan, options, texts);
  add_policy(*scan, options, texts);
  add_baseline(*scan, options);
  add_geo(*scan, options);
  add_flows(*scan, options, texts);
  add_all(*scan, options);
  scan->add_option(
          "--state", options.state,
          "go on where the last run with this file has ended, and report what is new since; not "
          "with --start, --end, --node")
      ->type_name("FILE")
      ->check(CLI::Validator(
          [](const std::string& file) {
            return file.empty() ? std::string("names no file") : std::string();
          },
          ""));
  scan->add_option(
          "--keep-days", options.keep_days,
          "with --state: make facts of the last N days again, of which coverage is told as well "
          "(default: 7)")
      ->type_name("N")
      ->check(CLI::Range(1, 3650).description(""));
  add_judged(*scan, options, texts);
  add_coverage_out(*scan, options);
  CLI::App* const transfers =
      add("transfers", "logs to facts, one JSON line a transfer", Command::transfers);
  add_logs(*transfers, options, texts);
  add_rules(*transfers, options);
  add_flows(*transfers, options, texts);
  add_coverage_out(*transfers, options);
  CLI::App* const judge = add("judge", "facts of any number of hosts to findings", Command::judge);
  judge->add_option("FACTS", options.inputs, "output of `transfers`; - or none: standard input")
      ->type_name("");
  add_threads(*judge, options);
  add_policy(*judge, options, texts);
  add_baseline(*judge, options);
  add_geo(*judge, options);
  add_flows(*judge, options, texts);
  add_all(*judge, options);
  add_judged(*judge, options, texts);
  add_coverage_out(*judge, options);
  CLI::App* const events = add("events", "every event, decoded, as JSON lines", Command::events);
  add_logs(*events, options, texts);
  CLI::App* const coverage = add("coverage", "could these logs have shown it?", Command::coverage);
  add_logs(*coverage, options, texts);
  add_rules(*coverage, options);
  add_flows(*coverage, options, texts);
  CLI::App* const found =
      add("inputs", "what was found, taken for what, from when to when", Command::inputs);
  add_logs(*found, options, texts);
  add_rules(*found, options);
  CLI::App* const inventory =
      add("inventory",
          "every automated job that sends: those that ran, and of an image (--root) those that "
          "would",
          Command::inventory);
  add_logs(*inventory, options, texts);
  add_policy(*inventory, options, texts);
  add_flows(*inventory, options, texts);
  CLI::App* const explain =
      add("explain", "one transfer or finding, down to the log lines", Command::explain);
  explain->add_option("ID", options.id, "id of a transfer or finding, or its first digits")
      ->type_name("")
      ->required();
  add_logs(*explain, options, texts);
  add_policy(*explain, options, texts);
  add_geo(*explain, options);
  add_flows(*explain, options, texts);
  CLI::App* const baseline =
      add("baseline", "limits and approvals proposed from what is normal, as a rule file",
          Command::baseline);
  baseline
      ->add_option("FACTS", options.inputs,
                   "output of `transfers`, or logs as `scan` takes them; - or none: facts from "
                   "standard input")
      ->type_name("");
  add_threads(*baseline, options);
  add_policy(*baseline, options, texts);
  add_flows(*baseline, options, texts);
  CLI::App* const lint =
      add("lint", "what is wrong with roles, allow entries and rules", Command::lint);
  add_lint(*lint, options, texts);
  add_common(*scan, options, texts, Command::scan);
  add_common(*transfers, options, texts, Command::transfers);
  add_common(*judge, options, texts, Command::judge);
  add_common(*events, options, texts, Command::events);
  add_common(*coverage, options, texts, Command::coverage);
  add_common(*explain, options, texts, Command::explain);
  add_common(*found, options, texts, Command::inputs);
  add_common(*inventory, options, texts, Command::inventory);
  add_common(*baseline, options, texts, Command::baseline);
  add_common(*lint, options, texts, Command::lint);
}

/// "N" of "N:UINT in [64 - 1024]": the bound of a value is CLI11's word.
std::string value_name(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

void write_operand(facts::JsonWriter& json, const CLI::Option& operand) {
  json.begin_object();
  json.member("name", operand.get_name(true));
  json.member("text", operand.get_description());
  json.member("repeatable", operand.get_expected_max() > 1);
  json.member("required", operand.get_required());
  json.end_object();
}

void write_option(facts::JsonWriter& json, const CLI::Option& option,
                  const OptionChoices& choices) {
  json.begin_object();
  json.key("names");
  json.begin_array();
  for (const std::string& name : option.get_snames()) {
    json.string("-" + name);
  }
  for (const std::string& name : option.get_lnames()) {
    json.string("--" + name);
  }
  json.end_array();
  json.member("value", value_name(option));
  json.member("text", option.get_description());
  json.member("group", option.get_group());
  json.key("choices");
  json.begin_array();
  if (const auto words = choices.find(&option); words != choices.end()) {
    for (const std::string_view word : words->second) {
      json.string(word);
    }
  }
  json.end_array();
  json.member("repeatable", option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll);
  json.end_object();
}

void write_options(facts::JsonWriter& json, const CLI::App& app, const OptionChoices& choices) {
  json.key("options");
  json.begin_array();
  for (const CLI::Option* const option : app.get_options()) {
    if (!option->get_positional() && !option->get_group().empty()) {
      write_option(json, *option, choices);
    }
  }
  json.end_array();
}

void write_command(facts::JsonWriter& json, const CLI::App& command, const OptionChoices& choices) {
  json.begin_object();
  json.member("name", command.get_name());
  json.member("text", command.get_description());
  write_options(json, command, choices);
  json.key("operands");
  json.begin_array();
  for (const CLI::Option* const option : command.get_options()) {
    if (option->get_positional()) {
      write_operand(json, *option);
    }
  }
  json.end_array();
  json.end_object();
}

}  // namespace

Parsed parse_options(int argc, const char* const* argv, audit::TimeMs now) {
  Parsed parsed;
  Options& options = parsed.options;
  Texts texts;
  CLI::App app;
  declare(app, options, texts);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      parsed.exit = app.exit(error, std::cout, std::cerr);
      return parsed;
    }
    print_message(sentence(app, error, argc, argv));
    const auto subs = app.get_subcommands();
    print_message(fmt::format("`auexfil {}--help` tells more",
                              subs.empty() ? "" : subs.front()->get_name() + " "));
    parsed.exit = 2;
    return parsed;
  }
  for (const std::string& mistake : take_texts(texts, now, options)) {
    print_message(mistake);
    parsed.exit = 2;
  }
  return parsed;
}

std::string option_tables() {
  Options options;
  Texts texts;
  CLI::App app;
  declare(app, options, texts);
  std::string text;
  facts::JsonWriter json(text);
  json.begin_object();
  json.member("name", app.get_name());
  json.member("text", app.get_description());
  json.member("examples", kExamples);
  json.member("exit_codes", kFooter);
  write_options(json, app, texts.choices);
  json.key("commands");
  json.begin_array();
  for (const CLI::App* const command : app.get_subcommands([](const CLI::App*) { return true; })) {
    write_command(json, *command, texts.choices);
  }
  json.end_array();
  json.end_object();
  json.end_line();
  return text;
}

}  // namespace auexfil::cli
