#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/input/log_places.hpp"

namespace auexfil::pipeline {

/// Events of a host that a file may have held which no run has read.
struct UnreadStretch {
  std::string file;  ///< before which it would stand
  std::string node;
  std::uint32_t boot{};
  audit::Stamp before;
  audit::Stamp behind;
  std::uint64_t missing{};  ///< of those between, what has not come
  std::uint64_t events{};   ///< that came behind
  bool is_over{};           ///< none of them will come late any more

  // What a kernel keeps for auditd at most (-b, as distributions set it), and for how long.
  static constexpr std::uint64_t kMostKept = 8192;
  static constexpr audit::TimeMs kLongestKept = 600'000;

  /// By the log, or, where nothing more comes, by the clock of who reads it.
  [[nodiscard]] bool is_over_by(audit::TimeMs now, bool stands_still) const {
    return is_over || (stands_still && now > behind.time + kLongestKept);
  }
  /// \param stamp  of an event behind
  void note(const audit::Stamp& stamp, std::string_view of_node, std::uint32_t of_boot) {
    if (of_node != node) {
      return;
    }
    is_over = is_over || of_boot != boot || ++events >= kMostKept ||
              stamp.time > behind.time + kLongestKept;
    if (of_boot == boot && stamp.serial > before.serial && stamp.serial < behind.serial) {
      missing -= missing > 0 ? 1U : 0U;
    }
  }
  template <typename Io>
  void walk(Io& io) {
    constexpr std::size_t kLongest = std::size_t{1} << 16;
    io.text(file, kLongest);
    io.text(node, kLongest);
    io.number(boot);
    before.walk(io);
    behind.walk(io);
    io.number(missing);
    io.number(events);
    io.flags(is_over);
  }
};

/// One host's log as a run left it: what the next one needs to go on.
struct SavedLog {
  std::string label;  ///< LogSet::label and LogSet::host of it
  std::string host;
  std::vector<input::FilePlace> places;
  bool names_hosts{};  ///< LogFile::names_hosts: by which its tables are kept apart
  audit::Stamp last;   ///< of the latest event
  audit::TimeMs
      reached{};  ///< when the event was that was read last: less, if a clock was put back
  audit::TimeMs news_at{};  ///< when, by this machine's clock, a run last read something new of it
  /// What was over before may be in the tables no more; 0: all is.
  audit::TimeMs forgotten{};
  std::string called;  ///< of its hosts, what those without a node of their own were called
  std::vector<UnreadStretch> unread;
  std::string tables;  ///< open events, programs, sockets, transfers; sealed, see state_io.hpp
  // Of the run at hand.
  bool is_found{};
  bool is_known{};                        ///< a run before has read it
  bool is_as_before{};                    ///< the tables are: nothing was read
  bool is_dropped{};                      ///< its files are of another since: nothing of it is kept
  std::optional<std::string> was_called;  ///< SavedLog::called of the run before, where it differs
  std::string read_again;  ///< why all of it is read from its beginning; empty: it is not

  /// See input/state_io.hpp; the tables aside.
  template <typename Io>
  void walk(Io& io) {
    constexpr std::size_t kLongest = std::size_t{1} << 16;
    io.text(label, kLongest);
    io.text(host, kLongest);
    io.list(places, SIZE_MAX, [&](input::FilePlace& place) { place.walk(io); });
    last.walk(io);
    io.number(forgotten);
    io.number(reached);
    io.number(news_at);
    io.text(called, kLongest);
    io.flags(names_hosts);
    io.list(unread, SIZE_MAX, [&](UnreadStretch& stretch) { stretch.walk(io); });
  }
};

}  // namespace auexfil::pipeline
