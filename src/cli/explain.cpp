#include "auexfil/report/explain.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "auexfil/audit/parse_block.hpp"
#include "auexfil/facts/mask.hpp"
#include "auexfil/flow/flow_lines.hpp"
#include "auexfil/policy/judge.hpp"
#include "auexfil/report/format.hpp"
#include "auexfil/report/table.hpp"
#include "commands.hpp"
#include "flows.hpp"
#include "host_collector.hpp"
#include "logs.hpp"
#include "output.hpp"

namespace auexfil::cli {
namespace {

struct Explained {
  facts::Fact fact;
  facts::FactDetails details;
  std::vector<report::LogLine> lines{};
};

/// Whose lines an event's are.
using Wanted = std::map<audit::Stamp, std::vector<Explained*>>;

/// A record of a flow, or a command that announced it: its file and line tell it, no event does.
bool is_of_flow(const facts::Evidence& evidence) {
  return evidence.what == "flow" || evidence.what == "announced";
}

Wanted wanted_events(std::vector<Explained>& found) {
  Wanted wanted;
  for (Explained& one : found) {
    std::set<audit::Stamp> events;
    for (const facts::Evidence& evidence : one.fact.evidence) {
      if (!is_of_flow(evidence)) {
        events.insert(evidence.event);
      }
    }
    for (const facts::Reason& reason : one.fact.reasons) {
      if (reason.event) {
        events.insert(*reason.event);
      }
    }
    for (const audit::Stamp& event : events) {
      wanted[event].push_back(&one);
    }
  }
  return wanted;
}

/// \param block  in which it stands
void take_line(const Wanted& wanted, std::string_view line, const input::Block& block,
               const std::string& file, std::uint64_t number) {
  audit::Record record;
  audit::Malformed kind{};
  if (audit::parse_line(line, record, kind) != audit::LineKind::record) {
    return;
  }
  if (!block.node.empty()) {
    record.node = block.node;
  } else if (block.names_hosts && record.node.empty()) {
    record.node = audit::host_before(line, record);
  }
  const auto owners = wanted.find(record.stamp());
  if (owners == wanted.end()) {
    return;
  }
  for (Explained* const one : owners->second) {
    if (!one->fact.node || record.node == *one->fact.node) {
      one->lines.push_back({file, number, std::string(line)});
    }
  }
}

/// The lines of all events that the evidence names, in the order of the log, in one reading.
void fetch_lines(const Options& options, const pipeline::Inputs& inputs,
                 std::vector<Explained>& found) {
  const Wanted wanted = wanted_events(found);
  for (const input::LogSet& set : inputs.sets) {
    input::BlockReader reader(set, {options.block_bytes, std::size_t{1} << 20});
    std::vector<std::uint64_t> numbers(set.files.size());
    while (input::BlockPtr block = reader.next()) {
      std::uint64_t& before = numbers[block->file];
      if (block->starts_file) {
        before = 0;
      }
      std::uint64_t at = 0;  // of the file's lines in this block, from 1
      std::string_view rest = block->bytes;
      auto continued = block->continued.begin();
      for (std::uint32_t line = 0; !rest.empty(); ++line) {
        const std::size_t newline = std::min(rest.find('\n'), rest.size());
        if (continued != block->continued.end() && *continued == line) {
          ++continued;
        } else {
          ++at;
        }
        take_line(wanted, rest.substr(0, newline), *block, set.files[block->file].name,
                  block->from_line == 0 ? before + at : block->from_line + 1 - at);
        rest.remove_prefix(std::min(newline + 1, rest.size()));
      }
      before += at;
      reader.recycle(std::move(block));
    }
  }
}

/// The records of the flows that the evidence names.
void fetch_flow_lines(const std::vector<input::LogFile>& files, bool mask,
                      std::vector<Explained>& found) {
  for (const input::LogFile& file : files) {
    std::set<std::uint64_t> wanted;
    for (const Explained& one : found) {
      for (const facts::Evidence& evidence : one.fact.evidence) {
        if (is_of_flow(evidence) && evidence.file == file.name) {
          wanted.insert(evidence.line);
        }
      }
    }
    if (wanted.empty()) {
      continue;
    }
    const std::map<std::uint64_t, std::string> lines = flow::lines_of(file, wanted, mask);
    for (Explained& one : found) {
      std::set<std::uint64_t> given;
      for (const facts::Evidence& evidence : one.fact.evidence) {
        const auto line = lines.find(evidence.line);
        if (is_of_flow(evidence) && evidence.file == file.name && line != lines.end() &&
            given.insert(evidence.line).second) {
          one.lines.push_back({file.name, evidence.line, line->second});
        }
      }
    }
  }
}

/// What is asked for are facts, and what the logs of their hosts could have shown.
class FactFunction final : public HostCollector {
 public:
  using Function = std::function<void(const facts::Fact&, const facts::FactDetails&)>;
  explicit FactFunction(Function function) : function_(std::move(function)) {}
  void on_fact(const facts::Fact& fact, const facts::FactDetails& details) override {
    function_(fact, details);
  }

 private:
  Function function_;
};

/// Notes what flows leave out of facts, on their way to be joined.
class DetailKeeper final : public facts::Stage {
 public:
  DetailKeeper(const std::set<std::uint64_t>& wanted, facts::Stage& next)
      : wanted_(wanted), next_(next) {}
  void on_fact(const facts::Fact& fact, const facts::FactDetails& details) override {
    if (wanted_.contains(fact.id)) {
      kept.push_back(details);
    }
    next_.on_fact(fact, details);
  }
  void on_host(const coverage::HostCoverage& host) override { next_.on_host(host); }

  std::vector<facts::FactDetails> kept;  ///< of the facts that are wanted, in their order

 private:
  const std::set<std::uint64_t>& wanted_;
  facts::Stage& next_;
};

const coverage::FlowsOfHost* flows_of(const facts::Fact& fact,
                                      const std::vector<coverage::HostCoverage>& hosts) {
  const auto found = std::find_if(hosts.begin(), hosts.end(), [&](const auto& host) {
    return host.host == fact.host && host.node == fact.node;
  });
  return found == hosts.end() || !found->flows ? nullptr : &*found->flows;
}

/// What an id, or the first digits of one, stands for.
struct Match {
  std::set<std::uint64_t> transfers;
  std::vector<policy::Finding> findings;

  [[nodiscard]] std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (const std::uint64_t id : transfers) {
      ids.push_back("transfer " + report::format_id(id));
    }
    for (const policy::Finding& finding : findings) {
      ids.push_back("finding " + report::format_id(finding.id));
    }
    return ids;
  }
};

/// Nothing, or more than one thing. \return whether there was something to complain of.
bool complain(const std::string& id, const Match& match) {
  std::vector<std::string> ids = match.ids();
  if (ids.empty()) {
    print_message(
        fmt::format("{}: no transfer or finding has this id in these logs; ids come from "
                    "`auexfil scan` and `auexfil transfers` over the same logs and rules",
                    id));
    return true;
  }
  if (ids.size() > 1) {
    constexpr std::size_t kMost = 10;
    const std::size_t all = ids.size();
    ids.resize(std::min(all, kMost));
    print_message(fmt::format("{}: the beginning of {} ids; write more digits: {}{}", id, all,
                              fmt::join(ids, ", "), all > kMost ? ", …" : ""));
    return true;
  }
  return false;
}

std::vector<report::DestinationDetail> details_of(const facts::FactDetails& details) {
  std::vector<report::DestinationDetail> list;
  for (const facts::FactDetails::OfDestination& of : details.destinations) {
    report::DestinationDetail& detail = list.emplace_back();
    for (const host::CallSum& sum : of.calls) {
      detail.calls.push_back({std::string(audit::to_word(sum.call)), sum.calls, sum.bytes});
    }
    detail.descriptors = of.descriptors;
  }
  return list;
}

}  // namespace

/// Reads once more and keeps what the first reading could not know to be asked for.
std::vector<Explained> keep_wanted(const Options& options, const Rules& rules,
                                   const pipeline::Inputs& inputs,
                                   const std::set<std::uint64_t>& wanted,
                                   std::vector<coverage::HostCoverage>& hosts) {
  std::vector<Explained> found;
  FactFunction keep([&](const facts::Fact& fact, const facts::FactDetails&) {
    if (wanted.contains(fact.id)) {
      found.push_back({fact, {}});
    }
  });
  Messages silent(true);
  WithFlows flows(options, &inputs, rules, keep);
  DetailKeeper details(wanted, flows.front());
  coverage::ReadSummary summary = run_hosts(options, inputs, rules, nullptr, details, silent);
  flows.finish({}, summary, silent);
  for (std::size_t i = 0; i < found.size() && i < details.kept.size(); ++i) {
    found[i].details = std::move(details.kept[i]);
  }
  fetch_lines(options, inputs, found);
  fetch_flow_lines(flows.files(), options.mask, found);
  hosts = std::move(keep.hosts);
  return found;
}

int run_explain(const Options& options, const Rules& rules) {
  for (const std::vector<std::string>* const named : {&options.inputs, &options.flows}) {
    if (std::find(named->begin(), named->end(), "-") != named->end()) {
      throw OutputError("explain reads its logs more than once: give files, not standard input");
    }
  }
  Messages messages(options.quiet);
  const pipeline::Inputs inputs = pipeline::find_inputs(options.root, options.inputs);
  Output output(options.output);
  protect_inputs(inputs, output);
  policy::Judge judge(rules.policy, {options.role, options.allows, options.start, options.end});
  Match match;
  facts::Masker masker;
  FactFunction look([&](const facts::Fact& fact, const facts::FactDetails&) {
    judge.add(fact);
    if (report::format_id(fact.id).starts_with(options.id)) {
      match.transfers.insert(fact.id);
    }
  });
  WithFlows flows(options, &inputs, rules, look);
  coverage::ReadSummary summary =
      run_hosts(options, inputs, rules, options.mask ? &masker : nullptr, flows.front(), messages);
  flows.finish({output.path()}, summary, messages);
  judge.add(look.hosts);
  for (policy::Finding& finding : judge.finish().findings) {
    if (report::format_id(finding.id).starts_with(options.id)) {
      match.findings.push_back(std::move(finding));
    }
  }
  if (complain(options.id, match)) {
    return 2;
  }
  report::Options report = report_options(options);
  report.verbose = true;
  for (const policy::Finding& finding : match.findings) {
    match.transfers.insert(finding.transfers.begin(), finding.transfers.end());
    report::append_table(output.text(), finding, report);
    output.text() += '\n';
  }
  std::vector<coverage::HostCoverage> hosts;
  for (const Explained& one : keep_wanted(options, rules, inputs, match.transfers, hosts)) {
    report::append_explanation(output.text(), one.fact, one.lines, details_of(one.details), report,
                               flows_of(one.fact, hosts));
    output.maybe_flush();
  }
  output.finish();
  return summary.complete ? 0 : 3;
}

}  // namespace auexfil::cli
