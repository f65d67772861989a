#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "auexfil/input/logs.hpp"
#include "auexfil/input/tree.hpp"

namespace auexfil::input {

class Budget;

/// What all archives of a run may keep in memory of their members, compressed.
[[nodiscard]] std::shared_ptr<Budget> archive_budget();

/// A tar, zip, 7z, cpio or ar file, with any compression around it that a Source knows.
struct Archive {
  /// Its members, by their paths without a slash before them; "" is its top. Links lead to members
  /// alone. Null where it could not be read as an archive.
  std::shared_ptr<const Tree> tree;
  /// What could not be had of it. `where` is the archive's name, or NAME!MEMBER.
  std::vector<Problem> problems;
  std::uint64_t members{};
};

/// Looks through an archive once. Members are not unpacked: logs, archives and small files of an
/// image are remembered, compressed, as far as `budget` goes, and so are the beginnings of larger
/// ones; what is not is had by a seek (tar, cpio and zip on a disk) or a further pass.
/// \param most_unpacked  bytes that a pass may unpack, see most_unpacked().
[[nodiscard]] Archive open_archive(const LogFile& file, std::shared_ptr<Budget> budget,
                                   std::uint64_t most_unpacked);

/// How much a file of so many bytes on a disk may unpack to, archives within counted: far more than
/// any log is packed, and an end of what unpacks without one.
[[nodiscard]] std::uint64_t most_unpacked(std::uint64_t bytes);

}  // namespace auexfil::input
