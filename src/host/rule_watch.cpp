#include "auexfil/host/rule_watch.hpp"

#include <algorithm>

namespace auexfil::host {
namespace {

/// augenrules and auditctl -R take all rules away and load them anew, which is done in a second;
/// a restart of auditd does the one when it stops and the other when it is back.
constexpr audit::TimeMs kOneGo = 10'000;
/// After rules were loaded anew a host is not silent for so long: cron alone runs every hour.
constexpr audit::TimeMs kSilent = 3'600'000;

}  // namespace

std::uint8_t kinds_of(audit::Call call) {
  using audit::Call;
  switch (call) {
    case Call::execve:
    case Call::execveat:
      return kind::kExec;
    case Call::connect:
      return kind::kConnect;
    case Call::write:
      return kind::kBytes | kind::kWrite;
    case Call::writev:
      return kind::kBytes | kind::kWritev;
    case Call::sendto:
      return kind::kBytes | kind::kSendto;
    case Call::sendmsg:
      return kind::kBytes | kind::kSendmsg;
    default:
      return audit::is_write(call) || call == Call::sendmmsg ? kind::kBytes : std::uint8_t{0};
  }
}

bool RuleWatch::is_new_change(audit::TimeMs time) const {
  return !is_open_ || time > now_.to + kOneGo;
}

void RuleWatch::note(RuleStep step, std::uint32_t auid, std::uint32_t ses, audit::TimeMs time,
                     std::uint8_t before) {
  if (!is_open_) {
    now_ = RuleChange{};
    now_.from = now_.to = time;
    now_.auid = auid;
    now_.ses = ses;
    now_.watched = before;
    is_open_ = true;
  }
  now_.to = std::max(now_.to, time);
  now_.by_several = now_.by_several || auid != now_.auid || ses != now_.ses;
  now_.removed += step == RuleStep::removed ? 1U : 0U;
  now_.added += step == RuleStep::added ? 1U : 0U;
  if (step != RuleStep::added) {
    now_.came = 0;  // what came before it proves nothing of what is left
  }
}

/// Rules carry no text in the log: which of them was whose call nobody can tell. Where fewer were
/// added than are missing, each kind of call has to show that it is still asked for; where as many
/// were, that any comes is enough, for that is what a reload looks like.
std::optional<audit::TimeMs> RuleWatch::settle(audit::TimeMs end) {
  if (!is_open_) {
    return std::nullopt;
  }
  is_open_ = false;
  const std::uint64_t gone = owed_ + now_.removed;
  const bool is_made_up = now_.added >= gone;
  const bool is_hole =
      is_made_up ? now_.watched != 0 && (now_.watched & now_.came) == 0 && end - now_.to > kSilent
                 : now_.missing() != 0;
  if (is_hole) {
    keep_hole(end);
  }
  owed_ = is_hole && !is_made_up ? gone - now_.added : 0;
  return is_hole ? std::optional(now_.from) : std::nullopt;
}

/// What others did to rules that were missing already belongs to the hole before.
void RuleWatch::keep_hole(audit::TimeMs end) {
  const bool is_more_of_it = now_.removed == 0 && owed_ > 0 && !holes_.empty();
  if (!is_more_of_it && holes_.size() < kMostHoles) {
    holes_.push_back(now_);
  } else {
    RuleChange& last = holes_.back();
    last.by_several = last.by_several || (now_.removed > 0 && now_.auid != last.auid);
    last.removed += now_.removed;
  }
  holes_.back().to = std::max(end, now_.to);
  came_back_ = 0;
}

void RuleWatch::forget_before(audit::TimeMs time) {
  std::erase_if(holes_, [&](const RuleChange& hole) {
    return hole.to < time && (hole.missing() & ~unsigned{came_back_}) == 0;
  });
}

}  // namespace auexfil::host
