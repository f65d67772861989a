#include "commands.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <unistd.h>

#include <fmt/format.h>

#include "access.hpp"
#include "answer.hpp"
#include "auexfil/facts/mask.hpp"
#include "auexfil/policy/judge.hpp"
#include "auexfil/policy/unattributed.hpp"
#include "auexfil/report/digest.hpp"
#include "auexfil/report/format.hpp"
#include "auexfil/report/writer.hpp"
#include "baseline.hpp"
#include "flows.hpp"
#include "geo.hpp"
#include "host_collector.hpp"
#include "inputs.hpp"
#include "inventory.hpp"
#include "lint.hpp"
#include "logs.hpp"
#include "output.hpp"
#include "privileges.hpp"
#include "read_facts.hpp"
#include "reports.hpp"
#include "rules.hpp"
#include "state_file.hpp"

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
/// \param fails  findings that count for it
int exit_code(std::uint64_t fails, const coverage::ReadSummary& summary,
              const std::vector<coverage::HostCoverage>& hosts) {
  if (fails > 0) {
    return 1;
  }
  if (!summary.complete) {
    return 3;
  }
  for (const coverage::HostCoverage& host : hosts) {
    if (host.verdict == coverage::CoverageVerdict::blind || host.may_hide_excess) {
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
    print_message(fmt::format(
        "{} events, {} records, {} bytes in {:.2f} s, {:.0f} MB/s",
        report::format_exact(summary.events), report::format_exact(summary.records),
        report::format_exact(summary.bytes_read), seconds,
        static_cast<double>(summary.bytes_read) / 1e6 / (seconds > 0 ? seconds : 1e-9)));
    for (const auto& [bound, times] : summary.bounds) {
      print_message(fmt::format("bound '{}' was hit {} times", bound, report::format_exact(times)));
    }
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// What stands behind the findings or facts of every report.
void write_end(report::ReportWriter& writer, const std::vector<coverage::HostCoverage>& hosts,
               const coverage::ReadSummary& summary, const report::Counts& counts) {
  for (const coverage::HostCoverage& host : hosts) {
    writer.host(host);
  }
  writer.summary(summary, counts);
  writer.end();
}

std::uint64_t failing(const std::vector<policy::Finding>& findings,
                      const std::optional<policy::Severity>& least) {
  return static_cast<std::uint64_t>(std::count_if(
      findings.begin(), findings.end(),
      [&least](const policy::Finding& finding) { return least && finding.severity >= *least; }));
}

/// What is to be reported of a judgement.
struct Outcome {
  std::vector<policy::Finding> findings;
  std::uint64_t transfers{};
  report::Counts::Judged judged;
  bool has_problems{};  ///< of rules
};

Outcome outcome_of(policy::Judge& judge, Messages& messages, StateFile* state) {
  policy::Judgement judgement = judge.finish();
  Outcome outcome;
  outcome.transfers = judgement.transfers;
  outcome.judged.approved = judgement.approved;
  outcome.judged.unmeasured = judgement.unmeasured;
  if (state != nullptr) {
    state->keep_news(judgement.findings, judgement.looks_back_ms, outcome.judged);
    const std::vector<pipeline::SavedLog>& logs = state->places();
    const bool any_renamed =
        std::any_of(logs.begin(), logs.end(),
                    [](const pipeline::SavedLog& log) { return log.was_called.has_value(); });
    for (const std::uint64_t id : outcome.judged.withdrawn) {
      messages.say(
          "withdrawn",
          fmt::format("finding {} of an earlier report holds no longer, {}", report::format_id(id),
                      any_renamed ? "under this id: a host is called otherwise now"
                                  : "by the log and the rules as they are now"));
    }
  }
  for (const std::string& problem : judgement.problems) {
    messages.say("rule", problem);
  }
  outcome.has_problems = !judgement.problems.empty();
  outcome.findings = std::move(judgement.findings);
  return outcome;
}

/// The end that `scan` and `judge` share, so that both give the same bytes.
int write_outcome(const Options& options, Outcome outcome, const coverage::ReadSummary& summary,
                  const std::vector<coverage::HostCoverage>& hosts, Reports& reports,
                  StateFile* state = nullptr) {
  report::Counts counts;
  counts.transfers = outcome.transfers;
  const int code = exit_code(failing(outcome.findings, options.fail_on), summary, hosts);
  outcome.judged.findings = outcome.findings.size();
  outcome.judged.exit_code = code;
  counts.judged = std::move(outcome.judged);
  const auto writer = report::make_writer(options.format.value_or(report::Format::table),
                                          report_options(options), reports.report());
  writer->begin(report::Content::findings);
  for (const policy::Finding& finding : outcome.findings) {
    writer->finding(finding);
  }
  write_end(*writer, hosts, summary, counts);
  reports.write_coverage(hosts, summary);
  if (state != nullptr) {
    state->write();
  }
  reports.finish();
  if (options.summary) {
    Output mail({});
    report::append_digest(mail.text(), {outcome.findings, hosts, summary, counts, reports.files()},
                          report_options(options));
    mail.finish();
  }
  if (options.log != nullptr) {
    options.log->tell(outcome.findings, report_options(options));
  }
  return code;
}

/// A rule that asks for what nobody compares with would find nothing, without a word.
void note_rules(const Rules& rules, Messages& messages) {
  for (const std::string& note : rules.notes) {
    messages.say(note, note);  // of each file the first are told, and how many there are more
  }
  for (const policy::Rule& rule : rules.policy.rules) {
    if (!rule.deviations.empty() && !rules.policy.normals) {
      messages.say("rule", fmt::format("[rule {}] asks for a deviation and finds nothing without "
                                       "--baseline FILE",
                                       rule.name));
    }
    if (wants_geo(rule) && !rules.policy.geo) {
      messages.say("rule", fmt::format("[rule {}] asks for a country or an asn and finds nothing "
                                       "without --geo FILE",
                                       rule.name));
    }
  }
}

class JudgeStage final : public HostCollector {
 public:
  explicit JudgeStage(policy::Judge& judge) : judge_(judge) {}
  void on_fact(const facts::Fact& fact, const facts::FactDetails& /*details*/) override {
    judge_.add(fact);
  }
  [[nodiscard]] std::unique_ptr<facts::Digest> make_digest() const override {
    return std::make_unique<Pack>(judge_.asks_for_files());
  }
  void on_digest(facts::Digest& digest) override {
    policy::FactPack& facts = static_cast<Pack&>(digest).facts;
    judge_.add(facts);
    facts.clear();
  }

 private:
  struct Pack final : facts::Digest {
    explicit Pack(bool needs_files) : with_files(needs_files) {}
    void add(const facts::Fact& fact) override { facts.add(fact, with_files); }
    policy::FactPack facts;
    bool with_files;
  };

  policy::Judge& judge_;
};

/// An image whose log is blind still has an answer: what its files would send.
void note_registered(const Options& options, const Rules& rules, const pipeline::Inputs& inputs,
                     std::vector<coverage::HostCoverage>& hosts) {
  const bool any_blind = std::any_of(hosts.begin(), hosts.end(), [](const auto& host) {
    return host.verdict == coverage::CoverageVerdict::blind;
  });
  if (inputs.starters == nullptr || !any_blind) {
    return;  // scripts in a large archive cost a pass each
  }
  artefacts::Unfollowed unfollowed;
  const auto rows = inventory_of(options, rules, inputs, hosts, {}, unfollowed);
  const auto count = std::count_if(rows.begin(), rows.end(), [](const report::InventoryRow& row) {
    return report::may_send(row) && !row.approved;
  });
  for (coverage::HostCoverage& host : hosts) {
    if (host.verdict != coverage::CoverageVerdict::blind || !is_of_image(host, inputs)) {
      continue;
    }
    if (count > 0) {
      host.reasons.insert(
          host.reasons.begin(),
          fmt::format("{} would send to unapproved addresses; this log cannot show whether {} did",
                      report::format_count(static_cast<std::uint64_t>(count), "registered job"),
                      count == 1 ? "it" : "they"));
    }
    for (const std::string& text : texts_of(unfollowed)) {
      host.reasons.push_back("registered jobs: " + text);
    }
  }
}

/// Of a run that has nothing left to say but what the next one would say again.
std::optional<Answer> answer_of(std::uint64_t question, const Outcome& outcome,
                                const coverage::ReadSummary& summary,
                                const std::vector<coverage::HostCoverage>& hosts) {
  if (outcome.has_problems || !summary.complete || !summary.bounds.empty()) {
    return std::nullopt;
  }
  return Answer{question,
                outcome.transfers,
                outcome.judged.approved,
                outcome.judged.unmeasured,
                outcome.judged.standing.value_or(0) + outcome.findings.size(),
                text_of(hosts)};
}

policy::JudgeOptions judge_options(const Options& options) {
  const bool tells_files =
      options.verbose && options.format.value_or(report::Format::table) == report::Format::table;
  return {options.role, options.allows, options.start, options.end, tells_files};
}

/// What the hosts' logs could have shown of what was asked for.
void judge_hosts(const Options& options, const Rules& rules,
                 std::vector<coverage::HostCoverage>& hosts, bool is_repeated = false) {
  hold_to_time(options, hosts);
  policy::judge_unattributed(rules.policy, judge_options(options), hosts, is_repeated);
}

/// Says again what the run before has said, where nothing is new: then a job that runs every minute
/// costs nothing. Findings are none, the state stays as it is.
/// \return the exit code; nothing: the logs are to be read
std::optional<int> repeat(const Options& options, const Rules& rules,
                          const pipeline::Inputs& inputs, std::uint64_t question, StateFile& state,
                          Reports& reports, Messages& messages) {
  const std::optional<Answer> answer = state.answer(question);
  auto hosts = answer ? hosts_of(answer->hosts) : std::nullopt;
  const auto summary =
      hosts ? run_unchanged(options, inputs, messages, state.places()) : std::nullopt;
  if (!summary) {
    return std::nullopt;
  }
  judge_hosts(options, rules, *hosts, true);
  Outcome outcome;
  outcome.transfers = answer->transfers;
  outcome.judged.approved = answer->approved;
  outcome.judged.unmeasured = answer->unmeasured;
  outcome.judged.standing = answer->standing;
  return write_outcome(options, std::move(outcome), *summary, *hosts, reports);
}

int run_scan(const Options& options, const Rules& rules, const RuleLayers& layers) {
  const Stopwatch watch;
  Messages messages(options.quiet);
  note_rules(rules, messages);
  policy::Judge judge(rules.policy, judge_options(options));
  const pipeline::Inputs inputs = pipeline::find_inputs(options.root, options.inputs);
  protect_inputs(inputs, options.state);
  Reports reports(options);
  reports.protect(inputs);
  facts::Masker masker;
  JudgeStage stage(judge);
  std::optional<StateFile> state;
  if (!options.state.empty()) {
    state.emplace(options.state);
  }
  WithFlows flows(options, &inputs, rules, stage,
                  state && !options.no_flows ? &state->flows() : nullptr);
  std::optional<std::uint64_t> question;
  if (state) {
    question = flows.is_on() ? std::nullopt : question_of(options, layers, inputs);
  }
  if (question) {
    if (const auto code = repeat(options, rules, inputs, *question, *state, reports, messages)) {
      return *code;
    }
  }
  coverage::ReadSummary summary =
      run_hosts(options, inputs, rules, options.mask ? &masker : nullptr, flows.front(), messages,
                state ? &*state : nullptr);
  flows.finish(reports.files(), summary, messages, state ? state->kept_since() : 0);
  note_registered(options, rules, inputs, stage.hosts);
  judge_hosts(options, rules, stage.hosts);
  judge.add(stage.hosts);
  Outcome outcome = outcome_of(judge, messages, state ? &*state : nullptr);
  if (question) {
    if (std::optional<Answer> answer = answer_of(*question, outcome, summary, stage.hosts)) {
      state->keep(std::move(*answer));
    }
  }
  const int code = write_outcome(options, std::move(outcome), summary, stage.hosts, reports,
                                 state ? &*state : nullptr);
  if (state) {
    state->commit();
  }
  watch.show(options, summary);
  return code;
}

/// Writes facts as they come.
class FactWriter final : public HostCollector {
 public:
  FactWriter(const Options& options, report::ReportWriter& writer)
      : options_(options), writer_(writer) {}

  void on_fact(const facts::Fact& fact, const facts::FactDetails& /*details*/) override {
    if ((options_.start && fact.end < *options_.start) ||
        (options_.end && fact.start > *options_.end)) {
      return;
    }
    ++transfers;
    writer_.fact(fact);
  }

  std::uint64_t transfers = 0;

 private:
  const Options& options_;
  report::ReportWriter& writer_;
};

int run_transfers(const Options& options, const Rules& rules) {
  const Stopwatch watch;
  Messages messages(options.quiet);
  const pipeline::Inputs inputs = pipeline::find_inputs(options.root, options.inputs);
  Reports reports(options);
  reports.protect(inputs);
  const auto writer = report::make_writer(options.format.value_or(report::Format::jsonl),
                                          report_options(options), reports.report());
  writer->begin(report::Content::facts);
  FactWriter facts(options, *writer);
  WithFlows flows(options, &inputs, rules, facts);
  facts::Masker masker;
  coverage::ReadSummary summary =
      run_hosts(options, inputs, rules, options.mask ? &masker : nullptr, flows.front(), messages);
  flows.finish(reports.files(), summary, messages);
  note_registered(options, rules, inputs, facts.hosts);
  hold_to_time(options, facts.hosts);  // what is written tells `judge` so, too
  std::vector<coverage::HostCoverage> judged = facts.hosts;
  judge_hosts(options, rules, judged);
  report::Counts counts;
  counts.transfers = facts.transfers;
  write_end(*writer, writer->is_for_people() ? judged : facts.hosts, summary, counts);
  reports.write_coverage(judged, summary);
  reports.finish();
  watch.show(options, summary);
  // Facts are no findings: what is left to say is whether all was read and could be seen.
  return exit_code(0, summary, judged);
}

int run_coverage(const Options& options, const Rules& rules) {
  Messages messages(options.quiet);
  const pipeline::Inputs inputs = pipeline::find_inputs(options.root, options.inputs);
  Output output(options.output);
  protect_inputs(inputs, output);
  HostCollector collector;
  WithFlows flows(options, &inputs, rules, collector);
  coverage::ReadSummary summary =
      run_hosts(options, inputs, rules, nullptr, flows.front(), messages);
  flows.finish({output.path()}, summary, messages);
  note_registered(options, rules, inputs, collector.hosts);
  judge_hosts(options, rules, collector.hosts);
  const auto writer = report::make_writer(options.format.value_or(report::Format::table),
                                          report_options(options), output);
  writer->begin(report::Content::coverage);
  write_end(*writer, collector.hosts, summary, {});
  output.finish();
  return exit_code(0, summary, collector.hosts);
}

int run_judge(const Options& options, const Rules& rules) {
  const Stopwatch watch;
  Messages messages(options.quiet);
  note_rules(rules, messages);
  policy::Judge judge(rules.policy, judge_options(options));
  coverage::ReadSummary summary;
  std::vector<coverage::HostCoverage> hosts;
  Reports reports(options);
  JudgeStage stage(judge);
  WithFlows flows(options, nullptr, rules, stage);
  read_facts(
      options, [&judge](const policy::FactPack& facts) { judge.add(facts); },
      judge.asks_for_files(), flows.is_on() ? &flows.front() : nullptr, summary, hosts, messages);
  if (flows.is_on()) {
    for (const coverage::HostCoverage& host : hosts) {
      flows.front().on_host(host);
    }
    flows.finish(reports.files(), summary, messages);
    hosts = std::move(stage.hosts);
    if (policy::unseen_above(rules.policy)) {
      messages.say("flows",
                   "which flows no program made is told by scan alone: facts do not say with whom "
                   "all programs spoke");
    }
  }
  judge_hosts(options, rules, hosts);
  judge.add(hosts);
  const int code =
      write_outcome(options, outcome_of(judge, messages, nullptr), summary, hosts, reports);
  watch.show(options, summary);
  return code;
}

}  // namespace

report::Options report_options(const Options& options) {
  report::Options report;
  report.mask = options.mask;
  report.verbose = options.verbose;
  report.all = options.all;
  report.color =
      options.color == Color::always ||
      (options.color == Color::automatic && options.output.path.empty() && is_colour_terminal());
  return report;
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

namespace {

int dispatch(const Options& options, const Rules& rules, const RuleLayers& layers) {
  switch (options.command) {
    case Command::scan:
      return run_scan(options, rules, layers);
    case Command::transfers:
      return run_transfers(options, rules);
    case Command::judge:
      return run_judge(options, rules);
    case Command::events:
      return run_events_command(options);
    case Command::coverage:
      return run_coverage(options, rules);
    case Command::explain:
      return run_explain(options, rules);
    case Command::inventory:
      return run_inventory(options, rules);
    case Command::inputs:
      return run_inputs(options, rules);
    case Command::baseline:
      return run_baseline(options, rules, layers);
    case Command::lint:
      return run_lint(options, rules, layers);
  }
  return 2;
}

report::Content content_of(Command command) {
  return command == Command::transfers   ? report::Content::facts
         : command == Command::coverage  ? report::Content::coverage
         : command == Command::inventory ? report::Content::jobs
                                         : report::Content::findings;
}

/// Before the run is confined to what it writes.
void hold_old_rows(Options& options) {
  if (options.append_new) {
    add_to_old(options.output, report::csv_header(content_of(options.command)), options.quiet);
    add_to_old(options.coverage_out, report::csv_header(report::Content::coverage), options.quiet);
  }
}

/// Each in a file of its own, none of them the state, nor the journal that stands beside it.
void keep_outputs_apart(const Options& options) {
  keep_apart(options.output, options.coverage_out);
  for (const char* const beside : {"", "-journal"}) {
    for (const OutputName* const output : {&options.output, &options.coverage_out}) {
      if (!options.state.empty()) {
        keep_apart(*output, {options.state + beside, false, nullptr});
      }
    }
  }
}

/// Where TZ names none, the library takes UTC without a word.
bool has_zone() {
  const char* const named = std::getenv("TZ");
  if (named == nullptr || *named == '\0') {
    return true;
  }
  const std::string_view zone = *named == ':' ? named + 1 : named;
  const char* const folder = std::getenv("TZDIR");
  const std::string file =
      zone.starts_with('/')
          ? std::string(zone)
          : fmt::format("{}/{}", folder != nullptr ? folder : "/usr/share/zoneinfo", zone);
  // "CET-1CEST", "<+03>-3": a name and what is between it and UTC. "UTC" is itself everywhere.
  const std::size_t offset = zone.find_first_of("0123456789");
  return access(file.c_str(), R_OK) == 0 || zone == "UTC" || zone == "GMT" ||
         (offset != zone.npos && offset >= 3 && zone.find('/') == zone.npos);
}

/// Policies are held against facts; of the other commands lists are nobody's business.
bool judges(const Options& options) {
  return options.command == Command::scan || options.command == Command::judge ||
         options.command == Command::explain || options.command == Command::lint;
}

}  // namespace

int run(const Options& given) {
  Options options = given;
  const std::int64_t now_s = now_ms() / 1000;
  options.output = output_name(given.output.path, now_s, given.local);
  options.coverage_out = output_name(given.coverage_out.path, now_s, given.local);
  // What a run with a state has reported no later one tells again.
  options.output.dated = options.output.dated || !given.state.empty();
  keep_outputs_apart(options);
  if (options.local && !options.quiet && !has_zone()) {
    print_message("TZ names no zone that this machine knows: --local is UTC");
  }
  hold_old_rows(options);
  clear_way(options.output);
  clear_way(options.coverage_out);
  if (options.log_to != LogTo::nothing) {
    options.log = std::make_shared<FindingLog>(options.log_to);
  }
  // Rules are the user's own, in any place that links lead to: read before anything is closed.
  RuleLayers layers;
  Rules rules;
  if (options.command != Command::events) {
    layers = read_rule_layers(options.rules);
    rules = rules_of(layers);
  }
  if (judges(options)) {
    load_lists(rules);
  }
  if (!options.geo.empty()) {
    rules.policy.geo = open_geo(options.geo);
  }
  if (!options.baseline.empty()) {
    rules.policy.normals = load_baseline(options.baseline);
  }
  const Access access = access_of(options);
  std::vector<std::string> said = confine(access);
  said.push_back(give_up_privileges(access));
  for (const std::string& line : said) {
    if (!line.empty() && options.verbose && !options.quiet) {
      print_message(line);
    }
  }
  return dispatch(options, rules, layers);
}

}  // namespace auexfil::cli
