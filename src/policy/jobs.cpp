#include "auexfil/policy/jobs.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "auexfil/input/text_hash.hpp"
#include "auexfil/policy/job_template.hpp"
#include "job_command.hpp"
#include "saturating.hpp"
#include "selection.hpp"
#include "user_key.hpp"

namespace auexfil::policy {
namespace {

/// Transfers of one program that are further apart than this are of runs of their own: a daemon
/// that sends every hour has a schedule as well.
constexpr audit::TimeMs kSameRun = 600'000;
/// What a scheduler has started for one run is over with it: all that it does is that run, until
/// its number may have come again.
constexpr audit::TimeMs kSameChild = 43'200'000;

Selection::Hashed hashed(std::string_view text) {
  return {text, input::text_hash(text)};
}

std::string join_argv(const std::vector<std::string>& argv) {
  std::string text;
  for (const std::string& word : argv) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

/// The program that the job is, by its command line: all that it starts is of one run.
std::optional<std::uint32_t> starter_pid(const facts::Fact& fact) {
  if (fact.job) {
    for (const facts::Program& program : fact.lineage) {
      if (join_argv(program.argv) == fact.job->what) {
        return program.pid;
      }
    }
  }
  return std::nullopt;
}

/// How far apart transfers of one run may be.
audit::TimeMs run_gap(const facts::Fact& fact) {
  const bool is_child = fact.job && (fact.job->kind == "cron" || fact.job->kind == "at" ||
                                     fact.job->kind == "anacron");
  return is_child && starter_pid(fact) ? kSameChild : kSameRun;
}

/// A line of a crontab stands there word for word: cron expands nothing of it, so what differs
/// between two of them is no run's.
bool is_crontab_line(const facts::Fact& fact) {
  if (!fact.job || fact.job->kind != "cron") {
    return false;
  }
  const std::string_view what = fact.job->what;
  const std::size_t end = std::min(what.find(' '), what.size());
  return what.substr(0, end).ends_with("sh") && what.substr(end).starts_with(" -c ");
}

struct Transfer {
  audit::TimeMs start{};
  audit::TimeMs end{};
  std::uint32_t pid{};
  audit::TimeMs gap{};  ///< To the next one of the same run, at most.
  bool measured{};
  bool is_least{};  ///< More may have left than `bytes`.
  std::uint64_t bytes{};
};

/// Of calls that were not all seen, or of flows of some of which nobody saw all.
bool is_least(const facts::Destination& to) {
  return to.basis == transfer::Basis::at_least ||
         (to.basis == transfer::Basis::flow && to.flow &&
          (!to.flow->bytes_out_most || *to.flow->bytes_out_most > to.bytes_out.value_or(0)));
}

/// Whose bytes say something: of one that sent nothing, as far as was seen, they do not.
bool tells_volume(const facts::Destination& to) {
  return to.bytes_out && to.bytes_estimated == 0 &&
         !(to.direction == transfer::Direction::none && is_least(to));
}

using JobKey = std::tuple<std::string, std::string, std::string, std::string>;
using PeerKey = std::pair<PeerId, std::uint16_t>;

struct JobState {
  JobRow row;
  std::set<std::string> tools;
  std::set<std::string> artefacts;
  std::map<PeerKey, JobDestination> destinations;
  std::vector<Transfer> transfers;
};

}  // namespace

struct Jobs::State {
  State(const Policy& policy, const JudgeOptions& given, std::size_t jobs_at_most,
        std::size_t transfers_at_most)
      : selection(policy, given),
        options(given),
        max_jobs(jobs_at_most),
        max_transfers(transfers_at_most) {}

  [[nodiscard]] JobState* job_of(const facts::Fact& fact, const Who& who);
  void add_destinations(const facts::Fact& fact, const Who& who, JobState& job);
  void add_destination(const facts::Destination& to, audit::TimeMs end, const Who& who,
                       JobState& job);
  [[nodiscard]] static JobRow finish(JobState& job, std::span<const coverage::Gap> gaps);

  Selection selection;
  JudgeOptions options;
  std::size_t max_jobs;
  std::size_t max_transfers;
  std::size_t transfers = 0;
  std::uint64_t left_out = 0;
  std::map<JobKey, JobState> jobs;
};

JobState* Jobs::State::job_of(const facts::Fact& fact, const Who& who) {
  const std::string host(selection.host(who.host));
  const std::string kind = fact.job ? fact.job->kind : "program";
  const std::string command = job_command(fact);
  const std::string job = is_crontab_line(fact) ? command : job_template(command);
  const std::string user = selection.user(who.user).name.value_or("");
  const JobKey key(host, kind, job, user);
  const auto found = jobs.find(key);
  if (found != jobs.end()) {
    return &found->second;
  }
  if (jobs.size() >= max_jobs) {
    return nullptr;
  }
  JobRow row;
  if (!host.empty()) {
    row.host = host;
  }
  row.role = selection.policy().roles[who.role].name;
  row.kind = kind;
  row.job = job;
  row.user = user;
  row.approved = true;
  row.first = fact.start;
  JobState& state = jobs[key];
  state.row = std::move(row);
  return &state;
}

void Jobs::State::add_destination(const facts::Destination& to, audit::TimeMs end, const Who& who,
                                  JobState& job) {
  const bool is_address = to.address && to.addresses == 0;
  const PeerId peer = is_address         ? selection.intern_peer(*to.address)
                      : to.addresses > 0 ? selection.intern_peer("other addresses")
                      : to.name          ? selection.intern_peer(*to.name)
                                         : selection.intern_peer("unknown");
  if (!selection.peer(peer).counts) {
    return;
  }
  const bool is_by_flow = is_address && to.source == facts::Source::flow && to.name;
  const auto approval =
      to.addresses > 0 ? Selection::Approval{}
                       : selection.approve(to.port, peer,
                                           is_by_flow ? std::string_view(*to.name) : "", who, end);
  job.row.approved = job.row.approved && approval.approved;
  const PeerKey key(peer, to.port.value_or(0));
  const auto found = job.destinations.find(key);
  if (found == job.destinations.end() && job.destinations.size() >= kMaxDestinations) {
    ++job.row.more_destinations;
    return;
  }
  JobDestination& one = job.destinations[key];
  one.approved = approval.approved && (one.transfers == 0 || one.approved);
  ++one.transfers;
  one.address = selection.peer(peer).text;
  one.is_address = is_address;
  one.port = to.port;
  if (approval.approved) {
    one.by = selection.allow(approval.by).name;
  }
}

void Jobs::State::add_destinations(const facts::Fact& fact, const Who& who, JobState& job) {
  Transfer transfer{
      fact.start, fact.end, starter_pid(fact).value_or(fact.process.pid), run_gap(fact), true,
      false,      0};
  for (const facts::Destination& to : fact.destinations) {
    add_destination(to, fact.end, who, job);
    job.row.in = job.row.in || to.direction == transfer::Direction::in ||
                 to.direction == transfer::Direction::both;
    job.row.out = job.row.out || may_have_sent(to.direction);
    // What a download sends leaves as well.
    if (to.bytes_out && to.bytes_estimated == 0) {
      transfer.bytes = saturate(static_cast<Wide>(transfer.bytes) + *to.bytes_out);
    }
    transfer.measured = transfer.measured && tells_volume(to);
    transfer.is_least = transfer.is_least || is_least(to);
  }
  job.transfers.push_back(transfer);
}

JobRow Jobs::State::finish(JobState& job, std::span<const coverage::Gap> gaps) {
  JobRow& row = job.row;
  std::sort(job.transfers.begin(), job.transfers.end(), [](const Transfer& a, const Transfer& b) {
    return std::tie(a.start, a.pid, a.end) < std::tie(b.start, b.pid, b.end);
  });
  std::map<std::uint32_t, std::size_t> open;  // the run that a program is at, by its pid
  std::vector<Transfer> runs;
  for (const Transfer& one : job.transfers) {
    const auto [place, is_new] = open.emplace(one.pid, runs.size());
    if (is_new || one.start > runs[place->second].end + one.gap) {
      place->second = runs.size();
      runs.push_back(one);
      continue;
    }
    Transfer& run = runs[place->second];
    run.end = std::max(run.end, one.end);
    run.measured = run.measured && one.measured;
    run.is_least = run.is_least || one.is_least;
    run.bytes = saturate(static_cast<Wide>(run.bytes) + one.bytes);
  }
  std::vector<audit::TimeMs> starts;
  for (const Transfer& run : runs) {
    starts.push_back(run.start);
    row.bytes_out = saturate(static_cast<Wide>(row.bytes_out) + run.bytes);
    if (run.measured) {
      row.run_bytes.add(run.bytes);
      row.lower_bounds += run.is_least ? 1 : 0;
    } else {
      ++row.unmeasured;
    }
  }
  row.runs = runs.size();
  row.schedule = find_schedule(starts, gaps);
  row.tools.assign(job.tools.begin(), job.tools.end());
  row.artefacts.assign(job.artefacts.begin(), job.artefacts.end());
  for (auto& [key, destination] : job.destinations) {
    row.destinations.push_back(std::move(destination));
  }
  std::stable_sort(row.destinations.begin(), row.destinations.end(),
                   [](const JobDestination& a, const JobDestination& b) {
                     return std::tie(b.transfers, a.address, a.port) <
                            std::tie(a.transfers, b.address, b.port);
                   });
  row.approved = row.approved && !row.destinations.empty();
  return std::move(row);
}

Jobs::Jobs(const Policy& policy, const JudgeOptions& options, std::size_t max_jobs,
           std::size_t max_transfers)
    : state_(std::make_unique<State>(policy, options, max_jobs, max_transfers)) {}
Jobs::~Jobs() = default;

void Jobs::add(const facts::Fact& fact) {
  State& state = *state_;
  if (fact.side != transfer::Side::client || fact.automation == transfer::Verdict::attended ||
      (state.options.start && fact.end < *state.options.start) ||
      (state.options.end && fact.start > *state.options.end)) {
    return;
  }
  std::string user;
  append_user_key(fact, user);
  const std::string_view host = fact.host   ? std::string_view(*fact.host)
                                : fact.node ? std::string_view(*fact.node)
                                            : std::string_view();
  const Who who = state.selection.identify(hashed(host), hashed(fact.tool), hashed(user));
  JobState* const job = state.transfers < state.max_transfers ? state.job_of(fact, who) : nullptr;
  if (job == nullptr) {
    ++state.left_out;
    return;
  }
  ++state.transfers;
  JobRow& row = job->row;
  ++row.transfers;
  row.first = std::min(row.first, fact.start);
  row.last = std::max(row.last, fact.end);
  row.unattended = row.unattended && fact.automation == transfer::Verdict::unattended;
  if (fact.script) {
    row.script = *fact.script;
  }
  if (fact.job && fact.job->artefact && job->artefacts.size() < kMaxDestinations) {
    job->artefacts.insert(*fact.job->artefact);
  }
  job->tools.insert(fact.tool);
  state.add_destinations(fact, who, *job);
}

std::vector<JobRow> Jobs::finish(const std::vector<coverage::HostCoverage>& hosts) {
  std::vector<JobRow> rows;
  for (auto& of_key : state_->jobs) {
    JobState& job = of_key.second;
    const auto host = std::find_if(hosts.begin(), hosts.end(), [&](const auto& one) {
      const auto& name = one.host ? one.host : one.node;
      return name.value_or("") == job.row.host.value_or("");
    });
    rows.push_back(State::finish(
        job, host != hosts.end() ? std::span(host->gaps) : std::span<const coverage::Gap>()));
  }
  return rows;
}

std::uint64_t Jobs::left_out() const {
  return state_->left_out;
}

}  // namespace auexfil::policy
