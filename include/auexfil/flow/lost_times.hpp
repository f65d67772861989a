#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "auexfil/flow/record.hpp"
#include "auexfil/input/state_io.hpp"

namespace auexfil::flow {

/// The times of which records are known to be missing: stretches that do not touch.
class LostTimes {
 public:
  static constexpr std::size_t kMost = 4096;
  static constexpr TimeUs kEver = std::numeric_limits<TimeUs>::max();

  /// Beyond a bound what lies between two counts as lost as well.
  /// \param from, to  inclusive; the least and the greatest time where it is not known
  void add(TimeUs from, TimeUs to);
  /// Is any of it lost?
  [[nodiscard]] bool any(TimeUs from, TimeUs to) const;
  /// \param is_of_use  is asked with the first and the last of a stretch
  template <typename IsOfUse>
  void forget_unless(const IsOfUse& is_of_use) {
    std::erase_if(stretches_, [&](const auto& one) { return !is_of_use(one.first, one.second); });
  }
  /// \param give  gets the stretches in order
  template <typename Give>
  void each(const Give& give) const {
    for (const auto& [from, to] : stretches_) {
      give(from, to);
    }
  }

  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io);

 private:
  std::map<TimeUs, TimeUs> stretches_;  ///< to the last of each, by the first
};

template <typename Io>
void LostTimes::walk(Io& io) {
  std::vector<std::pair<TimeUs, TimeUs>> all(stretches_.begin(), stretches_.end());
  io.list(all, kMost, [&](auto& one) {
    io.number(one.first);
    io.number(one.second);
  });
  if constexpr (Io::kReads) {
    for (const auto& [from, to] : all) {
      input::StateReader::refuse_unless(from <= to);
      add(from, to);
    }
  }
}

}  // namespace auexfil::flow
