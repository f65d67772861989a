#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace auexfil::input {

/// Finds the number of a value that lies in a table of its owner's.
class HashIndex {
 public:
  static constexpr std::uint32_t kNoRoom = 0xffffffff;

  /// \param is_same  whether the value of that number is the one that is looked for.
  /// \param next  the number that the value gets if it is not there.
  /// \param max_steps  to be looked through; a value for which there is no place within them is
  ///                   refused: somebody makes them meet on purpose.
  /// \return its number, or kNoRoom.
  template <typename IsSame>
  std::uint32_t find_or_add(std::uint64_t hash, std::uint32_t next, const IsSame& is_same,
                            std::size_t max_steps = std::numeric_limits<std::size_t>::max()) {
    if (count_ * 2 >= slots_.size()) {
      resize(std::max<std::size_t>(kLeast, slots_.size() * 2));
    }
    const auto half = static_cast<std::uint32_t>(hash >> 32);
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = half & mask;
    for (std::size_t steps = 0; slots_[at].taken_by != 0; at = (at + 1) & mask, ++steps) {
      const std::uint32_t number = slots_[at].taken_by - 1;
      if (slots_[at].hash == half && is_same(number)) {
        return number;
      }
      if (steps >= max_steps) {
        return kNoRoom;
      }
    }
    if (next != kNoRoom) {
      slots_[at] = {half, next + 1};
      ++count_;
    }
    return next;
  }

  /// \return its number, or kNoRoom: it is not there.
  template <typename IsSame>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, const IsSame& is_same) const {
    if (slots_.empty()) {
      return kNoRoom;
    }
    const auto half = static_cast<std::uint32_t>(hash >> 32);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = half & mask; slots_[at].taken_by != 0; at = (at + 1) & mask) {
      const std::uint32_t number = slots_[at].taken_by - 1;
      if (slots_[at].hash == half && is_same(number)) {
        return number;
      }
    }
    return kNoRoom;
  }

  /// Forgets the values that are not kept. \param is_kept  by number.
  template <typename IsKept>
  void keep(const IsKept& is_kept) {
    for (Slot& slot : slots_) {
      if (slot.taken_by != 0 && !is_kept(slot.taken_by - 1)) {
        slot = {};
        --count_;
      }
    }
    resize(slots_.size());
  }

 private:
  static constexpr std::size_t kLeast = 64;

  /// Half of the hash: a value is looked at only when it is very likely the one.
  struct Slot {
    std::uint32_t hash{};
    std::uint32_t taken_by{};  ///< Number + 1; 0 for a free slot.
  };

  void resize(std::size_t size) {
    std::vector<Slot> old(size);
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
  std::size_t count_ = 0;
};

}  // namespace auexfil::input
