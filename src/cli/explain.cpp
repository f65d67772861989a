#include "auexfil/report/explain.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "auexfil/audit/parse_block.hpp"
#include "auexfil/policy/judge.hpp"
#include "auexfil/report/format.hpp"
#include "auexfil/report/mask.hpp"
#include "commands.hpp"
#include "host_runs.hpp"
#include "output.hpp"

namespace auexfil::cli {
namespace {

struct Explained {
  transfer::Fact fact;
  transfer::FactDetails details;
};

/// The lines of all events that the evidence names, in the order of the log.
std::vector<report::LogLine> fetch_lines(const Options& options, const Inputs& inputs,
                                         const transfer::Fact& fact) {
  std::set<audit::Stamp> wanted;
  for (const transfer::Evidence& evidence : fact.evidence) {
    wanted.insert(evidence.event);
  }
  for (const transfer::Reason& reason : fact.reasons) {
    if (reason.event) {
      wanted.insert(*reason.event);
    }
  }
  std::vector<report::LogLine> lines;
  for (const input::LogSet& set : inputs.sets) {
    input::BlockReader reader(set, {options.block_bytes, std::size_t{1} << 20});
    std::uint64_t line_base = 0;
    while (input::BlockPtr block = reader.next()) {
      if (block->starts_file) {
        line_base = 0;
      }
      std::string_view rest = block->bytes;
      while (!rest.empty()) {
        const std::size_t newline = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, newline);
        rest.remove_prefix(std::min(newline + 1, rest.size()));
        ++line_base;
        audit::Record record;
        audit::Malformed kind{};
        if (audit::parse_line(line, record, kind) == audit::LineKind::record &&
            wanted.contains(record.stamp()) && (!fact.node || record.node == *fact.node)) {
          lines.push_back({set.files[block->file].name, line_base, std::string(line)});
        }
      }
      reader.recycle(std::move(block));
    }
  }
  return lines;
}

}  // namespace

int run_explain(const Options& options) {
  const Rules rules = load_rules(options.rules);
  Messages messages(options.quiet);
  const Inputs inputs = find_inputs(options);
  policy::Judge judge(rules.policy, {options.role, options.allows});
  // First by the transfer's own id; a finding's id leads to its transfers on a second reading.
  std::vector<Explained> found;
  const auto collect = [&](const auto& is_wanted) {
    FactReceiver receiver;
    receiver.fact = [&](const transfer::Fact& fact, const transfer::FactDetails& details) {
      if (is_wanted(fact)) {
        found.push_back({fact, details});
      }
    };
    return run_hosts(options, inputs, rules, receiver, messages);
  };
  coverage::ReadSummary summary = collect([&](const transfer::Fact& fact) {
    judge.add(options.mask ? report::masked(fact) : fact);
    return report::format_id(fact.id).starts_with(options.id);
  });
  if (found.empty()) {
    std::set<std::uint64_t> ids;
    for (const policy::Finding& finding : judge.finish().findings) {
      if (report::format_id(finding.id).starts_with(options.id)) {
        ids.insert(finding.transfers.begin(), finding.transfers.end());
      }
    }
    if (!ids.empty()) {
      Messages silent(true);
      messages = silent;
      static_cast<void>(collect([&](const transfer::Fact& fact) { return ids.contains(fact.id); }));
    }
  }
  if (found.empty()) {
    fmt::print(stderr,
               "auexfil: {}: no transfer or finding has this id in these logs; ids come from "
               "`auexfil transfers` and `auexfil scan --format jsonl`\n",
               options.id);
    return 2;
  }
  report::Options report;
  report.mask = options.mask;
  report.verbose = true;
  Output output(options.output, now_ms() / 1000);
  for (const Explained& one : found) {
    std::vector<std::vector<report::CallSum>> calls;
    for (const std::vector<host::CallSum>& sums : one.details.calls) {
      std::vector<report::CallSum> list;
      for (const host::CallSum& sum : sums) {
        list.push_back({std::string(audit::to_word(sum.call)), sum.calls, sum.bytes});
      }
      calls.push_back(std::move(list));
    }
    report::append_explanation(output.text(), one.fact, fetch_lines(options, inputs, one.fact),
                               calls, report);
    output.maybe_flush();
  }
  output.finish();
  return summary.complete ? 0 : 3;
}

}  // namespace auexfil::cli
