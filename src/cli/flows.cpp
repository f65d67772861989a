#include "flows.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <sys/stat.h>
#include <utility>

#include <fmt/format.h>

#include "auexfil/artefacts/addresses.hpp"
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

/// "conn.log, dns.log, ftp.log and 9 more"
std::string names_of(const std::vector<input::LogFile>& files) {
  constexpr std::size_t kMost = 3;
  std::string names;
  for (std::size_t i = 0; i < std::min(files.size(), kMost); ++i) {
    names += (i == 0 ? "" : ", ") + files[i].name;
  }
  return files.size() <= kMost ? names : fmt::format("{} and {} more", names, files.size() - kMost);
}

/// The files that were found, in the order in which they are read.
std::vector<input::LogFile> in_order(const flow::FoundFlows& found, coverage::ReadSummary& summary,
                                     Messages& messages) {
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
  // Answers of the name service, and data connections to third hosts that are announced, tell which
  // flows are of interest: before these.
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

using OfHosts = std::map<std::string, std::vector<audit::IpAddress>>;

void add_configured(const std::string& host, const input::Tree& image, OfHosts& to) {
  const artefacts::OwnAddresses own = artefacts::own_addresses(image);
  std::vector<audit::IpAddress>& all = to[host];
  all.insert(all.end(), own.addresses.begin(), own.addresses.end());
}

/// What images and collections say of the addresses of their hosts, by the names that facts have.
OfHosts configured_addresses(const Options& options, const pipeline::Inputs& inputs) {
  OfHosts found;
  if (inputs.image != nullptr) {
    add_configured(options.host.value_or(inputs.host.value_or("")), *inputs.image, found);
  }
  const input::Tree* last = nullptr;
  for (const input::LogSet& set : inputs.sets) {
    const std::string host = options.host.value_or(set.host);
    // Of one without a name nobody knows whose they are, unless there is no other.
    if (set.around.is_image && set.around.tree != nullptr && set.around.tree.get() != last &&
        (!host.empty() || inputs.sets.size() == 1)) {
      last = set.around.tree.get();
      add_configured(host, *last, found);
    }
  }
  std::erase_if(found, [](const auto& one) { return one.second.empty(); });
  return found;
}

/// Those that nobody has named.
flow::FoundFlows find_among(const pipeline::Inputs& inputs) {
  std::vector<input::LogFile> files = inputs.passed_over.wanted;
  if (inputs.image != nullptr) {
    std::vector<input::LogFile> more = flow::texts_of_image(inputs.image);
    std::move(more.begin(), more.end(), std::back_inserter(files));
  }
  return flow::flows_among(files);
}

}  // namespace

WithFlows::WithFlows(const Options& options, const pipeline::Inputs* inputs, const Rules& rules,
                     facts::Stage& next, flow::KeptFlows* kept)
    : next_(next), kept_(kept) {
  if (!options.flows.empty()) {
    found_ = flow::find_flows(options.flows);
  } else if (inputs != nullptr && !options.no_flows) {
    find(*inputs);
  }
  const bool any_kept = kept_ != nullptr && !kept_->is_empty();
  if (!options.flows.empty() || is_by_itself_ || any_kept) {
    flow::JoinStage::Options join;
    join.taken = kept_;
    join.addresses = options.host_ips;
    if (options.command != Command::inventory && options.command != Command::baseline) {
      join.unseen_above = policy::unseen_above(rules.policy);  // these have transfers alone
    }
    if (inputs != nullptr) {
      join.configured = configured_addresses(options, *inputs);
    }
    join_.emplace(rules.tools, std::move(join), next);
  }
}

input::PassedOver tell_flows(const pipeline::Inputs& inputs, const std::string& output,
                             coverage::ReadSummary& summary, Messages& messages) {
  class Nobody final : public flow::FlowSink {
   public:
    void on_flow(const flow::FlowRecord& /*record*/) override {}
  };
  const flow::FoundFlows found = find_among(inputs);
  Nobody nobody;
  flow::FlowReader reader;
  static_cast<void>(read_flows(reader, found.files, {output}, nobody, summary, messages));
  input::PassedOver passed = inputs.passed_over;
  for (const input::LogFile& file : found.files) {
    const auto is_it = [&](const input::LogFile& one) {
      return one.tree == file.tree && one.path == file.path;
    };
    // Of an image they lie where no log was looked for.
    if (std::any_of(passed.wanted.begin(), passed.wanted.end(), is_it)) {
      --passed.files;
      std::erase(passed.names, file.name);
    }
  }
  return passed;
}

void WithFlows::find(const pipeline::Inputs& inputs) {
  found_ = find_among(inputs);
  is_by_itself_ = !found_.files.empty();
  not_looked_at_ = inputs.passed_over.wanted_left_out + found_.not_looked_at;
}

facts::Stage& WithFlows::front() {
  return join_ ? static_cast<facts::Stage&>(*join_) : next_;
}

void WithFlows::finish(const std::vector<std::string>& outputs, coverage::ReadSummary& summary,
                       Messages& messages, audit::TimeMs kept_since) {
  if (not_looked_at_ > 0) {
    messages.say("flows",
                 fmt::format("{} more files of the inputs may be flow records and were not "
                             "looked at; name those that are with --flows",
                             not_looked_at_));
  }
  if (!join_) {
    return;
  }
  if (is_by_itself_) {
    messages.say("flows", fmt::format("flow records are among the inputs, and are joined: {} "
                                      "(--no-flows leaves them out)",
                                      names_of(found_.files)));
  }
  const std::vector<input::LogFile> files = in_order(found_, summary, messages);
  flow::FlowReader reader(kept_ != nullptr ? kept_->observers() : std::vector<std::string>());
  if (kept_ != nullptr) {
    kept_->begin(static_cast<std::uint32_t>(files.size()));
    kept_->give_told(join_->sink());
  }
  std::vector<std::string> names =
      read_flows(reader, files, outputs, join_->sink(), summary, messages);
  if (kept_ != nullptr) {
    kept_->give_flows(join_->sink());
    names.insert(names.end(), kept_->files().begin(), kept_->files().end());
  }
  flow::FlowSink* const again = join_->join();
  const bool is_again = read_again(reader, files, again, messages);
  if (kept_ != nullptr && is_again) {
    kept_->give_flows(*again);
  }
  join_->finish(names, is_again);
  if (kept_ != nullptr) {
    constexpr flow::TimeUs kMs = 1000;
    kept_->settle(names, reader.observers(), [&](const flow::FlowRecord& record) {
      return join_->is_of_use(record, kept_since * kMs);
    });
    if (kept_->left_out() > 0) {
      summary.bounds["flow_kept"] += kept_->left_out();
    }
  }
  for (const std::string& text : join_->messages()) {
    messages.say("flows", text);
  }
  for (const auto& [bound, times] : join_->bounds()) {
    summary.bounds[bound] += times;
  }
}

}  // namespace auexfil::cli
