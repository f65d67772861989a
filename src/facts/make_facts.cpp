#include "auexfil/facts/make_facts.hpp"

#include "fact_maker.hpp"

namespace auexfil::facts {

artefacts::Asked what_to_ask(transfer::TransferBuilder& builder) {
  artefacts::Asked asked;
  transfer::InvocationStore::Cursor invocations = builder.invocations();
  while (const transfer::Invocation* const run = invocations.next()) {
    add_asked(*run, builder.store(), asked);
  }
  return asked;
}

/// Facts are made one invocation after the other, in the order of a time before which none of them
/// starts, and handed out in order, so that few exist at a time. On one thread: to hand them to
/// another costs as much as to judge them.
void make_facts(transfer::TransferBuilder& builder, const HostName& name,
                const coverage::AuditVisibility& visibility, Redactor* redactor,
                const std::function<void(const Fact&, const FactDetails&)>& sink) {
  const Preparation files(builder.history(), builder.reasons(), builder.store());
  FactMaker maker(name, visibility, builder.store(), redactor, files,
                  builder.settle_doubts(visibility));
  if (name.image != nullptr) {
    transfer::InvocationStore::Cursor expected = builder.invocations();
    while (const transfer::Invocation* const run = expected.next()) {
      maker.expect(*run);
    }
  }
  FactQueue made;
  const auto hand_out = [&] {
    sink(made.front().fact, made.front().details);
    made.pop();
  };
  transfer::InvocationStore::Cursor invocations = builder.invocations();
  while (const transfer::Invocation* const invocation = invocations.next()) {
    const audit::TimeMs low = invocation->low();
    while (!made.empty() && made.front().fact.start < low) {
      hand_out();
    }
    maker.make(*invocation, made);
  }
  while (!made.empty()) {
    hand_out();
  }
}

}  // namespace auexfil::facts
