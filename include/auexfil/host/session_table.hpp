#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "auexfil/host/model.hpp"

namespace auexfil::host {

/// The login sessions of a host. Bounded: past `max_sessions` the oldest goes for each that comes.
class SessionTable {
 public:
  /// Boot and `ses`, by which a session is known.
  using Key = std::pair<std::uint32_t, std::uint32_t>;

  explicit SessionTable(std::size_t max_sessions) : max_(max_sessions) {}

  [[nodiscard]] const Session* find(Key key) const;
  /// Makes it if it is not there.
  [[nodiscard]] Session& get(Key key);

  /// Are there so many that prune() is worth its while? To be asked before get().
  [[nodiscard]] bool wants_prune() const { return sessions_.size() >= next_prune_; }
  /// Forgets sessions that are over and of which nothing is alive, except for the newest: what a
  /// session left behind may be heard of only after its end.
  void prune(const std::set<Key>& alive);
  /// Takes no more than there are now or `at_least`.
  void stop_growing(std::size_t at_least) {
    max_ = std::min(max_, std::max(at_least, sessions_.size()));
  }

  template <typename Io>
  void walk(Io& io, const StateSizes& sizes);

  [[nodiscard]] const std::map<Key, Session>& all() const { return sessions_; }
  /// Sessions that were forgotten for want of room.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  /// Sessions that are over and have nothing alive are asked for by what is closed a little later:
  /// that many of them are kept, the newest.
  static constexpr std::size_t kNewest = 4096;

  std::size_t max_;
  std::map<Key, Session> sessions_;
  std::size_t next_prune_ = 2 * kNewest;
  std::uint64_t refused_ = 0;
};

}  // namespace auexfil::host
