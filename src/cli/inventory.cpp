#include "inventory.hpp"

#include <algorithm>
#include <utility>

#include "auexfil/policy/judge.hpp"
#include "auexfil/report/writer.hpp"
#include "commands.hpp"
#include "host_collector.hpp"
#include "logs.hpp"
#include "output.hpp"

namespace auexfil::cli {
namespace {

/// The transfer that it would make, for the policy.
facts::Fact as_fact(const report::InventoryRow& row, audit::TimeMs time) {
  facts::Fact fact;
  fact.host = row.host;
  fact.start = fact.end = time;
  fact.tool = row.job.tool;
  fact.side = facts::Side::client;
  fact.direction = row.job.direction;
  fact.automation = facts::Verdict::unattended;
  const artefacts::Artefact& artefact = *row.job.artefact;
  fact.uid = fact.auid = artefact.uid;
  if (!artefact.user.empty()) {
    fact.uid_name = fact.auid_name = artefact.user;
  }
  for (const transfer::ArgPeer& peer : row.job.peers) {
    facts::Destination to;
    to.address = audit::IpAddress::parse(peer.host);
    if (!to.address && !peer.host.empty()) {
      to.name = peer.host;
    }
    to.port = peer.port == 0 ? std::nullopt : std::optional(peer.port);
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
  judge.add(as_fact(row, time));
  return judge.finish().approved == 1;
}

}  // namespace

std::vector<report::InventoryRow> inventory_of(const Options& options, const Rules& rules,
                                               const pipeline::Inputs& inputs,
                                               const std::vector<coverage::HostCoverage>& hosts) {
  std::vector<report::InventoryRow> rows;
  if (inputs.starters == nullptr) {
    return rows;
  }
  std::vector<coverage::SeenJob> jobs;
  audit::TimeMs first = 0;
  audit::TimeMs last = 0;
  for (const coverage::HostCoverage& host : hosts) {
    if (is_of_image(host, inputs)) {
      jobs.insert(jobs.end(), host.jobs.begin(), host.jobs.end());
      first = first == 0 ? host.first : std::min(first, host.first);
      last = std::max(last, host.last);
    }
  }
  const artefacts::Inventory& inventory = inputs.starters->inventory();
  auto registered = artefacts::find_registered(inventory, *inputs.image, rules.tools);
  artefacts::weigh(registered, inventory, *inputs.image, rules.tools);
  const artefacts::SystemLogs others({inputs.image, "/", true});
  artefacts::find_last_runs(registered, *inputs.starters, *inputs.image,
                            {jobs, first, last, &others, inputs.host.value_or("")});
  for (artefacts::Registered& one : registered) {
    report::InventoryRow row;
    row.host = options.host ? options.host : inputs.host;
    const std::string& own = one.artefact->zone;
    row.zone = one.artefact->schedule.empty() ? std::string() : own.empty() ? inventory.zone : own;
    row.job = std::move(one);
    // An approval that has ended by the end of the log holds no more.
    row.approved = is_approved(options, rules, row, last != 0 ? last : now_ms());
    rows.push_back(std::move(row));
  }
  return rows;
}

int run_inventory(const Options& options, const Rules& rules) {
  Messages messages(options.quiet);
  const pipeline::Inputs inputs = pipeline::find_inputs(options.root, options.inputs);
  Output output(options.output);
  protect_inputs(inputs, output);
  HostCollector stage;
  const coverage::ReadSummary summary = run_hosts(options, inputs, rules, nullptr, stage, messages);
  const auto rows = inventory_of(options, rules, inputs, stage.hosts);
  const auto writer = report::make_writer(options.format.value_or(report::Format::table),
                                          report_options(options), output);
  writer->begin(report::Content::registered);
  for (const report::InventoryRow& row : rows) {
    writer->registered(row);
  }
  writer->end();
  output.finish();
  return inputs.starters == nullptr || !summary.complete ? 3 : 0;
}

}  // namespace auexfil::cli
