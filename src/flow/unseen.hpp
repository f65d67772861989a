#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "auexfil/audit/address_set.hpp"
#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/flow/flow.hpp"
#include "host_view.hpp"

/// Flows that a host began, to addresses with which no program of its log had a connection.
namespace auexfil::flow {

/// Of each two addresses at least as many bytes as all records of them tell, and more than any
/// number once there is one that tells none: several pairs may share a sum. In one pass, and in as
/// much memory whatever comes.
class PairSums {
 public:
  void add(const FlowRecord& record);
  void add(const Flow& flow);
  /// Once, after the last add().
  void finish() { settle(); }
  [[nodiscard]] std::uint64_t of(const audit::IpAddress& a, const audit::IpAddress& b) const;
  /// The largest.
  [[nodiscard]] std::uint64_t most() const;

 private:
  struct Waiting {
    std::size_t place{};
    std::uint64_t bytes{};
  };
  static constexpr std::size_t kSums = std::size_t{1} << 18;
  /// \param nat_a, nat_b  the same ends as the other side of a translation sees them
  void put_all(const Endpoint& a, const Endpoint& b, const Endpoint& nat_a, const Endpoint& nat_b,
               std::uint64_t bytes);
  void put(const audit::IpAddress& a, const audit::IpAddress& b, std::uint64_t bytes);
  void settle();

  std::vector<std::uint64_t> sums_;  ///< none until the first record
  /// Their sums are on the way from memory.
  std::array<Waiting, 16> waiting_{};
  std::size_t count_ = 0;
};

/// Flows by where they are told: two readings of the same files put the same records together, but
/// where one of them has left some out.
class FlowSet {
 public:
  void add(const Flow& flow);
  /// Are the first records of all that tell of it those of flows in the set?
  [[nodiscard]] bool contains(const Flow& flow) const;

 private:
  std::set<std::pair<std::uint32_t, std::uint64_t>> lines_;  ///< file and line
};

/// A host whose log tells with whom its programs had connections.
struct WatchedHost {
  const HostView* view = nullptr;               ///< its addresses and clocks
  const audit::AddressSet* talked = nullptr;    ///< with these
  const coverage::HostCoverage* log = nullptr;  ///< what its log could have shown
  /// Flows with strangers that transfers have made: the log names where they went.
  FlowSet joined{};

  /// Might a program of the host have been seen that sends to there, and none was?
  [[nodiscard]] bool is_stranger(const audit::IpAddress& peer) const;
};

/// Is it a flow of one of the hosts with a stranger, of those that have exchanged more than
/// `least` bytes?
[[nodiscard]] bool is_unseen(const FlowRecord& record, const std::vector<WatchedHost>& hosts,
                             const PairSums& sums, std::uint64_t least);

/// What of these flows is the host's, by peer, most bytes first; those beyond a bound as one.
/// \param files  names, by number
[[nodiscard]] std::vector<coverage::FlowsOfHost::Unseen> unseen_of(
    const WatchedHost& host, const std::vector<Flow>& flows, const std::vector<std::string>& files);

}  // namespace auexfil::flow
