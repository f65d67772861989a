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

/// Invocations in a row, and the facts of them or what is needed of these. So few that all of them
/// stay in the cache, and, since several batches are made ahead, that hostile ones do not fill the
/// memory: a large invocation is the last of its batch, and its facts are made when they are asked
/// for.
class Batch {
 public:
  explicit Batch(std::unique_ptr<Digest> digest) : digest_(std::move(digest)) {
    facts_.digest = digest_.get();
  }

  /// Unpacks the next ones. \return false at the end.
  [[nodiscard]] bool fill(transfer::InvocationStore::Cursor& from,
                          const transfer::InvocationStore& store) {
    constexpr std::size_t kMost = 64;
    constexpr std::size_t kMostParts = 512;
    constexpr std::size_t kMostBytes = std::size_t{256} << 10;
    constexpr std::size_t kKept = 64;  // parts whose memory is used again for another invocation
    count_ = 0;
    is_last_large_ = false;
    ends_.clear();
    facts_.forget();
    std::size_t parts = 0;
    std::size_t bytes = 0;
    for (; count_ < kMost && parts < kMostParts && bytes < kMostBytes; ++count_) {
      if (count_ == runs_.size()) {
        runs_.emplace_back();
      }
      auto& [run, told] = runs_[count_];
      if (parts_of(run, [](const auto& list) { return list.capacity(); }) > kKept) {
        run = Invocation();
      }
      if (!from.next(run)) {
        break;
      }
      told = told_bytes(run, store);
      const std::size_t of_it = parts_of(run, [](const auto& list) { return list.size(); });
      // Of a server each connection may be a fact.
      const std::size_t bytes_of_it = told * std::max<std::size_t>(run.connections.size(), 1);
      is_last_large_ = of_it >= kMostParts || bytes_of_it >= kMostBytes;
      parts += of_it;
      bytes += bytes_of_it;
    }
    return count_ > 0;
  }

  void make(FactMaker& maker) {
    const std::size_t ahead = is_last_large_ ? count_ - 1 : count_;
    for (std::size_t i = 0; i < ahead; ++i) {
      make(maker, runs_[i]);
      ends_.push_back({runs_[i].invocation.low(), facts_.size()});
    }
  }

  /// Hands on what was made, and makes the rest.
  /// \param hand_out  those that wait and start before a time
  template <typename HandOut>
  void take_to(Stage& stage, FactQueue& queue, Doubts& doubts, FactMaker& maker,
               const HandOut& hand_out) {
    std::size_t at = 0;
    for (const End& end : ends_) {
      hand_out(end.low);
      for (; at < end.facts; ++at) {
        queue.take(facts_.at(at));
      }
    }
    give_digest(stage);
    if (is_last_large_) {
      hand_out(runs_[count_ - 1].invocation.low());
      LargeDigest large(*this, stage);
      facts_.digest = digest_ != nullptr ? &large : nullptr;
      make(maker, runs_[count_ - 1]);
      facts_.digest = digest_.get();
      for (; at < facts_.size(); ++at) {
        queue.take(facts_.at(at));
      }
      give_digest(stage);
    }
    doubts.untold.add(facts_.untold);
    for (const MadeFacts::Doubt& doubt : facts_.doubts) {
      (doubt.is_unaddressed ? doubts.unaddressed : doubts.unattributed)
          .add(doubt.program, doubt.bytes);
    }
  }

 private:
  struct Run {
    Invocation invocation;
    std::size_t bytes{};  ///< see told_bytes()
  };
  /// Of an invocation: no fact of it starts before `low`, and behind those of the ones before it
  /// its facts are up to `facts`.
  struct End {
    audit::TimeMs low{};
    std::size_t facts{};
  };
  /// Hands on a few facts at a time.
  class LargeDigest final : public Digest {
   public:
    LargeDigest(Batch& batch, Stage& stage) : batch_(batch), stage_(stage) {}
    void add(const Fact& fact) override {
      constexpr std::size_t kFew = 16;
      batch_.digest_->add(fact);
      if (++count_ % kFew == 0) {
        batch_.give_digest(stage_);
      }
    }

   private:
    Batch& batch_;
    Stage& stage_;
    std::size_t count_ = 0;
  };

  template <typename Count>
  static std::size_t parts_of(const Invocation& run, const Count& count) {
    return count(run.connections) + count(run.peers) + count(run.reasons) + count(run.notes) +
           count(run.files);
  }
  void make(FactMaker& maker, const Run& run) {
    facts_.bytes = run.bytes;
    maker.make(run.invocation, facts_);
  }
  void give_digest(Stage& stage) {
    if (digest_ != nullptr) {
      stage.on_digest(*digest_);
    }
  }

  std::vector<Run> runs_;  ///< the first `count_` are of it
  std::size_t count_ = 0;
  bool is_last_large_ = false;
  MadeFacts facts_;
  std::vector<End> ends_;  ///< of those that were made
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
  constexpr std::size_t kFew = 1024;  // are not worth a thread
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
    (*batch)->take_to(stage, waiting, doubts, *own, [&](audit::TimeMs low) {
      while (!waiting.empty() && waiting.front().fact.start < low) {
        hand_out();
      }
    });
    spare.give(std::move(*batch));
  }
  while (!waiting.empty()) {
    hand_out();
  }
}

}  // namespace auexfil::facts
