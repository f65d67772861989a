#include "commands.hpp"

#include <chrono>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

#include <fmt/format.h>

#include "auexfil/facts/mask.hpp"
#include "auexfil/policy/judge.hpp"
#include "auexfil/policy/unattributed.hpp"
#include "auexfil/report/csv.hpp"
#include "auexfil/report/format.hpp"
#include "auexfil/report/json.hpp"
#include "auexfil/report/safe.hpp"
#include "auexfil/report/table.hpp"
#include "logs.hpp"
#include "output.hpp"
#include "read_facts.hpp"
#include "rules.hpp"

namespace auexfil::cli {
namespace {

/// NO_COLOR counts when it is not empty (no-color.org).
bool is_colour_terminal() {
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const term = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0') &&
         term != nullptr && std::string_view(term) != "dumb";
}

/// A bound that was reached, and bytes that nobody can attribute, may hide what a rule would find.
int exit_code(const policy::Policy& policy, std::uint64_t findings,
              const coverage::ReadSummary& summary,
              const std::vector<coverage::HostCoverage>& hosts) {
  if (findings > 0) {
    return 1;
  }
  if (!summary.complete) {
    return 3;
  }
  for (const coverage::HostCoverage& host : hosts) {
    if (host.verdict == coverage::CoverageVerdict::blind || policy::hides_an_excess(policy, host)) {
      return 4;
    }
  }
  return hosts.empty() || !summary.bounds.empty() ? 4 : 0;
}

class Stopwatch {
 public:
  void show(const Options& options, const coverage::ReadSummary& summary) const {
    if (!options.stats) {
      return;
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    tell(fmt::format(
        "{} events, {} records, {} bytes in {:.2f} s, {:.0f} MB/s",
        report::format_exact(summary.events), report::format_exact(summary.records),
        report::format_exact(summary.bytes_read), seconds,
        static_cast<double>(summary.bytes_read) / 1e6 / (seconds > 0 ? seconds : 1e-9)));
    for (const auto& [bound, times] : summary.bounds) {
      tell(fmt::format("bound '{}' was hit {} times", bound, report::format_exact(times)));
    }
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The end that `scan` and `judge` share, so that both give the same bytes.
int write_judgement(const Options& options, const policy::Policy& policy, policy::Judge& judge,
                    const coverage::ReadSummary& summary,
                    std::vector<coverage::HostCoverage>& hosts, Messages& messages,
                    Output& output) {
  policy::judge_unattributed(policy, hosts);
  const policy::Judgement judgement = judge.finish();
  for (const std::string& problem : judgement.problems) {
    messages.say("rule", problem);
  }
  report::Counts counts;
  counts.transfers = judgement.transfers;
  const int code = exit_code(policy, judgement.findings.size(), summary, hosts);
  counts.judged = report::Counts::Judged{judgement.approved, judgement.unmeasured,
                                         judgement.findings.size(), code};
  const report::Options report = report_options(options);
  std::string& text = output.text();
  switch (options.format.value_or(Format::table)) {
    case Format::jsonl:
      for (const policy::Finding& finding : judgement.findings) {
        report::append_json(text, finding, report);
        output.maybe_flush();
      }
      for (const coverage::HostCoverage& host : hosts) {
        report::append_json(text, host, report);
      }
      report::append_json(text, summary, counts);
      break;
    case Format::csv:
      report::append_findings_csv_header(text);
      for (const policy::Finding& finding : judgement.findings) {
        report::append_csv(text, finding, report);
        output.maybe_flush();
      }
      break;
    case Format::table:
      for (const report::Card& card :
           report::to_cards(judgement.findings, hosts, options.all || report.verbose)) {
        report::append_table(text, card, report);
        output.maybe_flush();
      }
      report::append_table_end(text, hosts, summary, counts, report);
      break;
  }
  output.finish();
  return code;
}

/// Collects what the logs of hosts could have shown.
class HostCollector : public facts::Stage {
 public:
  void on_fact(const facts::Fact& /*fact*/, const facts::FactDetails& /*details*/) override {}
  void on_host(const coverage::HostCoverage& host) final { hosts.push_back(host); }

  std::vector<coverage::HostCoverage> hosts;
};

class JudgeStage final : public HostCollector {
 public:
  explicit JudgeStage(policy::Judge& judge) : judge_(judge) {}
  void on_fact(const facts::Fact& fact, const facts::FactDetails& /*details*/) override {
    judge_.add(fact);
  }

 private:
  policy::Judge& judge_;
};

int run_scan(const Options& options) {
  const Stopwatch watch;
  const Rules rules = load_rules(options.rules);
  Messages messages(options.quiet);
  policy::Judge judge(rules.policy, {options.role, options.allows, options.start, options.end});
  const pipeline::Inputs inputs = pipeline::find_inputs(options.root, options.inputs);
  Output output(options.output, now_ms() / 1000);
  protect_inputs(inputs, output);
  facts::Masker masker;
  JudgeStage stage(judge);
  const coverage::ReadSummary summary =
      run_hosts(options, inputs, rules, options.mask ? &masker : nullptr, stage, messages);
  const int code =
      write_judgement(options, rules.policy, judge, summary, stage.hosts, messages, output);
  watch.show(options, summary);
  return code;
}

/// Writes facts as they come.
class FactWriter final : public HostCollector {
 public:
  FactWriter(const Options& options, Format format, Output& output)
      : options_(options), format_(format), report_(report_options(options)), output_(output) {
    report_.mask = false;  // they are
    if (format == Format::csv) {
      report::append_facts_csv_header(output.text());
    }
  }

  void on_fact(const facts::Fact& fact, const facts::FactDetails& /*details*/) override {
    if ((options_.start && fact.end < *options_.start) ||
        (options_.end && fact.start > *options_.end)) {
      return;
    }
    ++transfers;
    std::string& text = output_.text();
    switch (format_) {
      case Format::jsonl:
        report::append_json(text, fact, report_);
        break;
      case Format::csv:
        report::append_csv(text, fact, report_);
        break;
      case Format::table:
        report::append_table(text, fact, report_);
        break;
    }
    output_.maybe_flush();
  }

  std::uint64_t transfers = 0;

 private:
  const Options& options_;
  Format format_;
  report::Options report_;
  Output& output_;
};

int run_transfers(const Options& options) {
  const Stopwatch watch;
  const Rules rules = load_rules(options.rules);
  Messages messages(options.quiet);
  const report::Options report = report_options(options);
  const Format format = options.format.value_or(Format::jsonl);
  const pipeline::Inputs inputs = pipeline::find_inputs(options.root, options.inputs);
  Output output(options.output, now_ms() / 1000);
  protect_inputs(inputs, output);
  FactWriter writer(options, format, output);
  facts::Masker masker;
  const coverage::ReadSummary summary =
      run_hosts(options, inputs, rules, report.mask ? &masker : nullptr, writer, messages);
  std::string& text = output.text();
  report::Counts counts;
  counts.transfers = writer.transfers;
  if (format == Format::jsonl) {
    for (const coverage::HostCoverage& host : writer.hosts) {
      report::append_json(text, host, report);
    }
    report::append_json(text, summary, counts);
  } else if (format == Format::table) {
    policy::judge_unattributed(rules.policy, writer.hosts);
    report::append_table_end(text, writer.hosts, summary, counts, report);
  }
  output.finish();
  watch.show(options, summary);
  // Facts are no findings: what is left to say is whether all was read and could be seen.
  return exit_code(rules.policy, 0, summary, writer.hosts);
}

int run_coverage(const Options& options) {
  const Rules rules = load_rules(options.rules);
  Messages messages(options.quiet);
  const pipeline::Inputs inputs = pipeline::find_inputs(options.root, options.inputs);
  Output output(options.output, now_ms() / 1000);
  protect_inputs(inputs, output);
  HostCollector collector;
  const coverage::ReadSummary summary =
      run_hosts(options, inputs, rules, nullptr, collector, messages);
  std::vector<coverage::HostCoverage>& hosts = collector.hosts;
  policy::judge_unattributed(rules.policy, hosts);
  const report::Options report = report_options(options);
  std::string& text = output.text();
  report::Counts counts;
  if (options.format.value_or(Format::table) == Format::jsonl) {
    for (const coverage::HostCoverage& host : hosts) {
      report::append_json(text, host, report);
    }
    report::append_json(text, summary, counts);
  } else {
    for (const coverage::HostCoverage& host : hosts) {
      report::append_table(text, host, report);
    }
  }
  output.finish();
  return exit_code(rules.policy, 0, summary, hosts);
}

int run_judge(const Options& options) {
  const Stopwatch watch;
  const Rules rules = load_rules(options.rules);
  Messages messages(options.quiet);
  policy::Judge judge(rules.policy, {options.role, options.allows, options.start, options.end});
  coverage::ReadSummary summary;
  std::vector<coverage::HostCoverage> hosts;
  Output output(options.output, now_ms() / 1000);
  read_facts(options, judge, summary, hosts, messages);
  const int code = write_judgement(options, rules.policy, judge, summary, hosts, messages, output);
  watch.show(options, summary);
  return code;
}

}  // namespace

report::Options report_options(const Options& options) {
  report::Options report;
  report.mask = options.mask;
  report.verbose = options.verbose > 0;
  report.color = options.color == Color::always || (options.color == Color::automatic &&
                                                    options.output.empty() && is_colour_terminal());
  return report;
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int run(const Options& options) {
  switch (options.command) {
    case Command::scan:
      return run_scan(options);
    case Command::transfers:
      return run_transfers(options);
    case Command::judge:
      return run_judge(options);
    case Command::events:
      return run_events_command(options);
    case Command::coverage:
      return run_coverage(options);
    case Command::explain:
      return run_explain(options);
  }
  return 2;
}

}  // namespace auexfil::cli
