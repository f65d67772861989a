#include <queue>
#include <vector>

#include "facts.hpp"

namespace auexfil::transfer {

/// Facts are made one invocation after the other, in the order of a time before which none of them
/// starts, and handed out in order, so that few exist at a time.
void Book::for_each(const HostName& name, const host::Seen& seen,
                    const std::function<void(const Fact&, const FactDetails&)>& sink) {
  const ByteSight sight = sight_of(seen);
  settle_unattributed(sight);
  const auto later = [](const Made& a, const Made& b) {
    return a.fact.start != b.fact.start ? a.fact.start > b.fact.start : a.fact.id > b.fact.id;
  };
  std::priority_queue<Made, std::vector<Made>, decltype(later)> made(later);
  ledger_.for_each([&](const Invocation& invocation) {
    const audit::TimeMs low = invocation.low();
    while (!made.empty() && made.top().fact.start < low) {
      sink(made.top().fact, made.top().details);
      made.pop();
    }
    for (Made& one : facts_of(invocation, name, sight, doubts_)) {
      made.push(std::move(one));
    }
  });
  while (!made.empty()) {
    sink(made.top().fact, made.top().details);
    made.pop();
  }
}

}  // namespace auexfil::transfer
