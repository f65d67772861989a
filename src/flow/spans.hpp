#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "auexfil/flow/flow.hpp"

/// The records of one exporter about one pair of ends, put together to flows.
namespace auexfil::flow {

/// A count that takes no more room than a number.
class MaybeCount {
 public:
  MaybeCount() = default;
  explicit MaybeCount(const std::optional<std::uint64_t>& value)
      : value_(value.value_or(kUnknown)) {}
  [[nodiscard]] bool is_known() const { return value_ != kUnknown; }
  [[nodiscard]] std::uint64_t value() const { return value_; }
  [[nodiscard]] std::optional<std::uint64_t> get() const {
    return is_known() ? std::optional(value_) : std::nullopt;
  }
  /// Never beyond what has a place.
  void add(const MaybeCount& other) {
    if (other.is_known()) {
      value_ = is_known() ? value_ + std::min(other.value_, kUnknown - 1 - value_) : other.value_;
    }
  }
  void raise(const MaybeCount& other) {
    if (other.is_known()) {
      value_ = is_known() ? std::max(value_, other.value_) : other.value_;
    }
  }
  friend auto operator<=>(const MaybeCount&, const MaybeCount&) = default;

 private:
  static constexpr std::uint64_t kUnknown = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t value_ = kUnknown;
};

/// A record, of ends that somebody else remembers: 0 is the lower of them, 1 the higher.
struct Piece {
  enum Ways : std::uint8_t { kNone = 0, kFirst = 1, kSecond = 2, kBoth = 3 };

  TimeUs start{};
  TimeUs end{};
  std::array<MaybeCount, 2> bytes;
  std::array<MaybeCount, 2> packets;
  MaybeCount both;
  std::uint64_t line{};
  std::uint32_t file{};
  std::uint32_t observer{};
  std::uint32_t next{};  ///< of the same ends
  std::uint32_t nat{};   ///< where translated ends are remembered; 0: there are none
  std::uint32_t uid{};
  std::uint16_t flags{};
  std::uint8_t from{};  ///< which end the exporter has for the originator
  Ways ways = kNone;    ///< whose bytes it tells
  Exporter exporter{};
  Layer layer{};
  Service service{};
  std::uint8_t protocol{};
  bool has_uid{};
  ShortText id;

  [[nodiscard]] bool has(FlowRecord::Flag flag) const { return (flags & flag) != 0; }
};

/// One flow by one exporter.
struct Span {
  Piece piece;                         ///< sums of all, and the place of the first
  std::array<bool, 2> lacks{};         ///< nobody told of it, or of a part of it
  std::array<bool, 2> misses_begin{};  ///< and what was before the first record
  std::array<TimeUs, 2> begins{};      ///< of what each end sent
  std::array<TimeUs, 2> ends{};
  std::uint32_t records = 1;
  std::uint32_t duplicates = 0;

  /// Did an end send as much, and maybe more?
  [[nodiscard]] bool is_partial(std::size_t way) const {
    return lacks[way] || misses_begin[way] || piece.has(FlowRecord::kGaps) ||
           piece.has(FlowRecord::kIsOpen);
  }
  /// Which end's record begins first; empty: one record has both, or they begin at one moment, or
  /// their beginning was not seen.
  [[nodiscard]] std::optional<std::size_t> first() const {
    const bool is_known = piece.ways == Piece::kBoth && !misses_begin[0] && !misses_begin[1] &&
                          !piece.has(FlowRecord::kStartUnknown);
    if (!is_known || begins[0] == begins[1]) {
      return std::nullopt;
    }
    return begins[0] < begins[1] ? 0 : 1;
  }
};

/// A pair of ends has one flow at a time: do two records of one direction, the first of which
/// begins first, tell of the same moments, more than clocks of whole seconds may feign?
[[nodiscard]] bool are_at_once(TimeUs end, TimeUs next_start, TimeUs next_end);

/// By whose clock a flow's times are: the finest.
[[nodiscard]] const Telling& clock_of_times(const Flow& flow);

/// Whether the tellings of a flow are of one.
[[nodiscard]] Sameness sameness_of(const Flow& flow);

/// \param pieces  of one exporter and observer, and of one pair of ends; in any order
/// \return by start
[[nodiscard]] std::vector<Span> put_together(std::vector<Piece> pieces);

}  // namespace auexfil::flow
