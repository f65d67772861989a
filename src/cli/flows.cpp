#include "flows.hpp"

#include <sys/stat.h>

#include <fmt/format.h>

#include "auexfil/flow/find_flows.hpp"
#include "auexfil/flow/read_flows.hpp"
#include "output.hpp"

namespace auexfil::cli {
namespace {

using FlowFile = coverage::ReadSummary::FlowFile;

class NoSink final : public flow::FlowSink {
 public:
  void on_flow(const flow::FlowRecord& /*record*/) override {}
};

void protect(const input::LogFile& file, const std::string& output) {
  struct stat there {};
  input::Tree::Info info;
  if (!output.empty() && stat(output.c_str(), &there) == 0 && S_ISREG(there.st_mode) &&
      file.tree->stat(file.path, info) == 0 && info.device == there.st_dev &&
      info.inode == there.st_ino) {
    throw OutputError(
        fmt::format("{}: is one of the flow files; name another file for the output", output));
  }
}

/// What ends a file's reading is no whole input; that nothing is in it is no fault.
void set_problem(const input::Problem& problem, FlowFile& file, coverage::ReadSummary& summary) {
  file.status = input::to_word(problem.kind);
  file.note = problem.what;
  summary.complete = summary.complete && problem.kind == input::ProblemKind::empty;
}

FlowFile told(const flow::FileReport& report, const std::string& name) {
  FlowFile file;
  file.name = name;
  file.format = report.format;
  file.status = "read";
  file.lines = report.lines;
  file.records = report.flows;
  file.with_bytes = report.flows_with_bytes;
  file.left_out = report.faults.total() - report.faults.of(flow::Fault::long_id).lines;
  constexpr flow::TimeUs kMs = 1000;
  file.first = report.first.value_or(0) / kMs;
  file.last = report.last.value_or(0) / kMs;
  return file;
}

}  // namespace

void read_flows(const Options& options, const std::vector<std::string>& outputs,
                coverage::ReadSummary& summary, Messages& messages) {
  const flow::FoundFlows found = flow::find_flows(options.flows);
  for (const input::Problem& problem : found.problems) {
    messages.say("flows", fmt::format("{}: {}", problem.where, problem.what));
    FlowFile file;
    file.name = problem.where;
    set_problem(problem, file, summary);
    summary.flows.push_back(std::move(file));
  }
  if (found.not_looked_at > 0) {
    summary.bounds["flow_files"] += found.not_looked_at;
  }
  flow::FlowReader reader;
  NoSink sink;
  for (const input::LogFile& log : found.files) {
    for (const std::string& output : outputs) {
      protect(log, output);
    }
    const flow::FileReport report =
        reader.read(log, static_cast<std::uint32_t>(summary.flows.size()), sink);
    FlowFile file = told(report, log.name);
    const std::vector<std::string> lines = flow::describe(report, log.name);
    for (const std::string& line : lines) {
      messages.say("flows", line);
    }
    if (report.problem) {
      set_problem(*report.problem, file, summary);
    } else if (!lines.empty()) {
      file.note = fmt::format("{}", fmt::join(lines, "; "));
    }
    summary.flows.push_back(std::move(file));
  }
}

}  // namespace auexfil::cli
