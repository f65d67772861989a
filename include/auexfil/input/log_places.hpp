#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "auexfil/input/logs.hpp"
#include "auexfil/input/tree.hpp"

/// How far runs before this one have read a log, told by what its files are and hold: names change
/// with every rotation, inodes come back, a copy that is compressed has neither.
namespace auexfil::input {

/// A file, and the place in it that was reached.
struct FilePlace {
  /// An export's columns and preambles are the same every day; what they hold is not.
  static constexpr std::size_t kHead = std::size_t{16} << 10;

  std::string name;       ///< LogFile::name, as last seen
  Extent head;            ///< its first bytes, decompressed: at most kHead
  std::uint64_t begin{};  ///< hash of the stamp that comes first in them; 0: there is none
  std::uint64_t taken{};  ///< see LogFile::taken
  Extent tail;            ///< see LogFile::tail
  // Of the file as it lay there when it was read to its end: as long as these stay, nothing is new.
  std::uint64_t device{};
  std::uint64_t inode{};
  std::uint64_t bytes{};
  std::int64_t changed{};  ///< seconds
  std::uint32_t changed_ns{};
  bool is_whole{};  ///< it was, and no writer can have it open: it had a successor then
  bool is_gone{};   ///< it was not found the last time

  bool operator==(const FilePlace&) const = default;

  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io) {
    constexpr std::size_t kLongest = std::size_t{1} << 16;  // path
    io.text(name, kLongest);
    head.walk(io);
    tail.walk(io);
    io.numbers(begin, taken, device, inode, bytes, changed, changed_ns);
    io.flags(is_whole, is_gone);
  }
};

/// A set as one run goes on with it.
struct GoneOn {
  LogSet set;  ///< Files that are known by their old numbers, then those that are new.
  /// Of each, before it is read; of one that is gone as it was.
  std::vector<FilePlace> places;
  /// Name of the file that the run before stopped in, if it is gone: what was written to it after
  /// that cannot be read. Else empty.
  std::string lost;
  /// A file that nobody has read yet stands before one that was read: its turn is over.
  bool comes_late = false;
  /// Names of files that begin as one that was read, and hold other bytes since.
  std::vector<std::string> changed;
  /// Name of a file that nobody has read yet, and that begins before the time that was reached;
  /// else empty.
  std::string older;
  /// Name of the first file that nobody has read yet, also of one that was written anew with some
  /// of what was read and what came then; else empty. What lay between may be gone.
  std::string follows;
};

/// \param set  as it was found now, of one lane and no streams, none the newest first, see
/// can_go_on(). \param places  that were reached; none: it is read from its beginning.
/// \param reached_ms  when the event was that was read last; 0: not known
[[nodiscard]] GoneOn go_on(const LogSet& set, const std::vector<FilePlace>& places,
                           std::int64_t reached_ms = 0);

/// Are these files of the same log as those? \param places  that were reached in that.
[[nodiscard]] bool is_same_log(const LogSet& set, const std::vector<FilePlace>& places);

/// Can a place in it be found again? Not in what comes by several ways at once, nor in a pipe.
[[nodiscard]] bool can_go_on(const LogSet& set);

}  // namespace auexfil::input
