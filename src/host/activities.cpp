#include "auexfil/host/activities.hpp"

#include <algorithm>

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
  }
}

}  // namespace auexfil::host
