#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "auexfil/audit/stamp.hpp"

namespace auexfil::host {

/// Serials that were passed over and may come yet. A serial is given when an event begins, its time
/// is that of the call (kernel/auditsc.c __audit_syscall_entry()): an accept that waited for an
/// hour has an old stamp and a high serial, and stands early in a log that a search has sorted by
/// time. Bounded: past it those that were passed over first are missing for good.
class SerialGaps {
 public:
  static constexpr std::size_t kMost = 1024;

  /// Those from `from` up to, and without, `to`. \param before  when the last event before was.
  void skip(std::uint64_t from, std::uint64_t to, audit::TimeMs before) {
    put(from, {to, before});
    if (gaps_.size() > kMost) {
      gaps_.erase(gaps_.begin());
    }
  }
  /// One comes. \return the time that was given where it was passed over; nothing: it was not, or
  /// has come before.
  std::optional<audit::TimeMs> fill(std::uint64_t serial) {
    auto at = gaps_.upper_bound(serial);
    if (at == gaps_.begin() || serial >= (--at)->second.to) {
      return std::nullopt;
    }
    const auto [from, gap] = *at;
    gaps_.erase(at);
    put(from, {serial, gap.before});
    put(serial + 1, gap);
    return gap.before;
  }
  /// The kernel has begun anew.
  void clear() { gaps_.clear(); }

  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io) {
    std::vector<std::pair<std::uint64_t, Gap>> all(gaps_.begin(), gaps_.end());
    io.list(all, kMost + 2, [&](auto& one) {
      io.numbers(one.first, one.second.to);
      io.times(one.second.before);
    });
    if constexpr (Io::kReads) {
      gaps_.clear();
      gaps_.insert(all.begin(), all.end());
    }
  }

 private:
  struct Gap {
    std::uint64_t to{};
    audit::TimeMs before{};
  };

  void put(std::uint64_t from, Gap gap) {
    if (from < gap.to) {
      gaps_.insert_or_assign(from, gap);
    }
  }

  std::map<std::uint64_t, Gap> gaps_;  ///< by their first serial
};

}  // namespace auexfil::host
