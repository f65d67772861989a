#pragma once

#include <cstdint>

namespace auexfil::pipeline {

/// Tells when the process holds so much memory that its tables must not grow any further. What is
/// asked is the kernel's figure (statm's resident pages), so that nothing escapes it: strings,
/// tables, buffers, the facts of hosts that have been read. For one reader each; the memory is of
/// all.
class MemoryGuard {
 public:
  /// \param most bytes of the whole process.
  explicit MemoryGuard(std::uint64_t most) : most_(most) {}

  /// Half of it is there: the rest is for judging, and for hosts that have not been heard of yet.
  /// Cheap: looks only now and then.
  [[nodiscard]] bool is_short() {
    if (--until_look_ == 0) {
      look();
    }
    return resident_ > most_ / 2;
  }
  /// No more hosts either. As of the last look.
  [[nodiscard]] bool is_full() const { return resident_ > most_ / 8 * 7; }

 private:
  void look();

  static constexpr std::uint32_t kEvents = 4096;
  std::uint64_t most_;
  std::uint32_t until_look_ = kEvents;
  std::uint64_t resident_ = 0;
};

}  // namespace auexfil::pipeline
