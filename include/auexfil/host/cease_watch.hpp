#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "auexfil/audit/stamp.hpp"

namespace auexfil::host {

/// A stretch in which no call of a kind is in the log, though what made such calls before went on.
struct Ceased {
  enum class Kind : std::uint8_t { exec, connect, bytes };
  Kind kind{};
  audit::TimeMs from{};  ///< of the last call before it
  audit::TimeMs to{};
  std::uint64_t missed{};  ///< occasions that such calls had come with before

  template <typename Io>
  void walk(Io& io) {
    io.enumerator(kind, Kind::bytes);
    io.times(from, to);
    io.number(missed);
  }
};

/// Tells of rules that went without a word in the log (auditctl -D before auditd, a host that boots
/// with others, a beginning of the log that a later one does not hold), or that were loaded late:
/// calls come with certain occasions, and then no more, or not before. Occasions are what brought
/// such calls before: programs that begin anew, for calls that they made; sessions, for programs.
class CeaseWatch {
 public:
  /// A call of the kind.
  void note(Ceased::Kind kind, audit::TimeMs time) {
    Watch& watch = watches_[static_cast<std::size_t>(kind)];
    if (watch.since > 0) {
      end(kind, time);
    }
    watch.begun = watch.calls == 0 ? time : watch.begun;
    ++watch.calls;
    watch.last = time;
  }
  void note_occasion(Ceased::Kind kind) {
    Watch& watch = watches_[static_cast<std::size_t>(kind)];
    ++(watch.calls > 0 ? watch.since : watch.before);
  }
  /// The log is over. \param first  when it began
  void settle(audit::TimeMs first, audit::TimeMs time) {
    for (const Ceased::Kind kind :
         {Ceased::Kind::exec, Ceased::Kind::connect, Ceased::Kind::bytes}) {
      end(kind, time);
      look_at_front(kind, first);
    }
  }
  /// Of each kind those that were over by then are one from now on: it tells who was at work then,
  /// and takes no room of those that come.
  void join_before(audit::TimeMs time);
  /// In the order of their ends; bounded: the last of a kind grows.
  [[nodiscard]] const std::vector<Ceased>& all() const { return ceased_; }
  /// Of the latest call of that kind; 0: there is none.
  [[nodiscard]] audit::TimeMs last(Ceased::Kind kind) const {
    return watches_[static_cast<std::size_t>(kind)].last;
  }
  /// Was nothing of that kind asked for at that time? \param or_perhaps  so far, where that shows
  /// only as the log goes on.
  [[nodiscard]] bool covers(Ceased::Kind kind, audit::TimeMs time, bool or_perhaps = false) const {
    const Watch& watch = watches_[static_cast<std::size_t>(kind)];
    if (or_perhaps && watch.since > 0 && time >= watch.last) {
      return true;
    }
    return std::any_of(ceased_.begin(), ceased_.end(), [&](const Ceased& one) {
      return one.kind == kind && time > one.from && time <= one.to;
    });
  }

  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io) {
    for (Watch& watch : watches_) {
      io.numbers(watch.calls, watch.since, watch.longest, watch.before);
      io.times(watch.last, watch.begun);
    }
    io.list(ceased_, kMost, [&](Ceased& one) { one.walk(io); });
  }

 private:
  static constexpr std::size_t kMost = 64;
  struct Watch {
    std::uint64_t calls{};
    std::uint64_t since{};    ///< occasions since the last call
    std::uint64_t before{};   ///< and before the first
    audit::TimeMs begun{};    ///< of the first call
    std::uint64_t longest{};  ///< most of them between two calls, of stretches that are no holes
    audit::TimeMs last{};
  };

  void end(Ceased::Kind kind, audit::TimeMs time);
  /// Did calls come with such occasions, and none with those before the first?
  void look_at_front(Ceased::Kind kind, audit::TimeMs first);

  std::array<Watch, 3> watches_{};
  std::vector<Ceased> ceased_;
};

}  // namespace auexfil::host
