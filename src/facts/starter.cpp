#include "starter.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace auexfil::facts {
namespace {

constexpr std::size_t kMostPrograms = 64;
constexpr std::size_t kMostWords = 8192;
constexpr audit::TimeMs kSecond = 1000;

std::optional<std::uint32_t> known(std::uint32_t id) {
  return id == host::kUnset ? std::nullopt : std::optional(id);
}

bool has_sign(const Fact& fact, std::string_view sign) {
  return std::any_of(fact.reasons.begin(), fact.reasons.end(),
                     [sign](const Reason& reason) { return reason.sign == sign; });
}

}  // namespace

/// Of what cron starts the session begins with it.
bool StarterFinder::is_own_session(const transfer::Invocation& run) const {
  return store_.text(run.job->kind) == "cron" && run.login.is_seen;
}

/// When what was started began, as far as that is known: its transfer may come much later.
audit::TimeMs StarterFinder::began_at(const transfer::Invocation& run) const {
  const audit::TimeMs time = run.began.event.time;
  return is_own_session(run) ? std::min(time, run.login.start) : time;
}

/// By the signs whose job is a container's.
bool StarterFinder::runs_containers(std::string_view exe) const {
  return signs_ != nullptr &&
         std::any_of(
             signs_->signs.begin(), signs_->signs.end(), [exe](const host::Signs::Sign& one) {
               return one.job == "container" && one.program.match(exe.substr(exe.rfind('/') + 1));
             });
}

artefacts::Start StarterFinder::start_of(const transfer::Invocation& run) const {
  artefacts::Start start;
  start.job_kind = store_.text(run.job->kind);
  start.job_what = store_.text(run.job->what);
  start.cwd = store_.text(run.cwd);
  start.auid = known(run.auid);
  start.uid = known(run.uid);
  const auto add = [&](const transfer::Invocation::Program& program, transfer::TextId script) {
    artefacts::Ran& ran = start.programs.emplace_back();
    ran.pid = program.pid;
    ran.exe = store_.text(program.exe);
    ran.exe = ran.exe.empty() ? store_.text(program.comm) : ran.exe;
    ran.runs_containers = runs_containers(ran.exe);
    ran.script = store_.text(script);
    std::string_view rest = store_.text(program.argv);
    while (!rest.empty() && ran.argv.size() < kMostWords) {
      ran.argv.push_back(rest.substr(0, rest.find('\0')));
      rest.remove_prefix(ran.argv.back().size() + 1);
    }
    ran.argv_cut = !rest.empty();
  };
  add(run.process, run.script);
  start.programs.back().argv_cut |= run.argv_cut;
  for (std::uint32_t at = run.lineage; at != 0 && start.programs.size() < kMostPrograms;
       at = store_.ancestor(at).above) {
    add(store_.ancestor(at).program, store_.ancestor(at).script);
  }
  return start;
}

const StarterFinder::Found& StarterFinder::found_of(const transfer::Invocation& run) {
  constexpr std::size_t kMost = 4096;
  if (known_.size() >= kMost) {
    known_.clear();
  }
  const auto [at, is_new] = known_.try_emplace(
      Key{run.job->kind, run.job->what, run.process.argv, run.cwd, run.lineage, run.auid, run.uid});
  if (is_new) {
    const artefacts::Start start = start_of(run);
    at->second.candidates = matcher_->candidates(start);
    at->second.has_all = matcher_->has_all_of(start);
  }
  return at->second;
}

void StarterFinder::find(const transfer::Invocation& run, Fact& fact) {
  is_missing_ = false;
  if (matcher_ == nullptr || !run.job) {
    return;
  }
  const Found& found = found_of(run);
  if (found.candidates.empty()) {
    is_missing_ = found.has_all || fact.job->kind == "at";
    return;
  }
  const artefacts::Matcher::Choice choice =
      matcher_->choose(found.candidates, began_at(run) / kSecond);
  if (choice.artefact == nullptr) {
    is_missing_ = fact.job->kind == "at";
    return;
  }
  fact.job->artefact = choice.artefact->where();
  const bool is_undue =
      is_own_session(run) && matcher_->is_undue(*choice.artefact, began_at(run) / kSecond);
  const std::string which = matcher_->describe(*choice.artefact);
  fact.reasons.push_back(
      {"registered",
       is_undue ? which + " has this command, but was not due then by its schedule: the table has "
                          "changed, or something else started it"
                : "started by " + which,
       std::nullopt});
  if (choice.other != nullptr) {
    fact.reasons.push_back(
        {"ambiguous",
         fmt::format("{} would start the same{}", matcher_->describe(*choice.other),
                     choice.others > 1 ? fmt::format(", and {} more", choice.others - 1) : ""),
         std::nullopt});
  }
}

const artefacts::Artefact* StarterFinder::artefact_of(const transfer::Invocation& run) {
  if (matcher_ == nullptr || !run.job) {
    return nullptr;
  }
  const Found& found = found_of(run);
  return found.candidates.empty()
             ? nullptr
             : matcher_->choose(found.candidates, began_at(run) / kSecond).artefact;
}

void StarterFinder::note_missing(Fact& fact) const {
  const bool is_push = fact.side == Side::client && fact.direction != Direction::in &&
                       fact.direction != Direction::none;
  // What a person left to a daemon stands in no file: that it was asked for is said.
  if (!is_missing_ || !is_push || fact.automation != Verdict::unattended ||
      has_sign(fact, "left-behind")) {
    return;
  }
  if (fact.job->kind == "at") {
    fact.reasons.push_back({"consumed",
                            "the file of an at job is gone once it runs: the image cannot show it",
                            std::nullopt});
    return;
  }
  const std::string_view where = fact.job->kind == "cron" ? "crontab" : "unit";
  fact.reasons.push_back(
      {"unregistered", fmt::format("no {} of the image starts it", where), std::nullopt});
}

}  // namespace auexfil::facts
