#include "host_runs.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "auexfil/coverage/assess.hpp"
#include "output.hpp"
#include "progress.hpp"

namespace auexfil::cli {
namespace {

const char* status_word(input::ProblemKind kind) {
  using input::ProblemKind;
  switch (kind) {
    case ProblemKind::missing:
      return "missing";
    case ProblemKind::no_logs:
      return "no-logs";
    case ProblemKind::permission:
      return "permission";
    case ProblemKind::unreadable:
      return "unreadable";
    case ProblemKind::damaged:
      return "damaged";
    case ProblemKind::not_a_log:
      return "not-a-log";
    case ProblemKind::interpreted:
      return "interpreted";
    case ProblemKind::empty:
      return "empty";
  }
  return "unreadable";
}

constexpr std::uint64_t kMostOfAKind = 3;

/// Notes a problem in the summary and tells it. An empty log is not an incomplete one.
void take_problem(const input::Problem& problem, coverage::ReadSummary& summary,
                  Messages& messages) {
  summary.complete = summary.complete && problem.kind == input::ProblemKind::empty;
  messages.say(status_word(problem.kind), fmt::format("{}: {}", problem.where, problem.what));
  for (coverage::ReadSummary::Input& known : summary.inputs) {
    if (known.name == problem.where) {
      known.status = status_word(problem.kind);
      known.note = problem.what;
      return;
    }
  }
  summary.inputs.push_back({problem.where, status_word(problem.kind), problem.what});
}

/// Words for what a line lacked, and what became of it.
const char* sentence(audit::Malformed kind) {
  using audit::Malformed;
  switch (kind) {
    case Malformed::no_stamp:
      return "no audit record (no audit(SECONDS.MMM:SERIAL)): line skipped";
    case Malformed::interpreted:
      return "text of `ausearch -i`, which cannot be decoded without loss: line skipped; give the "
             "raw log, or run `ausearch --raw`";
    case Malformed::overlong:
      return "longer than a line may be: its end was dropped";
    case Malformed::nul_bytes:
      return "zero bytes, as a crash leaves them: skipped";
    case Malformed::cut:
      return "ends in the middle of a record: what is whole was used";
    case Malformed::bad_field:
      return "a value that its field cannot hold: kept as text";
    case Malformed::damaged_syscall:
      return "SYSCALL record without arch or syscall: not followed";
    case Malformed::bad_sockaddr:
      return "SOCKADDR record too short for its family: no address";
    case Malformed::bad_execve:
      return "EXECVE record with missing or cut arguments: used as it is";
    case Malformed::late_record:
      return "record of an event long past: left out";
    case Malformed::duplicate:
      return "the same record a second time: counted once";
    case Malformed::count_:
      break;
  }
  return "?";
}

/// What stood there is gone: the input was not read whole.
bool loses_data(audit::Malformed kind) {
  using audit::Malformed;
  return kind == Malformed::cut || kind == Malformed::nul_bytes || kind == Malformed::overlong;
}

void add_damage(const audit::Damage& damage, const input::LogSet& set,
                coverage::ReadSummary& summary, Messages& messages) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(audit::Malformed::count_); ++i) {
    const auto kind = static_cast<audit::Malformed>(i);
    const audit::Damage::Count& count = damage.of(kind);
    if (count.lines == 0) {
      continue;
    }
    summary.malformed[audit::to_word(kind)] += count.lines;
    const std::string file =
        count.first_file < set.files.size() ? set.files[count.first_file].name : "?";
    messages.say(audit::to_word(kind),
                 fmt::format("{}:{}: {}{}", file, count.first_line, sentence(kind),
                             count.lines > 1 ? fmt::format(" ({} such lines)", count.lines) : ""));
    if (loses_data(kind)) {
      summary.complete = false;
      for (coverage::ReadSummary::Input& input : summary.inputs) {
        if (input.name == file && input.status == std::string_view("read")) {
          input.status = "damaged";
          input.note = fmt::format("line {}: {}", count.first_line, sentence(kind));
        }
      }
    }
  }
}

audit::ReadOptions read_options(const Options& options) {
  audit::ReadOptions read;
  read.threads = thread_count(options);
  read.assembler.max_nodes = options.max_nodes;
  read.assembler.window_events = options.max_open_events;
  return read;
}

/// Reads one set and accounts for it.
void read_set(const Options& options, const input::LogSet& set, coverage::ReadSummary& summary,
              Messages& messages, ProgressLine& progress, std::uint64_t& bytes_before,
              audit::Detail detail, const audit::Assembler::Sink& sink) {
  input::BlockReader reader(set,
                            {options.block_bytes, std::size_t{1} << 20, thread_count(options) - 1});
  audit::ReadOptions read = read_options(options);
  read.detail = detail;
  read.progress = [&](std::uint64_t bytes) { progress.update(bytes_before + bytes); };
  for (const input::LogFile& file : set.files) {
    summary.inputs.push_back({file.name, "read", ""});
  }
  audit::ReadResult result = audit::read_log(reader, read, sink);
  bytes_before += reader.bytes_consumed();
  summary.events += result.events;
  summary.records += result.records;
  summary.bytes_read += reader.bytes_delivered();
  if (reader.overlong_lines() > 0) {
    result.damage.note(audit::Malformed::overlong, 0, 0, reader.overlong_lines());
  }
  for (const input::Problem& problem : reader.problems()) {
    take_problem(problem, summary, messages);
  }
  add_damage(result.damage, set, summary, messages);
  for (const auto& [name, times] : result.bounds) {
    summary.bounds[name] += times;
  }
  // Nothing but lines that are none of ours: the input was no audit log.
  const std::uint64_t foreign = result.damage.of(audit::Malformed::no_stamp).lines;
  const std::uint64_t interpreted = result.damage.of(audit::Malformed::interpreted).lines;
  const std::string where =
      set.files.size() == 1 ? set.files.front().name : fmt::format("{} files", set.files.size());
  if (interpreted > 0) {
    take_problem({input::ProblemKind::interpreted, where,
                  "holds text of `ausearch -i`; give the raw log, or the output of `ausearch "
                  "--raw`"},
                 summary, messages);
  } else if (result.records == 0 && foreign > 0) {
    take_problem({input::ProblemKind::not_a_log, where, "holds no audit record; give an audit.log"},
                 summary, messages);
  } else if (result.records == 0 && reader.problems().empty()) {
    messages.say("empty", fmt::format("{}: holds no records", where));
  }
}

}  // namespace

unsigned thread_count(const Options& options) {
  if (options.threads > 0) {
    return options.threads;
  }
  return std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
}

Messages::~Messages() {
  for (const auto& [kind, times] : times_) {
    if (times > kMostOfAKind) {
      tell(fmt::format("and {} more of this kind: {}", times - kMostOfAKind, kind));
    }
  }
}

void Messages::say(std::string_view kind, const std::string& text) {
  if (!quiet_ && ++times_[std::string(kind)] <= kMostOfAKind) {
    clear_progress();
    tell(text);
  }
}

void protect_inputs(const Inputs& inputs, const Output& output) {
  struct stat there {};
  if (output.path().empty() || stat(output.path().c_str(), &there) != 0) {
    return;
  }
  for (const input::LogSet& set : inputs.sets) {
    for (const input::LogFile& file : set.files) {
      struct stat info {};
      if (S_ISREG(there.st_mode) && stat(file.path.c_str(), &info) == 0 &&
          info.st_dev == there.st_dev && info.st_ino == there.st_ino) {
        throw OutputError(
            fmt::format("{}: is one of the logs; name another file for the output", output.path()));
      }
    }
  }
}

Inputs find_inputs(const Options& options) {
  Inputs inputs;
  input::Found found;
  if (!options.root.empty()) {
    input::Image image = input::open_image(options.root);
    inputs.problems = image.problems;
    found = input::find_image_logs(image);
    if (!image.hostname.empty()) {
      inputs.host = image.hostname;
    }
    inputs.names = std::move(image.names);
    if (!options.inputs.empty()) {
      input::Found more = input::find_logs(options.inputs);
      std::move(more.sets.begin(), more.sets.end(), std::back_inserter(found.sets));
      std::move(more.problems.begin(), more.problems.end(), std::back_inserter(found.problems));
    }
  } else if (options.inputs.empty()) {
    found = input::find_host_logs();
    utsname name{};
    if (uname(&name) == 0) {
      inputs.host = name.nodename;
    }
    inputs.names = input::open_image("/").names;
  } else {
    found = input::find_logs(options.inputs);
  }
  inputs.sets = std::move(found.sets);
  std::move(found.problems.begin(), found.problems.end(), std::back_inserter(inputs.problems));
  for (const input::LogSet& set : inputs.sets) {
    for (const input::LogFile& file : set.files) {
      inputs.total_bytes += file.bytes;
    }
  }
  return inputs;
}

coverage::ReadSummary run_hosts(const Options& options, const Inputs& inputs, const Rules& rules,
                                const FactReceiver& receiver, Messages& messages) {
  coverage::ReadSummary summary;
  for (const input::Problem& problem : inputs.problems) {
    take_problem(problem, summary, messages);
  }
  ProgressLine progress(!options.quiet, inputs.total_bytes);
  std::uint64_t bytes_before = 0;
  bool any_host = false;
  for (const input::LogSet& set : inputs.sets) {
    struct Host {
      std::unique_ptr<transfer::Book> book;
      std::unique_ptr<host::Tracker> tracker;
    };
    std::map<std::string, Host, std::less<>> hosts;  // by node
    Host* last = nullptr;
    std::string last_node;
    host::Tracker::Options tracker_options;
    tracker_options.max_descriptors = options.max_descriptors;
    tracker_options.max_processes = options.max_processes;
    tracker_options.argv.max_bytes = options.max_argv_bytes;
    tracker_options.max_string_bytes = options.max_string_bytes;
    read_set(options, set, summary, messages, progress, bytes_before, audit::Detail::followed,
             [&](const audit::Event& event) {
               if (last == nullptr || event.node != last_node) {
                 if (options.node && event.node != *options.node) {
                   return;
                 }
                 auto found = hosts.find(event.node);
                 if (found == hosts.end()) {
                   found = hosts.emplace(std::string(event.node), Host{}).first;
                   Host& made = found->second;
                   made.book = std::make_unique<transfer::Book>(rules.tools, rules.signs);
                   made.tracker = std::make_unique<host::Tracker>(tracker_options, *made.book);
                   made.book->attach(*made.tracker);
                 }
                 last = &found->second;
                 last_node = event.node;
               }
               last->tracker->take(event);
             });
    for (auto& [node, host] : hosts) {
      any_host = true;
      host.tracker->finish();
      host.book->close();
      transfer::HostName name;
      if (!node.empty()) {
        name.node = node;
      }
      name.host = !node.empty()       ? std::optional(node)
                  : options.host      ? options.host
                  : inputs.host       ? inputs.host
                  : set.label.empty() ? std::nullopt
                                      : std::optional(set.label);
      name.is_label = node.empty() && !options.host && !inputs.host;
      name.names = &inputs.names;
      name.file_name = [&set](std::uint32_t file) {
        return file < set.files.size() ? set.files[file].name : std::string("?");
      };
      for (const auto& [bound, times] : host.tracker->bounds()) {
        summary.bounds[bound] += times;
      }
      if (host.tracker->bad_sockaddrs() > 0) {
        summary.malformed["bad_sockaddr"] += host.tracker->bad_sockaddrs();
      }
      if (host.tracker->bad_execves() > 0) {
        summary.malformed["bad_execve"] += host.tracker->bad_execves();
      }
      for (const auto& [bound, times] : host.book->bounds()) {
        summary.bounds[bound] += times;
      }
      // Judging needs memory too: what only following needed makes room for it.
      const host::Seen seen = host.tracker->take_seen();
      host.tracker.reset();
      if (receiver.fact) {
        host.book->for_each(name, seen,
                            [&](const transfer::Fact& fact, const transfer::FactDetails& details) {
                              if ((options.start && fact.end < *options.start) ||
                                  (options.end && fact.start > *options.end)) {
                                return;
                              }
                              receiver.fact(fact, details);
                            });
      }
      host.book.reset();
      coverage::HostCoverage coverage = coverage::assess(seen, transfer::sight_of(seen));
      coverage.host = name.host;
      coverage.node = name.node;
      if (receiver.host) {
        receiver.host(coverage);
      }
    }
  }
  if (!any_host && receiver.host) {
    coverage::HostCoverage nothing;
    nothing.host = options.host ? options.host : inputs.host;
    nothing.reasons.emplace_back("no events in the log");
    receiver.host(nothing);
  }
  return summary;
}

coverage::ReadSummary run_events(
    const Options& options, const Inputs& inputs,
    const std::function<void(const audit::Event&, const input::LogSet& set)>& sink,
    Messages& messages) {
  coverage::ReadSummary summary;
  for (const input::Problem& problem : inputs.problems) {
    take_problem(problem, summary, messages);
  }
  ProgressLine progress(!options.quiet, inputs.total_bytes);
  std::uint64_t bytes_before = 0;
  for (const input::LogSet& set : inputs.sets) {
    read_set(options, set, summary, messages, progress, bytes_before, audit::Detail::all,
             [&](const audit::Event& event) {
               if (options.node && event.node != *options.node) {
                 return;
               }
               if ((options.start && event.stamp.time < *options.start) ||
                   (options.end && event.stamp.time > *options.end)) {
                 return;
               }
               sink(event, set);
             });
  }
  return summary;
}

}  // namespace auexfil::cli
