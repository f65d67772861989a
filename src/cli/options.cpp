#include "options.hpp"

#include <cstdio>
#include <iostream>
#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "auexfil/policy/units.hpp"

namespace auexfil::cli {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 no finding, all read, the log could have shown one; 1 findings; 2 usage,\n"
    "configuration or output error; 3 no finding, but an input was not read whole; 4 no finding,\n"
    "but the log could not have shown one.";

/// RFC 3339, a date, or "-24h" before now.
std::string parse_time(const std::string& text, audit::TimeMs now,
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
  return fmt::format("'{}' is no time; write 2026-12-02, 2026-12-02T01:00:00Z or -24h", text);
}

struct Texts {
  std::string start;
  std::string end;
  std::vector<std::string> allows;
};

void add_logs(CLI::App& command, Options& options) {
  command.add_option("INPUT", options.inputs,
                     "audit logs: files, folders, or - for standard input (default: this host's)");
  command.add_option("--root", options.root,
                     "a mounted image or unpacked collection: its log, hostname and names");
  command.add_option("--threads", options.threads, "threads to read with (default: processors)");
  command.add_option("--block-size", options.block_bytes, "bytes read at a time")
      ->check(CLI::Range(std::size_t{1024}, std::size_t{1} << 28))
      ->group("Bounds");
  command.add_option("--max-argv-bytes", options.max_argv_bytes, "argument bytes kept of one exec")
      ->group("Bounds");
  command
      .add_option("--max-string-bytes", options.max_string_bytes,
                  "bytes of distinct strings kept of one host")
      ->group("Bounds");
  command
      .add_option("--max-descriptors", options.max_descriptors,
                  "descriptors followed in one process")
      ->group("Bounds");
  command.add_option("--max-nodes", options.max_nodes, "hosts in one log")->group("Bounds");
}

void add_policy(CLI::App& command, Options& options, Texts& texts) {
  command.add_option("--rules", options.rules, "rule file, or folder of *.conf (repeatable)")
      ->take_all();
  command.add_option("--role", options.role, "judge every host by this role");
  command.add_option("--allow", texts.allows, "a network that is approved (repeatable)")
      ->take_all();
}

void add_common(CLI::App& command, Options& options, Texts& texts) {
  command.add_option("--host", options.host,
                     "the name of the host whose log it is, where the log does not say");
  command.add_option("--node", options.node, "only this node of the log");
  command.add_option("--start", texts.start, "only what ends after: RFC 3339, a date, or -24h");
  command.add_option("--end", texts.end, "only what starts before");
  command.add_option("--format", options.format, "table, csv or jsonl")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Format>{
              {"table", Format::table}, {"csv", Format::csv}, {"jsonl", Format::jsonl}},
          CLI::ignore_case));
  command.add_option("-o,--output", options.output,
                     "write to a file, whole or not at all (strftime patterns allowed)");
  command.add_option("--color", options.color, "auto, always or never")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Color>{
              {"auto", Color::automatic}, {"always", Color::always}, {"never", Color::never}},
          CLI::ignore_case));
  command.add_flag("--stats", options.stats, "what was read and how fast, on stderr");
  command.add_flag("!--no-mask", options.mask, "show passwords of command lines");
  command.add_flag("-q,--quiet", options.quiet, "no progress, no warnings");
  command.add_flag("-v,--verbose", options.verbose, "cut nothing short, tell more");
}

}  // namespace

Parsed parse_options(int argc, const char* const* argv, audit::TimeMs now) {
  Parsed parsed;
  Options& options = parsed.options;
  Texts texts;
  CLI::App app{
      "Which programs that nobody was sitting at sent how much data to addresses that "
      "nobody approved, and could this log have shown it?"};
  app.name("auexfil");
  app.footer(kFooter);
  app.set_version_flag("--version", "auexfil " AUEXFIL_VERSION);
  app.require_subcommand(1);
  const auto add = [&](const char* name, const char* text, Command command) {
    CLI::App* const sub = app.add_subcommand(name, text);
    sub->footer(kFooter);
    sub->callback([&options, command] { options.command = command; });
    return sub;
  };
  CLI::App* const scan = add("scan", "logs to findings: the main job", Command::scan);
  add_logs(*scan, options);
  add_policy(*scan, options, texts);
  CLI::App* const transfers =
      add("transfers", "logs to facts, one JSON line a transfer", Command::transfers);
  add_logs(*transfers, options);
  transfers->add_option("--rules", options.rules, "rule file or folder (tools, automation)")
      ->take_all();
  CLI::App* const judge = add("judge", "facts of any number of hosts to findings", Command::judge);
  judge->add_option("FACTS", options.inputs, "output of `transfers`; - or none: standard input");
  add_policy(*judge, options, texts);
  CLI::App* const events = add("events", "every event, decoded, as JSON lines", Command::events);
  add_logs(*events, options);
  CLI::App* const coverage = add("coverage", "could these logs have shown it?", Command::coverage);
  add_logs(*coverage, options);
  coverage->add_option("--rules", options.rules, "rule file or folder")->take_all();
  CLI::App* const explain =
      add("explain", "one transfer or finding, down to the log lines", Command::explain);
  explain->add_option("ID", options.id, "id of a transfer or finding, or its first digits")
      ->required();
  add_logs(*explain, options);
  add_policy(*explain, options, texts);
  for (CLI::App* const sub : {scan, transfers, judge, events, coverage, explain}) {
    add_common(*sub, options, texts);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error, std::cout, std::cerr);
    parsed.exit = code == 0 ? 0 : 2;
    return parsed;
  }
  std::vector<std::string> mistakes;
  for (auto [text, out] :
       {std::pair{&texts.start, &options.start}, std::pair{&texts.end, &options.end}}) {
    if (!text->empty()) {
      std::string mistake = parse_time(*text, now, *out);
      if (!mistake.empty()) {
        mistakes.push_back(std::move(mistake));
      }
    }
  }
  for (const std::string& text : texts.allows) {
    if (const auto cidr = audit::Cidr::parse(text)) {
      options.allows.push_back(*cidr);
    } else {
      mistakes.push_back(fmt::format(
          "--allow: '{}' is no network; write 198.51.100.0/24 (no bits behind the prefix)", text));
    }
  }
  for (const std::string& mistake : mistakes) {
    fmt::print(stderr, "auexfil: {}\n", mistake);
    parsed.exit = 2;
  }
  return parsed;
}

}  // namespace auexfil::cli
