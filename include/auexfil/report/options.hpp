#pragma once

/// Writers of this room append to a buffer that the caller owns and flushes. They open nothing and
/// ask no clock: the same values give the same bytes.
namespace auexfil::report {

struct Options {
  bool mask = true;  ///< Credentials in command lines become ****. See mask.hpp.
  // What follows concerns text for people only.
  bool color = false;    ///< Colours beside the words, never instead of them.
  bool verbose = false;  ///< Nothing is cut short.
  bool all = false;      ///< A card for each finding, of hosts without bytes too.
};

}  // namespace auexfil::report
