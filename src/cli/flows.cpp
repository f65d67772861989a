#include "flows.hpp"

#include <algorithm>
#include <sys/stat.h>

#include <fmt/format.h>

#include "auexfil/flow/find_flows.hpp"
#include "auexfil/flow/read_flows.hpp"
#include "auexfil/policy/unattributed.hpp"
#include "output.hpp"

namespace auexfil::cli {
namespace {

using FlowFile = coverage::ReadSummary::FlowFile;

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

/// The files that --flows names, in the order in which they are read.
std::vector<input::LogFile> find_files(const std::vector<std::string>& named,
                                       coverage::ReadSummary& summary, Messages& messages) {
  const flow::FoundFlows found = flow::find_flows(named);
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
  std::vector<input::LogFile> files = found.files;
  // Answers of the name service tell which flows are of interest: before these.
  std::stable_partition(files.begin(), files.end(), [](const input::LogFile& log) {
    const std::string name = log.name.substr(log.name.rfind('/') + 1);
    return name.find("dns") != std::string::npos || name.find("ftp") != std::string::npos;
  });
  return files;
}

/// Reads them, and says in the summary what there is of each. One that could not be read to its end
/// makes the summary incomplete.
/// \return the files' names, by the number that their records have
std::vector<std::string> read_flows(flow::FlowReader& reader,
                                    const std::vector<input::LogFile>& files,
                                    const std::vector<std::string>& outputs, flow::FlowSink& sink,
                                    coverage::ReadSummary& summary, Messages& messages) {
  std::vector<std::string> names;
  for (const input::LogFile& log : files) {
    for (const std::string& output : outputs) {
      protect(log, output);
    }
    const flow::FileReport report =
        reader.read(log, static_cast<std::uint32_t>(names.size()), sink);
    names.push_back(log.name);
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
  return names;
}

/// Once more, for the flows that no program made.
/// \param sink  null: none of these are wanted
/// \return whether all have come
bool read_again(flow::FlowReader& reader, const std::vector<input::LogFile>& files,
                flow::FlowSink* sink, Messages& messages) {
  if (sink == nullptr) {
    return false;
  }
  for (const input::LogFile& file : files) {
    if (file.path == "-" || file.is_stream) {
      messages.say("flows", fmt::format("{}: a pipe is read once: which flows are no program's is "
                                        "not told; give the file",
                                        file.name));
      return false;
    }
  }
  for (std::uint32_t i = 0; i < files.size(); ++i) {
    static_cast<void>(reader.read(files[i], i, *sink));
  }
  return true;
}

}  // namespace

WithFlows::WithFlows(const Options& options, const Rules& rules, facts::Stage& next)
    : named_(options.flows), next_(next) {
  if (!named_.empty()) {
    flow::JoinStage::Options join;
    join.addresses = options.host_ips;
    join.unseen_above = policy::unseen_above(rules.policy);
    join_.emplace(rules.tools, std::move(join), next);
  }
}

facts::Stage& WithFlows::front() {
  return join_ ? static_cast<facts::Stage&>(*join_) : next_;
}

void WithFlows::finish(const std::vector<std::string>& outputs, coverage::ReadSummary& summary,
                       Messages& messages) {
  if (!join_) {
    return;
  }
  flow::FlowReader reader;
  const std::vector<input::LogFile> files = find_files(named_, summary, messages);
  const std::vector<std::string> names =
      read_flows(reader, files, outputs, join_->sink(), summary, messages);
  join_->finish(names, read_again(reader, files, join_->join(), messages));
  for (const std::string& text : join_->messages()) {
    messages.say("flows", text);
  }
  for (const auto& [bound, times] : join_->bounds()) {
    summary.bounds[bound] += times;
  }
}

}  // namespace auexfil::cli
