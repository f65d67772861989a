#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/host/audit_tally.hpp"

namespace auexfil::coverage {

/// What the whole log of a host allows to say of byte counts. Rules are not in a log: what they
/// ask for is told from what is there, never more of it than it proves.
struct AuditVisibility {
  bool some_writes{};  ///< some calls that carry bytes are in the log
  bool all_writes{};   ///< they are audited for every program and size, as far as the log can tell
  bool reads{};        ///< calls that receive are audited as well
  bool read_kinds{};   ///< every common call that receives was seen: none is left out
  bool closes_seen{};  ///< closes are in the log: a descriptor's meaning is certain
  /// So do the closes of many at once (close_range), or nothing calls that.
  bool ranges{};
  bool connects{};          ///< connections are in the log
  bool pending_connects{};  ///< connections that did not succeed at once are as well
  bool kinds{};             ///< every common call that sends was seen: none is left out
  bool sendto{};            ///< sendto or sendmsg were seen: unconnected datagrams show
  bool sendfile{};          ///< sendfile or splice were seen
  bool opens{};             ///< calls that open files were seen: other numbers are no files
  bool lossy{};             ///< records were lost here and there, which leaves no trace everywhere
  std::array<bool, host::kUserClasses> all_writes_of{};  ///< `all_writes`, of a class of users
  /// Sockets are audited when they are made, of a class of users: other numbers are no sockets.
  std::array<bool, host::kUserClasses> sockets_of{};
  bool sized{};  ///< small writes are filtered out
  const host::AuditTally* tally = nullptr;
  /// Stretches with losses: their beginnings in order, each with the latest end up to there.
  std::vector<std::pair<audit::TimeMs, audit::TimeMs>> losses;

  /// Were records lost between two times, or close to them?
  [[nodiscard]] bool lost_between(audit::TimeMs from, audit::TimeMs to) const;
  /// Are all writes of that program, run by that user, in the log? A small one of its own shows
  /// that no filter of exe, user or size leaves it out; else the others of its kind tell.
  [[nodiscard]] bool sees_all_writes(host::Symbol exe, std::uint32_t auid, bool small_out,
                                     bool is_32) const;
  /// Does it connect, and not one call that carries bytes is in the log? A rule may leave those of
  /// its file out (-F exe).
  [[nodiscard]] bool never_sends(host::Symbol exe, std::uint32_t auid) const;
  /// Is nothing of it in the log but that it began, though the loader alone would close what it
  /// opens? Its calls are another architecture's, or a rule leaves them out.
  [[nodiscard]] bool is_mute(host::Symbol exe, std::uint32_t auid) const;
  /// Are its closes, those of many at once among them?
  [[nodiscard]] bool closes(host::Symbol exe, std::uint32_t auid) const;
  [[nodiscard]] bool closes_one_by_one(host::Symbol exe, std::uint32_t auid) const;
};
/// \param tally  must outlive the result.
[[nodiscard]] AuditVisibility visibility_of(const host::AuditTally& tally);

}  // namespace auexfil::coverage
