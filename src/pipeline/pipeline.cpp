#include "auexfil/pipeline/pipeline.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <set>
#include <sys/utsname.h>
#include <utility>

#include <fmt/format.h>

#include "auexfil/artefacts/collect.hpp"
#include "auexfil/coverage/assess.hpp"
#include "auexfil/facts/make_facts.hpp"
#include "auexfil/flow/find_flows.hpp"
#include "auexfil/input/ordered_queue.hpp"
#include "auexfil/input/state_io.hpp"
#include "marks.hpp"
#include "memory_guard.hpp"
#include "read_set.hpp"
#include "uncounted.hpp"

namespace auexfil::pipeline {
namespace {

/// One host of a set, followed to the end of its log.
struct FollowedHost {
  std::unique_ptr<transfer::TransferBuilder> builder;
  host::AuditTally tally;
  artefacts::Answers answers;                   ///< of its other logs
  std::map<std::string, std::uint64_t> bounds;  ///< that were reached -> times
  audit::TimeMs silent_since{};                 ///< 0: it is not; see note_silent_hosts()
  bool is_forgotten = false;                    ///< see Continuation::has_forgotten()
  /// The kernel's lines that tell of lost records: the first one, and how many stretches.
  std::string told_loss;
  std::size_t told_losses{};
};

/// One set, read whole.
struct Followed {
  SetReading reading;
  std::map<std::string, FollowedHost, std::less<>> hosts;  // by node
};

SetOptions set_options(const Options& options, unsigned threads, audit::Detail detail,
                       Observer& observer) {
  SetOptions set;
  set.read.threads = threads;
  set.read.detail = detail;
  set.read.assembler.max_nodes = options.max_nodes;
  set.read.assembler.window_events = options.max_open_events;
  set.block_bytes = options.block_bytes;
  set.describe = options.describe_inputs;
  set.progress = [&observer](std::uint64_t bytes) { observer.on_bytes(bytes); };
  return set;
}

/// One host of a set whose log is being read.
struct Host {
  std::unique_ptr<transfer::TransferBuilder> builder;
  std::unique_ptr<host::Tracker> tracker;
  std::uint64_t told_sockaddrs{};  ///< of the tracker's bad ones, by runs before
  std::uint64_t told_execves{};
  std::uint64_t told_events{};
  Marks marks;
  std::optional<Mark> told_since;  ///< of them the one since which sums are told; empty: of all
};
using Hosts = std::map<std::string, Host, std::less<>>;  // by node

Host& add_host(const Options& options, const Rules& rules, std::string_view node, Hosts& hosts) {
  Host& made = hosts.emplace(std::string(node), Host{}).first->second;
  made.builder = std::make_unique<transfer::TransferBuilder>(rules.tools, rules.signs);
  made.tracker = std::make_unique<host::Tracker>(options.tracker, *made.builder);
  made.builder->attach(*made.tracker);
  return made;
}

std::map<std::string, std::uint64_t> bounds_of(const Host& host) {
  std::map<std::string, std::uint64_t> bounds = host.tracker->bounds();
  bounds.merge(host.builder->bounds());
  return bounds;
}

/// Those that were reached in the time that is told of.
std::map<std::string, std::uint64_t> told_bounds(const Host& host) {
  std::map<std::string, std::uint64_t> bounds = bounds_of(host);
  if (host.told_since) {
    for (const auto& [bound, times] : host.told_since->bounds) {
      std::uint64_t& now = bounds[bound];
      now -= std::min(now, times);
    }
    std::erase_if(bounds, [](const auto& one) { return one.second == 0; });
  }
  return bounds;
}

/// All that the next run needs of this one, beside the places that it reached.
/// \param reached  when
/// \param size  about how much that is
std::string pause_all(audit::Assembler& assembler, Hosts& hosts, audit::TimeMs reached,
                      std::size_t size) {
  std::string bytes = input::begin_sealed();
  bytes.reserve(size);
  input::StateWriter state(bytes);
  assembler.pause(state);
  static_cast<void>(state.size(hosts.size(), SIZE_MAX));
  for (auto& [node, host] : hosts) {
    std::string name = node;
    state.text(name, SIZE_MAX);
    host.tracker->pause(state);
    host.builder->pause(state);
    const host::AuditTally& tally = host.tracker->tally();
    const audit::TimeMs time = std::min(reached, tally.last);
    if (host.marks.wants(time)) {
      host.marks.add({time, tally, host.builder->unattributed_so_far(), bounds_of(host)});
    }
    host.marks.walk(state);
  }
  state.flush();
  input::seal(bytes);
  return bytes;
}

/// The way back, of the hosts: the assembler has read its part.
void resume_hosts(input::StateReader& state, const Options& options, const Rules& rules,
                  audit::TimeMs forgotten, Hosts& hosts) {
  const std::size_t count = state.size(0, options.max_nodes);
  for (std::size_t i = 0; i < count; ++i) {
    std::string node;
    state.text(node, SIZE_MAX);
    input::StateReader::refuse_unless(!hosts.contains(node));
    Host& host = add_host(options, rules, node, hosts);
    host.tracker->resume(state);
    host.told_sockaddrs = host.tracker->bad_sockaddrs();
    host.told_execves = host.tracker->bad_execves();
    host.builder->resume(state);
    host.marks.walk(state);
    host.told_events = host.tracker->tally().events;
    if (forgotten > 0) {
      host.builder->forget_before(forgotten);
      // What was held back for its order is told again whenever it was; and of several hosts in one
      // log each has its own clock.
      const audit::TimeMs since = std::min(forgotten, host.tracker->tally().last);
      host.tracker->tell_since(since);
      host.told_since = host.marks.forget_before(since);
    }
  }
  input::StateReader::refuse_unless(state.is_at_end());
}

/// What was written between the place that runs before have reached and the first event of this
/// one, where the file that they stopped in is gone.
void note_unread(const audit::Stamp& last, const std::optional<audit::Stamp>& first,
                 SetReading& reading, const std::string& file) {
  if (first && first->serial == last.serial + 1) {
    return;
  }
  std::string what = fmt::format("read up to {}, is gone: what was written to it after that was ",
                                 audit::format_rfc3339(last.time));
  what += !first ? "not read"
          : first->serial > last.serial
              ? fmt::format("not read, {} events up to {}", first->serial - last.serial - 1,
                            audit::format_rfc3339(first->time))
              : fmt::format("not read, up to {}", audit::format_rfc3339(first->time));
  add_problem({input::ProblemKind::missing, file, what}, reading);
}

audit::TimeMs now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// What was written between the last file that runs before have read and the next one that is here,
/// where there is none of that any more: the event before and the first one of that file tell. What
/// the kernel kept for auditd is written behind newer events, at a boot thousands of them: only
/// what has not come by then is missing. Where the log ends before, a later run tells, at the
/// latest one that finds no more of it.
class Border {
 public:
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  explicit Border(std::vector<UnreadStretch> before) : stretches_(std::move(before)) {}
  /// \param file  index of the next one, which is called `name`
  void begin(std::size_t file, std::string name) {
    file_ = file;
    name_ = std::move(name);
  }
  /// \param is_new  runs before have not seen it
  void note(const audit::Event& event, bool is_new) {
    if (event.records.empty() || audit::type::is_daemons(event.records.front()->type)) {
      return;
    }
    for (UnreadStretch& stretch : stretches_) {
      stretch.note(event.stamp, event.node, event.boot);
    }
    if (file_ == kNowhere) {
      return;
    }
    if (is_new && event.records.front()->file == file_) {
      file_ = kNowhere;
      if (before_ && event.boot == boot_ && event.node == node_ &&
          event.stamp.serial > before_->serial + 1) {
        stretches_.push_back({name_, node_, event.boot, *before_, event.stamp,
                              event.stamp.serial - before_->serial - 1, 0, false});
      }
      return;
    }
    before_ = event.stamp;
    boot_ = event.boot;
    if (event.node != node_) {
      node_ = event.node;
    }
  }
  /// \return those of which the next run tells
  [[nodiscard]] std::vector<UnreadStretch> tell(SetReading& reading) {
    constexpr std::size_t kMost = 64;
    const audit::TimeMs now = now_ms();
    const bool stands_still = reading.summary.records == 0;
    std::vector<UnreadStretch> open;
    for (UnreadStretch& stretch : stretches_) {
      if (stretch.missing == 0) {
        continue;
      }
      if (!stretch.is_over_by(now, stands_still) && open.size() < kMost) {
        open.push_back(std::move(stretch));
        continue;
      }
      add_problem({input::ProblemKind::missing, fmt::format("a file before {}", stretch.file),
                   fmt::format("was not read, {} events from {} to {}: it is gone, or they were "
                               "never written",
                               stretch.missing, audit::format_rfc3339(stretch.before.time),
                               audit::format_rfc3339(stretch.behind.time))},
                  reading);
    }
    return open;
  }

 private:
  std::vector<UnreadStretch> stretches_;
  std::size_t file_ = kNowhere;
  std::string name_;
  std::optional<audit::Stamp> before_;
  std::uint32_t boot_{};
  std::string node_;
};

constexpr audit::TimeMs kDay = 86'400'000;

/// "12 days"
std::string days_since(audit::TimeMs time) {
  const audit::TimeMs days = (now_ms() - time) / kDay;
  return fmt::format("{} day{}", days, days == 1 ? "" : "s");
}

/// When a host was heard last. A stamp that is ahead of this clock does not tell: then where the
/// log is now, where its clock was put back since, or when something new was read of it.
/// \param last    of its latest event
/// \param newest  of the one that came last
audit::TimeMs heard_at(audit::TimeMs last, audit::TimeMs newest, audit::TimeMs news_at) {
  const audit::TimeMs now = now_ms();
  return last <= now ? last : newest <= now ? newest : news_at;
}

/// Does a log that is read every day stand still?
bool is_silent(audit::TimeMs heard) {
  return heard > 0 && heard + kDay < now_ms();
}

/// Its files were put together by what they hold, not by their names.
bool is_joined(const input::LogSet& set) {
  return std::any_of(set.files.begin() + 1, set.files.end(),
                     [](const input::LogFile& file) { return !file.joined.empty(); });
}

constexpr const char* kPutBack = "it was cut or written anew, and its clock was put back before";

/// What a run that keeps a state does beside reading.
class Continuation {
 public:
  /// \param saved  where runs before have ended. Put forward by finish().
  Continuation(const input::LogSet& set, SavedLog& saved)
      : saved_(saved),
        gone_on_(input::go_on(set, saved.places, saved.reached)),
        last_(saved.last),
        reached_(saved.reached),
        known_to_(saved.last.time),
        news_at_(saved.news_at),
        border_(saved.unread) {
    if (is_joined(set) && gone_on_.comes_late) {
      throw input::StateRefused("a file has come since that stands before one that was read");
    }
    if (!gone_on_.older.empty()) {
      throw input::StateRefused(
          fmt::format("{} has come since, and begins before what was read", gone_on_.older));
    }
    const auto& files = gone_on_.set.files;
    is_changed_ = std::any_of(files.begin(), files.end(),
                              [](const input::LogFile& file) { return file.is_another; });
    refuse_if_put_back();
    const bool may_follow = !saved.places.empty() && gone_on_.lost.empty();
    for (std::size_t i = 0; i < files.size() && may_follow; ++i) {
      if (!files[i].is_done && files[i].name == gone_on_.follows) {
        border_.begin(i, gone_on_.follows);
      }
    }
    if (!saved.tables.empty()) {
      state_.emplace(input::open_state(saved.tables));
    }
  }
  Continuation(const Continuation&) = delete;
  Continuation& operator=(const Continuation&) = delete;

  [[nodiscard]] const input::LogSet& set() const { return gone_on_.set; }
  /// Of the latest event of runs before; 0: there is none.
  [[nodiscard]] audit::TimeMs known_to() const { return known_to_; }
  /// When a run before this one read something new.
  [[nodiscard]] audit::TimeMs news_at() const { return news_at_; }
  /// \param hosts  are read once the assembler has been, and written when all is read.
  void add_to(SetOptions& reading, const Options& options, const Rules& rules, Hosts& hosts) {
    reading.read.before = state_ ? &*state_ : nullptr;
    if (state_) {
      // By the clock where the log is ahead of it: one step of a host's would forget all. And by
      // where the log is now: a clock that was ahead and is put back makes nothing old.
      forgotten_ = std::min(saved_.reached, now_ms()) - options.keep_ms;
      saved_.forgotten = std::max(saved_.forgotten, forgotten_);
    }
    reading.read.resumed = [&] { resume_hosts(*state_, options, rules, forgotten_, hosts); };
    reading.read.pause = [&](audit::Assembler& assembler) {
      is_as_before_ = state_ && !assembler.has_read();
      if (!is_as_before_) {
        tables_ = pause_all(assembler, hosts, std::min(reached_, now_ms()),
                            saved_.tables.size() + saved_.tables.size() / 8);
      }
    };
  }
  /// Of a host that shares its log with others: has nothing come of it for so long that nothing of
  /// it is kept? That it is silent was told until then. Not so where its auditing is off.
  [[nodiscard]] bool has_forgotten(const host::AuditTally& tally,
                                   std::uint64_t events_before) const {
    return tally.last < forgotten_ && tally.events == events_before && !tally.is_off;
  }
  void note(const audit::Event& event) {
    last_ = std::max(last_, event.stamp);
    reached_ = event.stamp.time;
    if (event.stamp > saved_.last) {  // else it was open when the run before ended
      first_ = first_ ? std::min(*first_, event.stamp) : event.stamp;
    }
    border_.note(event, event.stamp > saved_.last);
  }
  /// \throws input::StateRefused where it cannot be told what of it is known.
  void finish(SetReading& reading) {
    note_changed(reading);
    if (!gone_on_.lost.empty()) {
      note_unread(saved_.last, first_, reading, gone_on_.lost);
    }
    saved_.unread = border_.tell(reading);
    saved_.places = std::move(gone_on_.places);
    for (std::size_t i = 0; i < saved_.places.size(); ++i) {
      saved_.places[i].taken = reading.taken[i];
      saved_.places[i].tail = reading.tails[i];
    }
    saved_.last = last_;
    saved_.reached = reached_;
    saved_.news_at = reading.summary.records > 0 ? now_ms() : saved_.news_at;
    if (!is_as_before_) {
      saved_.tables = std::move(tables_);
    }
    saved_.is_as_before = is_as_before_;
  }

 private:
  /// Where a clock was put back, what comes then is not told from what is known.
  void refuse_if_put_back() const {
    constexpr audit::TimeMs kStep = 600'000;
    if (is_changed_ && saved_.last.time > saved_.reached + kStep) {
      throw input::StateRefused(kPutBack);
    }
  }
  void note_changed(SetReading& reading) {
    const std::vector<std::string>& changed = gone_on_.changed;
    for (const std::string& file : changed) {
      add_problem({input::ProblemKind::changed, file,
                   "was cut or written anew since it was read; it was read again, without the "
                   "events that are known, and what was written to it before may be lost"},
                  reading);
    }
    for (const input::LogFile& file : gone_on_.set.files) {
      if (file.is_another && std::count(changed.begin(), changed.end(), file.name) == 0) {
        reading.messages.push_back(
            {"state", fmt::format("{}: begins elsewhere than what was read of it; it was read from "
                                  "there, without the events that are known",
                                  file.name)});
      }
    }
    const auto& inputs = reading.summary.inputs;
    is_changed_ = is_changed_ || std::any_of(inputs.begin(), inputs.end(), [](const auto& input) {
                    return input.status == to_word(input::ProblemKind::changed);
                  });
    refuse_if_put_back();
  }

  SavedLog& saved_;
  input::GoneOn gone_on_;
  std::optional<input::StateReader> state_;
  std::string tables_;
  bool is_as_before_ = false;
  audit::Stamp last_;
  audit::TimeMs reached_{};
  audit::TimeMs known_to_{};
  audit::TimeMs news_at_{};
  audit::TimeMs forgotten_{};
  std::optional<audit::Stamp> first_;  ///< behind those of runs before
  Border border_;
  bool is_changed_ = false;
};

/// \param next  null: nothing is to be kept.
Followed follow_set(const Options& options, const Rules& rules, const input::LogSet& set,
                    unsigned threads, Continuation* next, Observer& observer) {
  Hosts hosts;
  Host* last = nullptr;
  std::string last_node;
  MemoryGuard guard(options.max_memory);
  bool stopped = false;
  const auto stop_growing = [&hosts](Host& host) {
    // A few more of each are nothing for one host, and much for thousands.
    constexpr std::size_t kAll = std::size_t{1} << 18;
    const std::size_t at_least =
        std::clamp<std::size_t>(kAll / std::max<std::size_t>(hosts.size(), 1), 64, 4096);
    host.tracker->stop_growing(at_least);
    host.builder->stop_growing(at_least);
  };
  Followed followed;
  SetOptions reading = set_options(options, threads, audit::Detail::followed, observer);
  reading.read.assembler.has_room = [&] { return !guard.is_full(); };
  if (next != nullptr) {
    next->add_to(reading, options, rules, hosts);
  }
  followed.reading = read_set(set, reading, [&](const audit::Event& event) {
    if (next != nullptr) {
      next->note(event);
    }
    if (guard.is_short() && !stopped) {
      stopped = true;
      for (auto& [node, host] : hosts) {
        stop_growing(host);
      }
    }
    if (last == nullptr || event.node != last_node) {
      if (options.node && event.node != *options.node) {
        return;
      }
      const auto found = hosts.find(event.node);
      last = found != hosts.end() ? &found->second : &add_host(options, rules, event.node, hosts);
      if (found == hosts.end() && stopped) {
        stop_growing(*last);
      }
      last_node = event.node;
    }
    last->tracker->take(event);
  });
  coverage::ReadSummary& summary = followed.reading.summary;
  if (stopped) {
    ++summary.bounds["memory"];
  }
  const std::map<std::string, std::uint64_t> of_log = summary.bounds;
  for (auto& [node, host] : hosts) {
    host.tracker->finish();
    host.builder->close();
    // Those of the log as a whole hold for each of its hosts.
    std::map<std::string, std::uint64_t> reached = of_log;
    for (const auto& [bound, times] : told_bounds(host)) {
      summary.bounds[bound] += times;
      reached[bound] += times;
    }
    const auto add_malformed = [&](const char* kind, std::uint64_t lines) {
      if (lines > 0) {
        summary.malformed[kind] += lines;
      }
    };
    add_malformed("bad_sockaddr", host.tracker->bad_sockaddrs() - host.told_sockaddrs);
    add_malformed("bad_execve", host.tracker->bad_execves() - host.told_execves);
    host::AuditTally tally = host.tracker->take_tally();
    tally.known_to = next == nullptr ? 0 : next->known_to();
    const bool is_gone = next != nullptr && next->has_forgotten(tally, host.told_events);
    if (host.told_since) {
      tally.tell_since(host.told_since->hidden);
      host.builder->tell_unattributed_since(host.told_since->unattributed);
    }
    // Judging needs memory too: what only following needed makes room for it.
    followed.hosts.emplace(
        node, FollowedHost{std::move(host.builder), std::move(tally), artefacts::Answers(),
                           std::move(reached), 0, is_gone, std::string(), 0});
    host.tracker.reset();
  }
  return followed;
}

std::optional<coverage::UnseenBytes> unseen_of(const transfer::BytesByProgram& sent) {
  constexpr std::size_t kMostNames = 8;
  if (sent.total() == 0) {
    return std::nullopt;
  }
  coverage::UnseenBytes made;
  made.bytes = sent.total();
  for (const auto& [program, bytes] : sent.programs()) {
    if (made.programs.size() < kMostNames) {
      made.programs.push_back(program);
    }
  }
  return made;
}

/// Behind a bound sums are kept, but not who and where: what is not found there proves little.
void note_bounds(const std::map<std::string, std::uint64_t>& bounds,
                 coverage::HostCoverage& coverage) {
  std::string names;
  for (const auto& [bound, times] : bounds) {
    names += fmt::format("{}{} ({} times)", names.empty() ? "" : ", ", bound, times);
  }
  if (!names.empty()) {
    coverage.reasons.push_back("bounds of memory were reached: " + names);
    coverage.verdict = std::max(coverage.verdict, coverage::CoverageVerdict::partial);
  }
}

/// What calls a host so, from the surest on, and how.
struct Named {
  std::optional<std::string> host;
  const char* by = "";
};

Named named_by(const Options& options, const Inputs& inputs, const input::LogSet& set) {
  return options.host             ? Named{options.host, "option"}
         : !set.host.empty()      ? Named{set.host, "image"}
         : inputs.host            ? Named{inputs.host, "image"}
         : !set.told_host.empty() ? Named{set.told_host, "carrier"}
         : !set.label.empty()     ? Named{set.label, "folder"}
                                  : Named{};
}

std::optional<std::string> host_of(const Options& options, const Inputs& inputs,
                                   const input::LogSet& set, const std::string& node) {
  return !node.empty() ? std::optional(node) : named_by(options, inputs, set).host;
}

const input::Names* names_of(const Inputs& inputs, const input::LogSet& set,
                             const std::string& node) {
  const auto own = set.names_of_node.find(node);
  return own != set.names_of_node.end() ? own->second.get()
         : set.names != nullptr         ? set.names.get()
                                        : &inputs.names;
}

/// Whose the files of a set are, and what is missing in their time.
void describe_hosts(const Options& options, const Inputs& inputs, const input::LogSet& set,
                    Followed& followed) {
  constexpr std::size_t kMostNodes = 8;
  for (coverage::ReadSummary::Input& input : followed.reading.summary.inputs) {
    if (!input.held) {
      continue;
    }
    coverage::ReadSummary::Held& held = *input.held;
    const Named named = named_by(options, inputs, set);
    held.host = named.host;
    held.host_by = named.by;
    for (const auto& [node, host] : followed.hosts) {
      if (!node.empty() && held.nodes.size() < kMostNodes) {
        held.nodes.push_back(node);
      }
      for (const host::Loss& loss : host.tally.losses) {
        const bool is_in_it = held.events > 0 && loss.from <= held.last && loss.to >= held.first;
        held.gaps += is_in_it ? 1U : 0U;
        held.lost += is_in_it ? loss.events : 0U;
      }
    }
  }
}

/// The first file of a set says why it does not go on from another that it may belong to: what was
/// under way there is told in two parts, and what both hold is told twice.
void note_apart(const input::LogFile& first, coverage::HostCoverage& coverage) {
  if (!first.joined.empty()) {
    coverage.reasons.insert(coverage.reasons.begin(),
                            fmt::format("{} {}", first.name, first.joined));
    coverage.verdict = std::max(coverage.verdict, coverage::CoverageVerdict::partial);
  }
}

/// Where it is told that records were lost, if not in the audit log.
void note_told_losses(const FollowedHost& host, coverage::HostCoverage& coverage) {
  if (host.told_losses > 0) {
    coverage.reasons.push_back(fmt::format(
        "the kernel says that it lost records ({}{})", host.told_loss,
        host.told_losses > 1 ? fmt::format(", and {} times more", host.told_losses - 1) : ""));
  }
}

void note_silence(audit::TimeMs last, coverage::HostCoverage& coverage) {
  coverage.reasons.insert(
      coverage.reasons.begin(),
      fmt::format("nothing has come from this host since {}, {} before this run: of what it did "
                  "then nothing can be told",
                  audit::format_rfc3339(last), days_since(last)));
  coverage.verdict = coverage::CoverageVerdict::blind;
}

/// Hands on what a set's hosts sent, and what their logs could have shown.
void hand_out(const Options& options, const Inputs& inputs, const host::Signs& signs,
              const input::LogSet& set, Followed& followed, facts::Stage& stage) {
  for (auto& [node, host] : followed.hosts) {
    if (host.is_forgotten) {
      continue;
    }
    facts::HostName name;
    if (!node.empty()) {
      name.node = node;
    }
    name.host = host_of(options, inputs, set, node);
    name.is_label = node.empty() && !options.host && set.host.empty() && !inputs.host;
    name.names = names_of(inputs, set, node);
    // Logs that other hosts have sent here are of jobs that this image does not know.
    const bool is_image = set.host.empty() || set.host == inputs.host;
    if (is_image && (node.empty() || node == inputs.host)) {
      name.starters = inputs.starters.get();
      name.signs = &signs;
      name.image = inputs.image.get();
    }
    name.answers = &host.answers;
    name.file_name = [&set](std::uint32_t file) {
      return file < set.files.size() ? set.files[file].name : std::string("?");
    };
    const coverage::AuditVisibility visibility = coverage::visibility_of(host.tally);
    facts::make_facts(*host.builder, name, visibility, options.redactor, stage, options.threads);
    const auto unattributed = unseen_of(host.builder->unattributed());
    const auto unaddressed = unseen_of(host.builder->unaddressed());
    const transfer::Untold untold = host.builder->untold();
    host.builder.reset();
    coverage::HostCoverage coverage = coverage::assess(host.tally, visibility);
    coverage.uncounted = uncounted_of(untold);
    coverage::note_untold(coverage.uncounted ? coverage.uncounted->messages : 0, untold.connections,
                          coverage);
    note_bounds(host.bounds, coverage);
    note_apart(set.files.front(), coverage);
    note_told_losses(host, coverage);
    if (host.silent_since != 0) {
      note_silence(host.silent_since, coverage);
    }
    coverage.host = name.host;
    coverage.node = name.node;
    coverage.unattributed = unattributed;
    coverage.unaddressed = unaddressed;
    coverage.jobs = coverage::jobs_of(host.tally.activities, signs);
    if (host.tally.peers.is_whole()) {
      coverage.peers = std::make_shared<const audit::AddressSet>(std::move(host.tally.peers));
    }
    stage.on_host(coverage);
  }
}

artefacts::Asked what_to_ask(const Options& options, const Inputs& inputs, const input::LogSet& set,
                             const std::string& node, const FollowedHost& host) {
  artefacts::Asked asked = facts::what_to_ask(*host.builder);
  asked.first = host.tally.first;
  asked.last = host.tally.last;
  for (const std::string& name :
       {node, set.host, inputs.host.value_or(""), options.host.value_or("")}) {
    if (!name.empty() && (name == node || node.empty())) {
      asked.hosts.push_back(name);
    }
  }
  const bool only_said = asked.hosts.size() == 1 && options.host == asked.hosts.front();
  if (only_said) {
    asked.hosts.clear();  // its own lines may call it otherwise
  }
  return asked;
}

/// Asks the other logs of a set's hosts, each for what the kernel wrote of it.
void ask_logs(const Options& options, const Inputs& inputs, std::size_t number,
              Followed& followed) {
  if (number >= inputs.system_logs.size() || inputs.system_logs[number] == nullptr) {
    return;
  }
  std::vector<artefacts::Asked> asked;
  for (const auto& [node, host] : followed.hosts) {
    asked.push_back(what_to_ask(options, inputs, inputs.sets[number], node, host));
  }
  std::vector<artefacts::Answers> answers = inputs.system_logs[number]->ask(asked);
  std::set<std::pair<std::string, std::string>> faults;
  std::uint64_t overlong = 0;
  coverage::ReadSummary& summary = followed.reading.summary;
  auto next = answers.begin();
  for (auto& [node, host] : followed.hosts) {
    host.answers = std::move(*next++);
    for (const auto& [bound, times] : host.answers.bounds()) {
      summary.bounds[bound] += times;
    }
    for (const artefacts::KernelLoss& loss : host.answers.losses()) {
      if (host.tally.note_told_loss(loss.from, loss.to, loss.records) && host.told_losses++ == 0) {
        host.told_loss = loss.evidence;
      }
    }
    overlong = host.answers.unread().overlong;  // of all the same
    faults.insert(host.answers.unread().faults.begin(), host.answers.unread().faults.end());
  }
  if (overlong > 0) {
    summary.bounds["login_line_bytes"] += overlong;
  }
  for (const auto& [file, what] : faults) {
    add_problem({input::ProblemKind::damaged, file, what}, followed.reading);
  }
}

std::uint64_t bytes_of(const input::LogSet& set) {
  std::uint64_t bytes = 0;
  for (const input::LogFile& file : set.files) {
    bytes += file.bytes;
  }
  return bytes;
}

/// A summary that begins with what was wrong with the inputs as they were looked for.
coverage::ReadSummary begin_summary(const Inputs& inputs, Observer& observer) {
  coverage::ReadSummary summary;
  SetReading found;
  for (const input::Problem& problem : inputs.problems) {
    add_problem(problem, found);
  }
  add_up(std::move(found), summary, observer);
  if (inputs.starters != nullptr) {
    for (const auto& [bound, times] : inputs.starters->inventory().bounds) {
      summary.bounds[bound] += times;
    }
  }
  return summary;
}

/// The other logs of the hosts: of the collection that a log lies in, else of the image.
void find_system_logs(Inputs& inputs) {
  std::shared_ptr<const artefacts::SystemLogs> of_image;
  if (inputs.image != nullptr) {
    of_image =
        std::make_shared<const artefacts::SystemLogs>(input::Surroundings{inputs.image, "/", true});
  }
  for (const input::LogSet& set : inputs.sets) {
    const bool is_image = set.host.empty() || set.host == inputs.host;
    std::shared_ptr<const artefacts::SystemLogs> logs =
        inputs.image == nullptr ? std::make_shared<const artefacts::SystemLogs>(set.around)
        : is_image              ? of_image
                                : nullptr;
    const bool any = logs != nullptr && !logs->files().empty();
    inputs.system_logs.push_back(any ? std::move(logs) : nullptr);
  }
}

/// What starts things in an image; what of it could not be read is a problem.
void read_starters(const input::DiskImage& image, Inputs& inputs) {
  if (image.tree == nullptr) {
    return;  // no image, and a problem already
  }
  artefacts::Inventory found = artefacts::collect(*image.tree);
  if (found.unread > 0) {
    inputs.problems.push_back(
        {input::ProblemKind::unreadable, found.first_unread,
         found.unread == 1 ? std::string("may start things, but could not be read")
                           : fmt::format("may start things, but could not be read, as {} others",
                                         found.unread - 1)});
  }
  if (found.cut > 0) {
    inputs.problems.push_back(
        {input::ProblemKind::unreadable, found.first_cut,
         fmt::format("may start things, but is too large to be read to its end{}",
                     found.cut == 1 ? "" : fmt::format(", as {} others", found.cut - 1))});
  }
  inputs.image = image.tree;
  inputs.starters = std::make_shared<const artefacts::Matcher>(std::move(found));
}

bool holds(const SavedLog& log, const input::LogFile& file) {
  input::LogSet alone;
  alone.files.push_back(file);
  return input::is_same_log(alone, log.places);
}

void begin_again(SavedLog& log, std::string why) {
  SavedLog fresh;
  fresh.label = std::move(log.label);
  fresh.host = std::move(log.host);
  fresh.called = std::move(log.called);
  fresh.is_known = log.is_known;
  fresh.is_found = true;
  fresh.read_again = std::move(why);
  log = std::move(fresh);
}

/// The log that a file of this set was found in before, at its place on the disk; null: none.
const SavedLog* read_as(
    const input::LogSet& set,
    const std::multimap<std::pair<std::uint64_t, std::uint64_t>, const SavedLog*>& places) {
  for (const input::LogFile& file : set.files) {
    input::Tree::Info info;
    if (file.tree->stat(file.path, info) != 0) {
      continue;
    }
    const auto [from, to] = places.equal_range({info.device, info.inode});
    const auto found =
        std::find_if(from, to, [&](const auto& place) { return holds(*place.second, file); });
    if (found != to) {
      return found->second;
    }
  }
  return nullptr;
}

/// What holds logs together by their content may tell more than it did. Logs that were two are read
/// again as one, each of their transfers once.
/// \param same  of those before `end`, the one that the set goes on with
void take_in_others(const input::LogSet& set, std::vector<SavedLog>& saved, std::size_t end,
                    SavedLog& same) {
  bool any = false;
  for (std::size_t i = 0; i < end; ++i) {
    SavedLog& other = saved[i];
    if (&other != &same && !other.is_found && !other.is_dropped &&
        std::any_of(set.files.begin(), set.files.end(), [&](const input::LogFile& file) {
          return holds(other, file) && !holds(same, file);
        })) {
      other.is_found = other.is_dropped = any = true;
    }
  }
  if (any) {
    begin_again(same, "it goes on from what was another log so far");
  }
}

/// Logs that runs before have read as one stay one: what held them together may be gone.
Inputs joined_as_before(const Inputs& inputs, const std::vector<SavedLog>& saved) {
  std::multimap<std::pair<std::uint64_t, std::uint64_t>, const SavedLog*> places;
  for (const SavedLog& log : saved) {
    for (const input::FilePlace& place : log.places) {
      places.emplace(std::pair(place.device, place.inode), &log);
    }
  }
  std::map<const SavedLog*, std::size_t> firsts;
  Inputs made = inputs;
  for (std::size_t i = 0; i < made.sets.size();) {
    input::LogSet& set = made.sets[i];
    const SavedLog* const log = input::can_go_on(set) ? read_as(set, places) : nullptr;
    const auto [first, is_first] = firsts.try_emplace(log, i);
    if (log == nullptr || is_first) {
      ++i;
      continue;
    }
    made.sets[first->second].label = log->label;
    std::vector<input::LogFile>& files = made.sets[first->second].files;
    set.files.front().joined =
        fmt::format("read as one log with {} by runs before", files.front().name);
    std::move(set.files.begin(), set.files.end(), std::back_inserter(files));
    made.sets.erase(made.sets.begin() + static_cast<std::ptrdiff_t>(i));
    if (i < made.system_logs.size()) {
      made.system_logs.erase(made.system_logs.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  return made;
}

/// Of each set where runs before have ended; null: it is read from its beginning, and nothing kept.
std::vector<SavedLog*> saved_of(const std::vector<input::LogSet>& sets,
                                std::vector<SavedLog>* saved) {
  std::vector<SavedLog*> made(sets.size(), nullptr);
  if (saved == nullptr) {
    return made;
  }
  const std::size_t before = saved->size();
  saved->reserve(before + sets.size());  // pointers into it
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (!input::can_go_on(sets[i])) {
      continue;
    }
    const auto end = saved->begin() + static_cast<std::ptrdiff_t>(before);
    auto same = std::find_if(saved->begin(), end, [&](const SavedLog& log) {
      return !log.is_found && input::is_same_log(sets[i], log.places);
    });
    if (same != end && is_joined(sets[i])) {
      take_in_others(sets[i], *saved, before, *same);
    }
    if (same == end) {
      same = std::find_if(saved->begin(), end, [&](const SavedLog& log) {
        return !log.is_found && log.label == sets[i].label && log.host == sets[i].host;
      });
    }
    if (same == end) {
      saved->emplace_back();
      same = saved->end() - 1;
    }
    same->label = sets[i].label;
    same->host = sets[i].host;
    same->is_known = !same->places.empty();
    same->is_found = true;
    made[i] = &*same;
  }
  return made;
}

/// A log whose lines were kept apart by what names their hosts is so on, whatever it shows now.
input::LogSet named_as_before(const input::LogSet& set, SavedLog& saved) {
  const bool names_hosts = set.files.front().names_hosts;
  if (saved.places.empty()) {
    saved.names_hosts = names_hosts;
  } else if (names_hosts && !saved.names_hosts) {
    throw input::StateRefused("it has lines of several hosts since, who were one so far");
  }
  input::LogSet named = set;
  for (input::LogFile& file : named.files) {
    file.names_hosts = saved.names_hosts;
  }
  return named;
}

/// Goes on where runs before have ended; from the beginning where their state is of no use.
Followed follow_saved(const Options& options, const Rules& rules, const input::LogSet& set,
                      unsigned threads, SavedLog* saved, std::unique_ptr<Continuation>& next,
                      Observer& observer) {
  if (saved == nullptr) {
    Followed followed = follow_set(options, rules, set, threads, nullptr, observer);
    if (options.saved != nullptr) {
      followed.reading.messages.push_back(
          {"state", fmt::format("{}: comes by several ways, from a pipe or the newest first: no "
                                "place in it can be kept, and it is read whole each time",
                                set.files.front().name)});
    }
    return followed;
  }
  bool is_changed = false;
  if (saved->read_again.empty()) {
    try {
      next = std::make_unique<Continuation>(named_as_before(set, *saved), *saved);
      Followed followed = follow_set(options, rules, next->set(), threads, next.get(), observer);
      next->finish(followed.reading);
      return followed;
    } catch (const input::StateRefused& refused) {
      is_changed = std::string_view(refused.what()) == kPutBack;
      begin_again(*saved, refused.what());
    }
  }
  next = std::make_unique<Continuation>(named_as_before(set, *saved), *saved);
  Followed followed = follow_set(options, rules, next->set(), threads, next.get(), observer);
  next->finish(followed.reading);
  const std::string& file = set.files.front().name;
  const std::string what =
      fmt::format("{}; all that is there of this log was read again", saved->read_again);
  if (is_changed) {
    add_problem({input::ProblemKind::changed, file, what}, followed.reading);
  } else {
    followed.reading.messages.push_back({"state", fmt::format("{}: {}", file, what)});
  }
  return followed;
}

std::string shown(const std::string& name) {
  return name.empty() ? "by no name" : name;
}

/// Keeps what a log's host is called: its findings have their ids by that.
void call(const std::string& name, SavedLog& saved, SetReading& reading) {
  if (saved.called != name && saved.is_known) {
    saved.was_called = saved.called;
    reading.messages.push_back(
        {"state", fmt::format("the host that was called {} in runs before is called {} now: its "
                              "findings are told again, under other ids",
                              shown(saved.called), shown(name))});
  }
  saved.called = name;
}

/// A daily job finds nothing in a log that nobody writes to any more. Where a host's clock was put
/// back, what came then is new as well.
/// \param before  null: no run before has read it
void note_silent_hosts(const Continuation* before, const Options& options, const Inputs& inputs,
                       const input::LogSet& set, Followed& followed) {
  const bool may_be = followed.reading.summary.records == 0 || followed.hosts.size() > 1;
  if (!may_be || before == nullptr || before->known_to() == 0) {
    return;
  }
  for (auto& [node, host] : followed.hosts) {
    const audit::TimeMs heard = heard_at(host.tally.last, host.tally.newest, before->news_at());
    if (host.is_forgotten || host.tally.last > before->known_to() || !is_silent(heard)) {
      continue;
    }
    host.silent_since = heard;
    const std::string name = host_of(options, inputs, set, node).value_or("");
    followed.reading.messages.push_back(
        {"silent", fmt::format("{}: nothing new since {}, {} before this run: is auditd running "
                               "there, and does its log come here?",
                               name.empty() ? set.files.front().name : name,
                               audit::format_rfc3339(heard), days_since(heard))});
  }
}

/// Of logs that ended before, nothing would be kept by now, had they been found, by the time of
/// those that were; where none was, of no log.
audit::TimeMs nothing_kept_before(const std::vector<SavedLog>& saved, std::int64_t keep_ms) {
  audit::TimeMs latest = 0;
  for (const SavedLog& log : saved) {
    latest = log.is_found && !log.is_dropped ? std::max(latest, log.reached) : latest;
  }
  return std::min(latest, now_ms()) - keep_ms;
}

/// Logs that runs before have read and that are not among the inputs now: nothing is told of their
/// hosts. One that is gone for longer than anything is kept is told for the last time.
/// \return are there any?
bool tell_vanished(const Options& options, coverage::ReadSummary& summary, facts::Stage& stage,
                   Observer& observer) {
  if (options.saved == nullptr) {
    return false;
  }
  bool any = false;
  SetReading reading;
  const audit::TimeMs old = nothing_kept_before(*options.saved, options.keep_ms);
  for (SavedLog& log : *options.saved) {
    if (log.is_found || log.is_dropped) {
      continue;
    }
    if (log.reached == 0) {
      log.is_dropped = true;  // it was empty: there is no host of which anything was told
      continue;
    }
    any = true;
    log.is_dropped = log.reached < old;
    const std::string what = fmt::format(
        "no log of it is among the inputs, and nothing is told of "
        "it since {}, where runs before have read to",
        audit::format_rfc3339(log.reached));
    coverage::HostCoverage gone;
    if (!log.called.empty()) {
      gone.host = log.called;
    }
    gone.reasons.push_back(what);
    stage.on_host(gone);
    const std::string name = !log.called.empty()  ? log.called
                             : log.places.empty() ? std::string("a host")
                                                  : log.places.back().name;
    reading.messages.push_back(
        {"gone", fmt::format("{}: {}; {}", name, what,
                             log.is_dropped ? "as long ago as nothing is kept of: it is said no "
                                              "more from the next run on"
                                            : "it is said until nothing of that time is kept")});
  }
  add_up(std::move(reading), summary, observer);
  return any;
}

/// The place where all of a set's files are as they were and nothing is left to tell of them; null:
/// they are not, or nobody knows.
const SavedLog* unchanged_log(const input::LogSet& set, const std::vector<SavedLog>& saved) {
  const auto same = std::find_if(saved.begin(), saved.end(), [&](const SavedLog& log) {
    return log.label == set.label && log.host == set.host;
  });
  if (same == saved.end() || !input::can_go_on(set) || !same->unread.empty()) {
    return nullptr;
  }
  const input::GoneOn next = input::go_on(set, same->places);
  const bool is_same = next.lost.empty() && next.places == same->places &&
                       next.set.files.size() == next.places.size() &&
                       !is_silent(heard_at(same->reached, same->reached, same->news_at));
  return is_same ? &*same : nullptr;
}

}  // namespace

std::optional<coverage::ReadSummary> run_unchanged(const Inputs& inputs,
                                                   const std::vector<SavedLog>& saved,
                                                   Observer& observer) {
  std::set<const SavedLog*> known;
  std::vector<std::string> open;
  for (const input::LogSet& set : inputs.sets) {
    const SavedLog* const log = unchanged_log(set, saved);
    if (log == nullptr || !known.insert(log).second) {
      return std::nullopt;
    }
    for (const input::FilePlace& place : log->places) {
      if (!place.is_whole && !place.is_gone) {
        open.push_back(place.name);
      }
    }
  }
  if (known.empty() || known.size() != saved.size()) {
    return std::nullopt;
  }
  coverage::ReadSummary summary = begin_summary(inputs, observer);
  for (std::string& name : open) {
    summary.inputs.push_back({std::move(name), "read", "", std::nullopt});
  }
  return summary;
}

Inputs find_inputs(const std::string& root, const std::vector<std::string>& paths) {
  Inputs inputs;
  input::Found found;
  if (!root.empty()) {
    input::DiskImage image = input::open_image(root);
    inputs.problems = image.problems;
    found = input::find_image_logs(image);
    found.archives = std::move(image.archives);
    if (!image.hostname.empty()) {
      inputs.host = image.hostname;
    }
    inputs.names = std::move(image.names);
    read_starters(image, inputs);
    if (!paths.empty()) {
      input::Found more = input::find_logs(paths, input::disk(), flow::may_begin_flows);
      found.passed_over.wanted = std::move(more.passed_over.wanted);
      std::move(more.sets.begin(), more.sets.end(), std::back_inserter(found.sets));
      std::move(more.problems.begin(), more.problems.end(), std::back_inserter(found.problems));
      std::move(more.archives.begin(), more.archives.end(), std::back_inserter(found.archives));
    }
  } else if (paths.empty()) {
    found = input::find_host_logs();
    utsname name{};
    if (uname(&name) == 0) {
      inputs.host = name.nodename;
    }
    inputs.names = input::find_host_names();
  } else {
    found = input::find_logs(paths, input::disk(), flow::may_begin_flows);
  }
  inputs.sets = std::move(found.sets);
  inputs.archives = std::move(found.archives);
  inputs.passed_over = std::move(found.passed_over);
  std::move(found.problems.begin(), found.problems.end(), std::back_inserter(inputs.problems));
  for (const input::LogSet& set : inputs.sets) {
    inputs.total_bytes += bytes_of(set);
  }
  find_system_logs(inputs);
  return inputs;
}

coverage::ReadSummary run_hosts(const Inputs& inputs, const Options& options, const Rules& rules,
                                facts::Stage& stage, Observer& observer) {
  const bool goes_on = options.saved != nullptr && !options.saved->empty();
  const Inputs as_before = goes_on ? joined_as_before(inputs, *options.saved) : Inputs();
  const Inputs& all = goes_on ? as_before : inputs;
  coverage::ReadSummary summary = begin_summary(all, observer);
  bool any_host = false;
  const std::vector<input::LogSet>& found = all.sets;
  std::vector<SavedLog*> saved = saved_of(found, options.saved);
  std::vector<std::unique_ptr<Continuation>> continued(found.size());
  const auto take = [&](std::size_t number, Followed followed) {
    const input::LogSet& set = continued[number] ? continued[number]->set() : found[number];
    any_host = any_host || !followed.hosts.empty();
    if (options.describe_inputs) {
      describe_hosts(options, all, set, followed);
    }
    if (saved[number] != nullptr) {
      call(named_by(options, all, found[number]).host.value_or(""), *saved[number],
           followed.reading);
    }
    note_silent_hosts(continued[number].get(), options, all, set, followed);
    add_up(std::move(followed.reading), summary, observer);
    if (saved[number] != nullptr && options.put_forward) {
      options.put_forward(*saved[number]);
    }
    hand_out(options, all, rules.signs, set, followed, stage);
  };
  const std::vector<input::LogSet>& sets = found;
  const unsigned threads = options.threads;
  const auto follow = [&](std::size_t number, unsigned on) {
    Followed followed =
        follow_saved(options, rules, sets[number], on, saved[number], continued[number], observer);
    ask_logs(options, all, number, followed);
    return followed;
  };
  const auto is_large = [&](const input::LogSet& set) {
    return threads == 1 || bytes_of(set) >= all.total_bytes / threads;
  };
  for (std::size_t at = 0; at < sets.size();) {
    std::size_t end = at;
    while (end < sets.size() && !is_large(sets[end])) {
      ++end;
    }
    if (end - at < 2) {
      take(at, follow(at, threads));
      ++at;
      continue;
    }
    struct Item {
      std::size_t number{};
      Followed followed;
    };
    input::OrderedQueue<Item> queue(
        {threads, std::size_t{threads} * 2, false},
        [&, next = at](Item& item) mutable {
          item.number = next++;
          return item.number < end;
        },
        [&] { return [&](Item& item) { item.followed = follow(item.number, 1); }; });
    while (std::optional<Item> item = queue.next()) {
      take(at++, std::move(item->followed));
    }
  }
  any_host = tell_vanished(options, summary, stage, observer) || any_host;
  if (!any_host) {
    coverage::HostCoverage nothing;
    nothing.host = options.host ? options.host : all.host;
    nothing.reasons.emplace_back("no events in the log");
    stage.on_host(nothing);
  }
  return summary;
}

coverage::ReadSummary run_events(
    const Inputs& inputs, const Options& options,
    const std::function<void(const audit::Event&, const input::LogSet& set)>& sink,
    Observer& observer) {
  coverage::ReadSummary summary = begin_summary(inputs, observer);
  const SetOptions reading = set_options(options, options.threads, audit::Detail::all, observer);
  for (const input::LogSet& set : inputs.sets) {
    add_up(read_set(set, reading,
                    [&](const audit::Event& event) {
                      if (options.node && event.node != *options.node) {
                        return;
                      }
                      sink(event, set);
                    }),
           summary, observer);
  }
  return summary;
}

}  // namespace auexfil::pipeline
