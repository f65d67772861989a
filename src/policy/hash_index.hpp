#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace auexfil::policy {

/// Finds the number of a value that lies in a table of its owner's, numbered from 0 on.
class HashIndex {
 public:
  /// \param is_same whether the value of that number is the one that is looked for.
  /// \return its number; `next` when there is none, which then is its number.
  template <typename IsSame>
  std::uint32_t find_or_add(std::uint64_t hash, std::uint32_t next, const IsSame& is_same) {
    if (std::size_t{next} * 2 >= slots_.size()) {
      grow();
    }
    const auto half = static_cast<std::uint32_t>(hash >> 32);
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = half & mask;
    for (; slots_[at].taken_by != 0; at = (at + 1) & mask) {
      const std::uint32_t number = slots_[at].taken_by - 1;
      if (slots_[at].hash == half && is_same(number)) {
        return number;
      }
    }
    slots_[at] = {half, next + 1};
    return next;
  }

 private:
  /// Half of the hash: a value is looked at only when it is very likely the one.
  struct Slot {
    std::uint32_t hash{};
    std::uint32_t taken_by{};  ///< Number + 1; 0 for a free slot.
  };

  void grow() {
    constexpr std::size_t kLeast = 64;
    std::vector<Slot> old(std::max(kLeast, slots_.size() * 2));
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.taken_by != 0) {
        std::size_t at = slot.hash & mask;
        while (slots_[at].taken_by != 0) {
          at = (at + 1) & mask;
        }
        slots_[at] = slot;
      }
    }
  }

  std::vector<Slot> slots_;  ///< A power of two, at most half of them taken.
};

}  // namespace auexfil::policy
