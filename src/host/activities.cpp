#include "auexfil/host/activities.hpp"

#include <algorithm>
#include <utility>

#include "auexfil/input/state_io.hpp"

namespace auexfil::host {

void Activities::note(Activity::Kind kind, std::string_view name, std::string_view user,
                      bool starts, bool vouched, audit::TimeMs time) {
  name = name.substr(0, kLongest);
  user = user.substr(0, kLongest);
  auto found = all_.find(ActivityView{kind, name, user});
  if (found == all_.end()) {
    if (all_.size() >= kMost) {
      ++refused_;
      return;
    }
    found =
        all_.emplace(Activity{kind, std::string(name), std::string(user)}, ActivityTimes{}).first;
    found->second.first = found->second.last = time;
  }
  ActivityTimes& times = found->second;
  times.first = std::min(times.first, time);
  times.last = std::max(times.last, time);
  times.vouched = times.vouched && vouched;
  if (!starts) {
    ++times.stops;
    return;
  }
  ++times.starts;
  if (times.times.size() < ActivityTimes::kMostTimes) {
    times.times.push_back(time);
  } else if (kind != Activity::Kind::unit) {
    note_newest(times, time);
  }
}

void Activities::note_newest(ActivityTimes& of, audit::TimeMs time) {
  if (of.newest.size() < ActivityTimes::kMostNewest && newest_ < kMostNewest) {
    of.newest.push_back(time);
    ++newest_;
  } else if (!of.newest.empty()) {
    of.newest[of.oldest] = time;
    of.oldest = static_cast<std::uint32_t>((of.oldest + 1) % of.newest.size());
  }
}

template <typename Io>
void Activities::walk(Io& io) {
  const std::size_t count = io.size(all_.size(), kMost);
  auto at = all_.begin();
  for (std::size_t i = 0; i < count; ++i) {
    Activity activity;
    ActivityTimes times;
    if constexpr (!Io::kReads) {
      activity = at->first;
      times = (at++)->second;
    }
    io.enumerator(activity.kind, Activity::Kind::acquired);
    io.text(activity.name, kLongest);
    io.text(activity.user, kLongest);
    io.numbers(times.starts, times.stops);
    io.times(times.first, times.last);
    io.list(times.times, ActivityTimes::kMostTimes, [&](audit::TimeMs& time) { io.times(time); });
    io.list(times.newest, ActivityTimes::kMostNewest, [&](audit::TimeMs& time) { io.times(time); });
    io.number(times.oldest);
    io.flags(times.vouched);
    if constexpr (Io::kReads) {
      newest_ += times.newest.size();
      io.refuse_unless(times.oldest < std::max<std::size_t>(1, times.newest.size()) &&
                       newest_ <= kMostNewest);
      io.refuse_unless(all_.emplace(std::move(activity), std::move(times)).second);
    }
  }
  io.number(refused_);
}

template void Activities::walk(input::StateWriter&);
template void Activities::walk(input::StateReader&);

}  // namespace auexfil::host
