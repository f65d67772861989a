#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/audit/syscalls.hpp"
#include "auexfil/host/model.hpp"

namespace auexfil::host {

/// Kinds of calls that a transfer shows in, as bits.
namespace kind {
inline constexpr std::uint8_t kExec = 1;
inline constexpr std::uint8_t kConnect = 2;
inline constexpr std::uint8_t kBytes = 4;    ///< any call that carries bytes
inline constexpr std::uint8_t kWrite = 8;    ///< each of those that most bytes go by has a rule of
inline constexpr std::uint8_t kWritev = 16;  ///< its own
inline constexpr std::uint8_t kSendto = 32;
inline constexpr std::uint8_t kSendmsg = 64;
}  // namespace kind

/// 0: of no such kind.
[[nodiscard]] std::uint8_t kinds_of(audit::Call call);

/// What a CONFIG_CHANGE record says was done to the rules.
enum class RuleStep : std::uint8_t {
  added,    ///< to the list of calls
  removed,  ///< from it
  hides,    ///< added to a list that can only leave out: never,task and always,exclude
  shows,    ///< removed from such a list
};

/// One such step, and what the record tells of the rule.
struct RuleEdit {
  RuleStep step{};
  bool has_key{};  ///< -k: of rules that ask for calls it is usual; never,exit has no use for it
  std::uint32_t auid = kUnset;  ///< of who had it done
  std::uint32_t ses = kUnset;

  /// It may be one that leaves calls out: no record says whether a rule is always or never.
  [[nodiscard]] bool may_hide() const {
    return step == RuleStep::hides || step == RuleStep::shows || !has_key;
  }
};

/// Rules that were taken away or added in one go, by the kernel's CONFIG_CHANGE records.
struct RuleChange {
  audit::TimeMs from{};
  audit::TimeMs to{};
  std::uint64_t removed{};
  std::uint64_t added{};
  std::uint64_t hiding_removed{};  ///< those that may leave calls out, of both kinds of lists
  std::uint64_t hiding_added{};
  std::uint32_t auid = kUnset;  ///< of who began it
  std::uint32_t ses = kUnset;
  bool by_several{};
  std::uint8_t watched{};  ///< kinds of calls that the log had before
  std::uint8_t came{};     ///< of them those that came after it

  [[nodiscard]] std::uint8_t missing() const {
    return static_cast<std::uint8_t>(watched & static_cast<unsigned>(~came));
  }
  template <typename Io>
  void walk(Io& io) {
    io.times(from, to);
    io.numbers(removed, added, hiding_removed, hiding_added, watched, came);
    io.id(auid);
    io.id(ses);
    io.flags(by_several);
  }
};

/// Tells of changes of the audit rules which of them took away what the log would have shown:
/// calls that came before come no more. A change ends with the next one, with the boot or the log.
class RuleWatch {
 public:
  /// Would what is done to a rule now be the first of a change? The one before is to be settled
  /// first then.
  [[nodiscard]] bool is_new_change(audit::TimeMs time) const;
  /// A rule was added or removed. \param before  the kinds of calls that the log had so far.
  void note(const RuleEdit& edit, audit::TimeMs time, std::uint8_t before);
  void note_call(audit::Call call) {
    if (is_open_ || !holes_.empty()) {
      const std::uint8_t kinds = kinds_of(call);
      now_.came |= kinds;
      came_back_ |= kinds;
    }
  }
  /// The change at hand lasts no longer. \return where the hole begins that it left, which ends
  /// at `end`; nothing: it left none.
  [[nodiscard]] std::optional<audit::TimeMs> settle(audit::TimeMs end);
  /// Holes that were over by then go. One of which a kind of call has not come since goes on.
  void forget_before(audit::TimeMs time);
  /// The kernel has begun anew, without rules: a change, until others are loaded or calls come.
  /// \param before  as of note()
  void boot(audit::TimeMs time, std::uint8_t before);

  /// Those that left holes, with `to` where the hole ends; bounded: the last one grows.
  [[nodiscard]] const std::vector<RuleChange>& holes() const { return holes_; }
  /// Rules that may leave calls out and came on top of what the log began with, `hiding_added` of
  /// them; `to`: when they went again, 0: they have not. Bounded: the last one grows.
  [[nodiscard]] const std::vector<RuleChange>& doubts() const { return doubts_; }

  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io) {
    io.flags(is_open_);
    now_.walk(io);
    io.numbers(owed_, came_back_);
    io.numbers(owed_hiding_, doubted_);
    io.flags(is_fresh_);
    io.list(holes_, kMostHoles, [&](RuleChange& hole) { hole.walk(io); });
    io.list(doubts_, kMostHoles, [&](RuleChange& doubt) { doubt.walk(io); });
  }

 private:
  static constexpr std::size_t kMostHoles = 64;

  void keep_hole(audit::TimeMs end);
  void settle_hiding(bool is_hole);
  void keep_doubt(std::uint64_t rules);
  void end_doubts(audit::TimeMs time);

  bool is_open_{};
  RuleChange now_;
  std::uint64_t owed_{};         ///< rules that are missing since a change that left a hole
  std::uint8_t came_back_{};     ///< kinds of calls that came since the last hole ended
  std::uint64_t owed_hiding_{};  ///< of the rules that are missing, those that may leave out
  std::uint64_t doubted_{};      ///< rules of doubts() that have not gone
  bool is_fresh_{};              ///< none was added since a boot
  std::vector<RuleChange> holes_;
  std::vector<RuleChange> doubts_;
};

}  // namespace auexfil::host
