#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "auexfil/coverage/assess.hpp"

namespace auexfil::coverage {

std::vector<SeenJob> jobs_of(const host::Activities& activities, const host::Signs& signs) {
  using Kind = host::Activity::Kind;
  std::vector<SeenJob> jobs;
  for (const auto& [what, when] : activities.all()) {
    SeenJob job;
    if (what.kind == Kind::unit) {
      job.kind = "unit";
    } else {
      const std::string_view program = host::base_name(what.name);  // clang 14 captures no binding
      const auto sign =
          std::find_if(signs.signs.begin(), signs.signs.end(),
                       [&](const host::Signs::Sign& one) { return one.opener.match(program); });
      host::Activity session = what;
      session.kind = Kind::session;
      if (sign == signs.signs.end() ||
          (what.kind == Kind::acquired && activities.all().contains(session))) {
        continue;
      }
      job.kind = sign->job.empty() ? sign->name : sign->job;
      job.user = what.user;
    }
    job.name = what.name;
    job.vouched = when.vouched;
    job.starts = when.starts;
    job.stops = when.stops;
    job.first = when.first;
    job.last = when.last;
    job.times = when.times;
    job.newest = when.newest;
    std::rotate(job.newest.begin(), job.newest.begin() + when.oldest, job.newest.end());
    jobs.push_back(std::move(job));
  }
  std::sort(jobs.begin(), jobs.end(), [](const auto& a, const auto& b) {
    return std::tie(a.kind, a.name, a.user) < std::tie(b.kind, b.name, b.user);
  });
  return jobs;
}

}  // namespace auexfil::coverage
