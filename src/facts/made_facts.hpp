#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "auexfil/facts/fact.hpp"
#include "auexfil/facts/stage.hpp"
#include "auexfil/host/model.hpp"
#include "auexfil/transfer/invocation.hpp"
#include "auexfil/transfer/invocation_store.hpp"
#include "auexfil/transfer/transfer_builder.hpp"

namespace auexfil::facts {

/// A fact, and what tells which parts of one made in the same memory may stay as they are.
struct MadeFact {
  Fact fact;
  FactDetails details;
  std::vector<std::uint32_t> ancestors;  ///< that stand in the fact's lineage
  std::size_t most_bytes = 0;            ///< of texts that have stood in it
};

/// Of the texts that each fact of an invocation tells, above all arguments: its own, and those of
/// the programs above it.
[[nodiscard]] std::size_t told_bytes(const transfer::Invocation& run,
                                     const transfer::InvocationStore& store);

/// Facts of invocations in a row, in the order in which they were made. Their memory is used again.
class MadeFacts {
 public:
  /// Programs above it that a fact tells.
  static constexpr std::size_t kMostLineage = 16;

  /// Bytes of an unattended program that are in no fact. The name lies in the store of texts.
  struct Doubt {
    std::string_view program;
    std::uint64_t bytes{};
    bool is_unaddressed{};  ///< see transfer::Doubts
  };
  std::vector<Doubt> doubts;
  transfer::Untold untold;
  /// Takes each fact once it is whole, and none is kept; null: they are.
  Digest* digest = nullptr;
  /// told_bytes() of the invocation whose facts are made.
  std::size_t bytes = 0;

  /// A fact to be filled, with what stood in it before.
  [[nodiscard]] MadeFact& begin();
  /// The one of the last begin() is whole.
  void add() {
    if (digest != nullptr) {
      digest->add(facts_[count_]->fact);
    } else {
      ++count_;
    }
  }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::unique_ptr<MadeFact>& at(std::size_t place) { return facts_[place]; }
  /// Begins anew, with some of the memory.
  void forget();

 private:
  std::vector<std::unique_ptr<MadeFact>> facts_;  // the first `count_` are whole
  std::size_t count_ = 0;
};

/// Facts that wait for others that started before.
class FactQueue {
 public:
  /// Leaves the memory of one that is over in its place, or nothing.
  void take(std::unique_ptr<MadeFact>& made);

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  /// The first by start, then by id.
  [[nodiscard]] const MadeFact& front() const { return *slots_[waiting_.front().slot]; }
  void pop();

 private:
  struct Key {
    audit::TimeMs start{};
    std::uint64_t id{};
    std::uint32_t slot{};
  };
  static bool is_later(const Key& a, const Key& b) {
    return a.start != b.start ? a.start > b.start : a.id > b.id;
  }

  std::vector<std::unique_ptr<MadeFact>> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<Key> waiting_;  ///< a heap
};

}  // namespace auexfil::facts
