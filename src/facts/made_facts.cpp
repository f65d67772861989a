#include "made_facts.hpp"

#include <algorithm>

namespace auexfil::facts {
namespace {

/// Many facts wait for their turn: what a large one took is not kept for a small one.
bool is_large(const MadeFact& made) {
  constexpr std::size_t kMost = 16;
  constexpr std::size_t kMostBytes = std::size_t{32} << 10;
  const Fact& fact = made.fact;
  return made.most_bytes > kMostBytes ||
         std::max({fact.destinations.capacity(), fact.reasons.capacity(), fact.evidence.capacity(),
                   fact.notes.capacity()}) > kMost;
}

}  // namespace

std::size_t told_bytes(const transfer::Invocation& run, const transfer::InvocationStore& store) {
  std::size_t bytes = store.text(run.process.argv).size() + store.text(run.script).size() +
                      store.text(run.cwd).size() + (run.job ? store.text(run.job->what).size() : 0);
  for (const transfer::Invocation::Reason& reason : run.reasons) {
    bytes += store.text(reason.text).size();
  }
  std::uint32_t at = run.lineage;
  for (std::size_t i = 0; at != 0 && i < MadeFacts::kMostLineage; ++i) {
    bytes += store.text(store.ancestor(at).program.argv).size();
    at = store.ancestor(at).above;
  }
  return bytes;
}

void MadeFacts::forget() {
  constexpr std::size_t kMost = 128;
  count_ = 0;
  doubts.clear();
  untold = transfer::Untold{};
  if (facts_.size() > kMost) {
    facts_.resize(kMost);
  }
}

MadeFact& MadeFacts::begin() {
  if (count_ == facts_.size()) {
    facts_.emplace_back();
  }
  std::unique_ptr<MadeFact>& made = facts_[count_];
  if (made == nullptr || is_large(*made)) {
    made = std::make_unique<MadeFact>();
  }
  made->most_bytes = std::max(made->most_bytes, bytes);
  return *made;
}

void FactQueue::take(std::unique_ptr<MadeFact>& made) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  slots_[slot].swap(made);
  const Fact& fact = slots_[slot]->fact;
  waiting_.push_back({fact.start, fact.id, slot});
  std::push_heap(waiting_.begin(), waiting_.end(), is_later);
}

void FactQueue::pop() {
  free_.push_back(waiting_.front().slot);
  std::pop_heap(waiting_.begin(), waiting_.end(), is_later);
  waiting_.pop_back();
}

}  // namespace auexfil::facts
