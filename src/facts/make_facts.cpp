#include "auexfil/facts/make_facts.hpp"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "auexfil/input/ordered_queue.hpp"
#include "fact_maker.hpp"

namespace auexfil::facts {
namespace {

/// Invocations in a row, and the facts of them or what is needed of these.
class Batch {
 public:
  explicit Batch(std::unique_ptr<Digest> digest) : digest_(std::move(digest)) {}

  /// Unpacks the next ones. \return false at the end.
  [[nodiscard]] bool fill(transfer::InvocationStore::Cursor& from,
                          const transfer::InvocationStore& store) {
    // So few that all of them stay in the cache, and that hostile ones do not fill the memory.
    constexpr std::size_t kMost = 64;
    constexpr std::size_t kMostParts = 512;
    constexpr std::size_t kMostBytes = std::size_t{256} << 10;
    constexpr std::size_t kKept = 64;  // parts whose memory is used again for another invocation
    count_ = 0;
    facts_.forget();
    facts_.doubts.clear();
    std::size_t parts = 0;
    std::size_t bytes = 0;
    for (; count_ < kMost && parts < kMostParts && bytes < kMostBytes; ++count_) {
      if (count_ == runs_.size()) {
        runs_.emplace_back();
      }
      Invocation& run = runs_[count_];
      if (run.connections.capacity() + run.peers.capacity() + run.reasons.capacity() +
              run.notes.capacity() + run.files.capacity() >
          kKept) {
        run = Invocation();
      }
      if (!from.next(run)) {
        break;
      }
      parts += run.connections.size() + run.peers.size() + run.reasons.size() + run.notes.size() +
               run.files.size();
      bytes += argument_bytes(run, store);
    }
    return count_ > 0;
  }

  void make(FactMaker& maker) {
    ends_.clear();
    for (std::size_t i = 0; i < count_; ++i) {
      maker.make(runs_[i], facts_);
      if (digest_ == nullptr) {
        ends_.push_back({runs_[i].low(), facts_.size()});
        continue;
      }
      for (std::size_t at = 0; at < facts_.size(); ++at) {
        digest_->add(facts_.at(at)->fact);
      }
      facts_.forget();
    }
  }

  /// Null: they are facts.
  [[nodiscard]] Digest* digest() { return digest_.get(); }
  [[nodiscard]] const std::vector<MadeFacts::Doubt>& doubts() const { return facts_.doubts; }
  /// \param hand_out  those that wait and start before a time
  template <typename HandOut>
  void take_to(FactQueue& queue, const HandOut& hand_out) {
    std::size_t at = 0;
    for (const End& end : ends_) {
      hand_out(end.low);
      for (; at < end.facts; ++at) {
        queue.take(facts_.at(at));
      }
    }
  }

 private:
  /// Of an invocation: no fact of it starts before `low`, and behind those of the ones before it
  /// its facts are up to `facts`.
  struct End {
    audit::TimeMs low{};
    std::size_t facts{};
  };

  std::vector<Invocation> runs_;  ///< the first `count_` are of it
  std::size_t count_ = 0;
  MadeFacts facts_;
  std::vector<End> ends_;  ///< of facts
  std::unique_ptr<Digest> digest_;
};
using BatchPtr = std::unique_ptr<Batch>;

}  // namespace

artefacts::Asked what_to_ask(transfer::TransferBuilder& builder) {
  artefacts::Asked asked;
  transfer::InvocationStore::Cursor invocations = builder.invocations();
  Invocation run;
  while (invocations.next(run)) {
    add_asked(run, builder.store(), asked);
  }
  return asked;
}

/// Facts are made of invocations in the order of a time before which none of them starts, a few
/// invocations at a time, and handed out at once or in order, so that few exist at a time.
void make_facts(transfer::TransferBuilder& builder, const HostName& name,
                const coverage::AuditVisibility& visibility, Redactor* redactor, Stage& stage,
                unsigned threads) {
  constexpr std::size_t kFew = 1024;  // are made before a thread has begun
  constexpr unsigned kMostThreads = 8;
  const Preparation files(builder.history(), builder.reasons(), builder.store());
  Doubts& doubts = builder.settle_doubts(visibility);
  const auto make_maker = [&](Redactor* of_texts) {
    return std::make_shared<FactMaker>(name, visibility, builder.store(), of_texts, files);
  };
  const std::shared_ptr<FactMaker> own = make_maker(redactor);
  if (name.image != nullptr) {
    transfer::InvocationStore::Cursor expected = builder.invocations();
    Invocation run;
    while (expected.next(run)) {
      own->expect(run);
    }
  }
  // What an image's logs tell goes to the first that may be meant.
  const bool is_shared = name.image == nullptr && builder.store().size() >= kFew;
  const unsigned others = is_shared ? std::clamp(threads, 1U, kMostThreads) - 1 : 0;

  FactQueue waiting;
  const auto hand_out = [&] {
    stage.on_fact(waiting.front().fact, waiting.front().details);
    waiting.pop();
  };
  transfer::InvocationStore::Cursor invocations = builder.invocations();
  input::Spares<BatchPtr> spare;
  const auto take = [&](BatchPtr& batch) {
    batch = spare.take([&] { return std::make_unique<Batch>(stage.make_digest()); });
    return batch->fill(invocations, builder.store());
  };
  const auto make_work = [&, asker = std::this_thread::get_id()] {
    const bool is_own = std::this_thread::get_id() == asker;
    const std::shared_ptr<Redactor> another =
        is_own || redactor == nullptr ? nullptr : redactor->another();
    return [another, maker = is_own ? own : make_maker(another.get())](BatchPtr& batch) {
      batch->make(*maker);
    };
  };
  input::OrderedQueue<BatchPtr> batches({others, std::size_t{others} * 3 + 1, true}, take,
                                        make_work);
  while (std::optional<BatchPtr> batch = batches.next()) {
    (*batch)->take_to(waiting, [&](audit::TimeMs low) {
      while (!waiting.empty() && waiting.front().fact.start < low) {
        hand_out();
      }
    });
    if (Digest* const digest = (*batch)->digest()) {
      stage.on_digest(*digest);
    }
    for (const MadeFacts::Doubt& doubt : (*batch)->doubts()) {
      (doubt.is_unaddressed ? doubts.unaddressed : doubts.unattributed)
          .add(doubt.program, doubt.bytes);
    }
    spare.give(std::move(*batch));
  }
  while (!waiting.empty()) {
    hand_out();
  }
}

}  // namespace auexfil::facts
