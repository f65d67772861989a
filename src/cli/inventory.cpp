#include "inventory.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "auexfil/policy/jobs.hpp"
#include "auexfil/policy/judge.hpp"
#include "auexfil/report/format.hpp"
#include "auexfil/report/writer.hpp"
#include "commands.hpp"
#include "flows.hpp"
#include "host_collector.hpp"
#include "logs.hpp"
#include "output.hpp"

namespace auexfil::cli {
namespace {

/// The transfer that it would make, for the policy.
facts::Fact as_fact(const report::InventoryRow& row, const transfer::Tools& tools,
                    audit::TimeMs time) {
  const transfer::Tool* const tool = tools.find(row.job.tool);
  facts::Fact fact;
  fact.host = row.host;
  fact.start = fact.end = time;
  fact.tool = row.job.tool;
  fact.side = facts::Side::client;
  fact.direction = row.job.direction;
  fact.automation = facts::Verdict::unattended;
  fact.uid = fact.auid = row.job.uid;
  if (!row.job.user.empty()) {
    fact.uid_name = fact.auid_name = row.job.user;
  }
  for (const transfer::ArgPeer& peer : row.job.peers) {
    facts::Destination to;
    to.address = audit::IpAddress::parse(peer.host);
    if (!to.address && !peer.host.empty()) {
      to.name = peer.host;
    }
    // Unless the settings of its user say otherwise, which the command does not tell.
    const std::uint16_t usual =
        tool == nullptr || tool->usual.empty() ? std::uint16_t{0} : tool->usual.front().first;
    const std::uint16_t port = peer.port == 0 ? usual : peer.port;
    to.port = port == 0 ? std::nullopt : std::optional(port);
    to.source = facts::Source::argv;
    to.direction = peer.direction;
    to.first = to.last = time;
    fact.destinations.push_back(std::move(to));
  }
  return fact;
}

bool is_approved(const Options& options, const Rules& rules, const report::InventoryRow& row,
                 audit::TimeMs time) {
  if (row.job.peers.empty()) {
    return false;
  }
  policy::Judge judge(rules.policy, {options.role, options.allows, {}, {}});
  judge.add(as_fact(row, rules.tools, time));
  return judge.finish().approved == 1;
}

}  // namespace

std::vector<report::InventoryRow> inventory_of(const Options& options, const Rules& rules,
                                               const pipeline::Inputs& inputs,
                                               const std::vector<coverage::HostCoverage>& hosts,
                                               const std::vector<policy::JobRow>& ran,
                                               artefacts::Unfollowed& unfollowed) {
  std::vector<report::InventoryRow> rows;
  if (inputs.starters == nullptr) {
    return rows;
  }
  std::vector<coverage::SeenJob> jobs;
  artefacts::RunLogs logs;
  logs.host = inputs.host.value_or("");
  for (const coverage::HostCoverage& host : hosts) {
    if (is_of_image(host, inputs)) {
      jobs.insert(jobs.end(), host.jobs.begin(), host.jobs.end());
      logs.first = logs.first == 0 ? host.first : std::min(logs.first, host.first);
      logs.last = std::max(logs.last, host.last);
      logs.has_programs = logs.has_programs || host.execs;
    }
  }
  const artefacts::Inventory& inventory = inputs.starters->inventory();
  auto registered = artefacts::find_registered(inventory, *inputs.image, rules.tools, &unfollowed);
  artefacts::weigh(registered, *inputs.image, rules.tools);
  for (const policy::JobRow& job : ran) {
    for (const std::string& artefact : job.artefacts) {
      audit::TimeMs& time = logs.transfers[artefact];
      time = std::max(time, job.last);
    }
  }
  const artefacts::SystemLogs others({inputs.image, "/", true});
  logs.jobs = jobs;
  logs.others = &others;
  artefacts::find_last_runs(registered, *inputs.starters, *inputs.image, logs);
  for (artefacts::Registered& one : registered) {
    report::InventoryRow row;
    row.host = options.host ? options.host : inputs.host;
    const std::string& own = one.artefact->zone;
    row.zone = one.artefact->schedule.empty() ? std::string() : own.empty() ? inventory.zone : own;
    row.job = std::move(one);
    // An approval that has ended by the end of the log holds no more.
    row.approved = is_approved(options, rules, row, logs.last != 0 ? logs.last : now_ms());
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<std::string> texts_of(const artefacts::Unfollowed& unfollowed) {
  std::vector<std::string> texts;
  if (unfollowed.jobs > 0) {
    texts.push_back(fmt::format("{} left out: there are more than are kept",
                                report::format_count(unfollowed.jobs, "registered transfer")));
  }
  if (unfollowed.commands > 0) {
    texts.emplace_back("jobs and their scripts have more commands than are looked at");
  }
  if (unfollowed.cut > 0) {
    texts.push_back(fmt::format(
        "{}{}: too large to be read to the end; jobs may be missing", unfollowed.first_cut,
        unfollowed.cut == 1 ? std::string() : fmt::format(" and {} others", unfollowed.cut - 1)));
  }
  if (unfollowed.scripts > 0) {
    texts.push_back(fmt::format("{} not followed: scripts that are run by scripts of scripts",
                                report::format_count(unfollowed.scripts, "script")));
  }
  if (unfollowed.runners > 0) {
    texts.push_back(fmt::format(
        "{}: jobs of a CI runner stand in pipelines (.gitlab-ci.yml, workflows, Jenkinsfile), "
        "which "
        "are not read{}",
        unfollowed.first_runner,
        unfollowed.runners == 1
            ? std::string()
            : fmt::format("; there are {}", report::format_count(unfollowed.runners, "runner"))));
  }
  if (unfollowed.untold > 0) {
    texts.push_back(
        fmt::format("{} of transfer tools not listed, as they do not tell to whom: {}{}",
                    report::format_count(unfollowed.untold, "call"), unfollowed.first_untold,
                    unfollowed.untold == 1 ? "" : ", …"));
  }
  return texts;
}

namespace {

/// Which jobs ran, by the facts.
class JobsStage final : public HostCollector {
 public:
  explicit JobsStage(policy::Jobs& jobs) : jobs_(jobs) {}
  void on_fact(const facts::Fact& fact, const facts::FactDetails& /*details*/) override {
    jobs_.add(fact);
  }

 private:
  policy::Jobs& jobs_;
};

/// Puts the schedules of the image to the jobs that it starts. \return what starts any.
std::set<std::string> add_schedules(const std::vector<report::InventoryRow>& registered,
                                    std::vector<policy::JobRow>& jobs) {
  std::map<std::string, std::vector<std::string>> due;
  for (const report::InventoryRow& row : registered) {
    due[row.job.artefact->where()] = report::due_of(row);
  }
  std::set<std::string> ran;
  for (policy::JobRow& job : jobs) {
    std::set<std::string> known;
    for (const std::string& artefact : job.artefacts) {
      ran.insert(artefact);
      known.insert(due[artefact].begin(), due[artefact].end());
    }
    job.due.assign(known.begin(), known.end());
  }
  return ran;
}

void write_rows(const std::vector<report::InventoryRow>& registered,
                std::vector<policy::JobRow>& jobs, bool leave_out_ran,
                report::ReportWriter& writer) {
  const std::set<std::string> ran = add_schedules(registered, jobs);
  for (const report::InventoryRow& row : registered) {
    // A CSV is one list: what ran has a row there already.
    if (!leave_out_ran || !ran.contains(row.job.artefact->where())) {
      writer.registered(row);
    }
  }
  for (const policy::JobRow& job : jobs) {
    writer.job(job);
  }
}

}  // namespace

int run_inventory(const Options& options, const Rules& rules) {
  Messages messages(options.quiet);
  const pipeline::Inputs inputs = pipeline::find_inputs(options.root, options.inputs);
  Output output(options.output);
  protect_inputs(inputs, output);
  policy::Jobs jobs(rules.policy, {options.role, options.allows, options.start, options.end});
  JobsStage stage(jobs);
  WithFlows flows(options, &inputs, rules, stage);
  coverage::ReadSummary summary =
      run_hosts(options, inputs, rules, nullptr, flows.front(), messages);
  flows.finish({output.path()}, summary, messages);
  std::vector<policy::JobRow> ran = jobs.finish(stage.hosts);
  artefacts::Unfollowed unfollowed;
  hold_to_time(options, stage.hosts);
  const auto rows = inventory_of(options, rules, inputs, stage.hosts, ran, unfollowed);
  const auto writer = report::make_writer(options.format.value_or(report::Format::table),
                                          report_options(options), output);
  const bool has_root = !options.root.empty();
  writer->begin(has_root ? report::Content::registered : report::Content::jobs);
  write_rows(rows, ran, options.format == report::Format::csv, *writer);
  writer->end();
  output.finish();
  if (jobs.left_out() > 0) {
    messages.say("inventory", fmt::format("{} left out: there are more jobs than are kept",
                                          report::format_count(jobs.left_out(), "transfer")));
  }
  for (const std::string& text : texts_of(unfollowed)) {
    messages.say("inventory", text);
  }
  const bool is_whole = summary.complete && jobs.left_out() == 0 && !unfollowed.any();
  if (has_root || !is_whole) {
    return (has_root && inputs.starters == nullptr) || !is_whole ? 3 : 0;
  }
  return none_or_any_blind(stage.hosts) ? 4 : 0;
}

}  // namespace auexfil::cli
