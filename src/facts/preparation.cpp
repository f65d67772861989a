#include "preparation.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

namespace auexfil::facts {
namespace {

constexpr std::size_t kMostSteps = 256;  // that are looked at of one transfer
constexpr std::size_t kMostTold = 8;
constexpr std::size_t kMostDepth = 8;

}  // namespace

void Preparation::add(std::string_view path, const Deed* deed, Steps& steps) {
  const bool is_new =
      deed != nullptr && steps.size() < kMostSteps &&
      std::none_of(steps.begin(), steps.end(), [&](const Step& one) { return one.deed == deed; });
  if (is_new) {
    steps.push_back({path, deed});
  }
}

/// A file, and what it was made from if that was made ready too.
void Preparation::add_staged(std::string_view path, audit::Stamp before, std::size_t depth,
                             Steps& steps) const {
  const Deed* const deed = history_.staged_before(path, before);
  const std::size_t known = steps.size();
  add(path, deed, steps);
  if (steps.size() == known || depth == 0) {
    return;
  }
  for (const std::string& source : deed->sources) {
    add_staged(source, deed->event, depth - 1, steps);
  }
}

void Preparation::tell(Steps& steps, host::ReasonKind kind, Fact& fact) const {
  std::stable_sort(steps.begin(), steps.end(),
                   [](const Step& a, const Step& b) { return a.deed->event < b.deed->event; });
  for (std::size_t i = 0; i < steps.size() && i < kMostTold; ++i) {
    const Step& step = steps[i];
    std::string text = texts_.sentence(
        kind, {{"who", step.deed->who}, {"verb", step.deed->verb}, {"path", step.path}});
    if (i + 1 == kMostTold && steps.size() > kMostTold) {
      text += fmt::format(" … and {}{} more", steps.size() >= kMostSteps ? "at least " : "",
                          steps.size() - kMostTold);
    }
    fact.reasons.push_back({texts_.sign(kind), std::move(text), step.deed->event});
  }
}

void Preparation::note(const transfer::Invocation& run, Fact& fact) const {
  if (fact.side != Side::client || fact.direction == Direction::in ||
      fact.direction == Direction::none) {
    return;
  }
  Steps staged;
  Steps removed;
  const auto look = [&](std::string_view path, audit::Stamp sent) {
    add_staged(path, sent, kMostDepth, staged);
    add(path, history_.removed_after(path, sent), removed);
  };
  for (const transfer::Invocation::File& file : run.files) {
    look(store_.text(file.path), file.opened.event);
  }
  for (const transfer::TextId path : run.named) {
    look(store_.text(path), run.began.event);
  }
  tell(staged, host::ReasonKind::staged, fact);
  constexpr auto kPiped = host::ReasonKind::staged_piped;
  for (const transfer::Invocation::Feeder& feeder : run.feeders) {
    fact.reasons.push_back({texts_.sign(kPiped),
                            texts_.sentence(kPiped, {{"who", store_.text(feeder.who)},
                                                     {"verb", store_.text(feeder.verb)}}),
                            feeder.began});
  }
  tell(removed, host::ReasonKind::removed, fact);
}

}  // namespace auexfil::facts
