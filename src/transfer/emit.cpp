#include "fact_maker.hpp"

namespace auexfil::transfer {

/// Facts are made one invocation after the other, in the order of a time before which none of them
/// starts, and handed out in order, so that few exist at a time.
void Book::for_each(const HostName& name, const host::Seen& seen, Redactor* redactor,
                    const std::function<void(const Fact&, const FactDetails&)>& sink) {
  const ByteSight sight = sight_of(seen);
  settle_unattributed(sight);
  FactMaker maker(name, sight, store_, redactor, doubts_);
  FactQueue made;
  const auto hand_out = [&] {
    sink(made.front().fact, made.front().details);
    made.pop();
  };
  store_.for_each([&](const Invocation& invocation) {
    const audit::TimeMs low = invocation.low();
    while (!made.empty() && made.front().fact.start < low) {
      hand_out();
    }
    maker.make(invocation, made);
  });
  while (!made.empty()) {
    hand_out();
  }
}

}  // namespace auexfil::transfer
