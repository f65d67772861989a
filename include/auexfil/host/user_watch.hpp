#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "auexfil/audit/stamp.hpp"

namespace auexfil::host {

/// Sessions of a user in a row in which a program must have begun, and none is in the log.
struct QuietUser {
  std::uint32_t auid{};
  audit::TimeMs from{};  ///< of the first of them
  audit::TimeMs to{};
  std::uint64_t sessions{};

  template <typename Io>
  void walk(Io& io) {
    io.id(auid);
    io.times(from, to);
    io.number(sessions);
  }
};

/// Tells of rules that leave out some users (never,exit -F auid=0; -F auid>=1000), whenever they
/// came: what opens a session of cron's, or gets a terminal, starts a program in it.
class UserWatch {
 public:
  /// Such a session was opened.
  void note_session(std::uint32_t auid, audit::TimeMs time);
  /// A program began.
  void note_start(std::uint32_t auid, audit::TimeMs time);
  /// The log is over.
  void settle(audit::TimeMs time);
  /// Those that were over by then go.
  void forget_before(audit::TimeMs time);
  /// Bounded: the last one grows.
  [[nodiscard]] const std::vector<QuietUser>& all() const { return quiet_; }

  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io) {
    io.list(users_, kMostUsers, [&](User& user) {
      io.id(user.auid);
      io.numbers(user.since, user.longest);
      io.times(user.from);
    });
    io.list(quiet_, kMost, [&](QuietUser& one) { one.walk(io); });
  }

 private:
  static constexpr std::size_t kMost = 64;
  static constexpr std::size_t kMostUsers = 256;  ///< more are one, together
  struct User {
    std::uint32_t auid{};
    std::uint64_t since{};    ///< sessions since the last program
    std::uint64_t longest{};  ///< most of them before a program, where that is no sign
    audit::TimeMs from{};     ///< of the first of `since`
  };

  User& user(std::uint32_t auid);
  void end(User& user, audit::TimeMs time);

  std::vector<User> users_;
  std::vector<QuietUser> quiet_;
};

}  // namespace auexfil::host
