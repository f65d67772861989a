#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/input/log_places.hpp"

namespace auexfil::pipeline {

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
  }
};

}  // namespace auexfil::pipeline
