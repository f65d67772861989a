#include "auexfil/host/cease_watch.hpp"

#include <utility>

namespace auexfil::host {

/// Were there so many occasions since the last call that it is no chance?
void CeaseWatch::end(Ceased::Kind kind, audit::TimeMs time) {
  // Of occasions that brought calls before, so many in a row without one are none by chance; where
  // some came to nothing before, as many more.
  constexpr std::uint64_t kKnown = 32;
  constexpr std::uint64_t kMany = 32;
  constexpr std::uint64_t kTimes = 8;
  Watch& watch = watches_[static_cast<std::size_t>(kind)];
  const std::uint64_t since = watch.since;
  watch.since = 0;
  const bool is_hole = watch.calls >= kKnown && since >= kMany && since >= kTimes * watch.longest;
  if (!is_hole) {
    watch.longest = std::max(watch.longest, since);
    return;
  }
  if (ceased_.size() < kMost) {
    ceased_.push_back({kind, watch.last, std::max(time, watch.last), since});
    return;
  }
  const auto last = std::find_if(ceased_.rbegin(), ceased_.rend(),
                                 [&](const Ceased& one) { return one.kind == kind; });
  Ceased& grown = last == ceased_.rend() ? ceased_.back() : *last;
  grown.to = std::max(grown.to, time);
  grown.missed += since;
}

void CeaseWatch::look_at_front(Ceased::Kind kind, audit::TimeMs first) {
  constexpr std::uint64_t kSome = 3;   // sessions that no program begins in are none
  constexpr std::uint64_t kTimes = 2;  // where some later ones show none, as many more
  constexpr std::uint64_t kEnough = 8;
  Watch& watch = watches_[static_cast<std::size_t>(kind)];
  // The last of them is the first call's.
  const std::uint64_t missed = watch.before - std::min<std::uint64_t>(watch.before, 1);
  if (watch.calls >= kEnough && missed >= kSome && missed > kTimes * watch.longest &&
      ceased_.size() < kMost) {
    ceased_.insert(ceased_.begin(), {kind, std::min(first, watch.begun), watch.begun, missed});
    watch.before = 0;
  }
}

void CeaseWatch::join_before(audit::TimeMs time) {
  std::vector<Ceased> left;
  for (const Ceased& one : ceased_) {
    const auto same = std::find_if(left.begin(), left.end(), [&](const Ceased& other) {
      return other.kind == one.kind && other.to < time;
    });
    if (one.to < time && same != left.end()) {
      same->from = std::min(same->from, one.from);
      same->to = std::max(same->to, one.to);
      same->missed += one.missed;
    } else {
      left.push_back(one);
    }
  }
  ceased_ = std::move(left);
}

}  // namespace auexfil::host
