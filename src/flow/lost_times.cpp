#include "auexfil/flow/lost_times.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace auexfil::flow {

void LostTimes::add(TimeUs from, TimeUs to) {
  if (to < from) {
    std::swap(from, to);  // nobody knows which of the two is wrong
  }
  auto next = stretches_.upper_bound(from);
  if (next != stretches_.begin() && std::prev(next)->second >= from) {
    --next;
  }
  while (next != stretches_.end() && next->first <= to) {
    from = std::min(from, next->first);
    to = std::max(to, next->second);
    next = stretches_.erase(next);
  }
  stretches_.emplace_hint(next, from, to);
  if (stretches_.size() > kMost) {
    const auto last = std::prev(stretches_.end());
    std::prev(last)->second = last->second;
    stretches_.erase(last);
  }
}

bool LostTimes::any(TimeUs from, TimeUs to) const {
  const auto behind = stretches_.upper_bound(to);
  return behind != stretches_.begin() && std::prev(behind)->second >= from;
}

}  // namespace auexfil::flow
