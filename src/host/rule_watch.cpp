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

void RuleWatch::note(const RuleEdit& edit, audit::TimeMs time, std::uint8_t before) {
  if (!is_open_) {
    now_ = RuleChange{};
    now_.from = now_.to = time;
    now_.auid = edit.auid;
    now_.ses = edit.ses;
    now_.watched = before;
    is_open_ = true;
  }
  now_.to = std::max(now_.to, time);
  now_.by_several = now_.by_several || edit.auid != now_.auid || edit.ses != now_.ses;
  now_.removed += edit.step == RuleStep::removed ? 1U : 0U;
  now_.added += edit.step == RuleStep::added ? 1U : 0U;
  if (edit.may_hide()) {
    const bool comes = edit.step == RuleStep::added || edit.step == RuleStep::hides;
    ++(comes ? now_.hiding_added : now_.hiding_removed);
  }
  if (edit.step == RuleStep::removed || edit.step == RuleStep::hides) {
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
  settle_hiding(is_hole && !is_made_up);
  return is_hole ? std::optional(now_.from) : std::nullopt;
}

/// More rules came that may leave calls out than went: from then on calls that do not come prove
/// nothing. Those that the log, or a boot, begins with are judged by what comes.
void RuleWatch::settle_hiding(bool is_hole) {
  const std::uint64_t gone = now_.hiding_removed + owed_hiding_;
  const bool is_begin = is_fresh_ || now_.watched == 0;
  is_fresh_ = is_fresh_ && now_.added == 0 && now_.hiding_added == 0;
  owed_hiding_ = is_hole ? gone - std::min(gone, now_.hiding_added) : 0;
  if (now_.hiding_added > gone) {
    if (!is_begin) {
      keep_doubt(now_.hiding_added - gone);
    }
    return;
  }
  const std::uint64_t fewer =
      now_.hiding_removed - std::min(now_.hiding_removed, now_.hiding_added);
  if (doubted_ > 0 && fewer > 0) {
    doubted_ -= std::min(doubted_, fewer);
    if (doubted_ == 0) {
      end_doubts(now_.to);
    }
  }
}

void RuleWatch::keep_doubt(std::uint64_t rules) {
  doubted_ += rules;
  if (doubts_.size() < kMostHoles) {
    doubts_.push_back(now_);
    doubts_.back().hiding_added = rules;
  } else {
    doubts_.back().by_several = doubts_.back().by_several || now_.auid != doubts_.back().auid;
    doubts_.back().hiding_added += rules;
  }
  doubts_.back().to = 0;
}

void RuleWatch::end_doubts(audit::TimeMs time) {
  for (RuleChange& doubt : doubts_) {
    doubt.to = doubt.to == 0 ? std::max(time, doubt.from) : doubt.to;
  }
}

void RuleWatch::boot(audit::TimeMs time, std::uint8_t before) {
  owed_ = owed_hiding_ = doubted_ = 0;
  end_doubts(time);
  is_fresh_ = true;
  now_ = RuleChange{};
  now_.from = now_.to = time;
  now_.watched = before;
  is_open_ = true;
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
  std::erase_if(doubts_, [&](const RuleChange& doubt) { return doubt.to != 0 && doubt.to < time; });
}

}  // namespace auexfil::host
