#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive_reader.hpp"
#include "auexfil/input/archive.hpp"
#include "kept_bytes.hpp"
#include "looks.hpp"

namespace auexfil::input {

/// One member of an archive, as the first pass saw it.
struct Member {
  std::string path;  ///< as normal_member_path() makes it
  Tree::Info info;
  std::string link;
  bool is_hard = false;
  Looks looks = Looks::other;
  std::uint64_t at = 0;  ///< where its header is
  std::uint64_t number = 0;
  std::shared_ptr<const KeptBytes> kept;     ///< null: nothing
  std::shared_ptr<const ResumePoint> point;  ///< from where its header is had; null: none is kept
  std::string trouble;                       ///< why it ends before its end
};

/// The members of an archive, and how to get at their bytes.
struct ArchiveIndex {
  LogFile file;
  std::uint64_t most_unpacked{};
  std::vector<Member> members;  ///< by path, each path once
  std::uint64_t number = 0;     ///< of the archive, among all of a run
  bool stands_alone = false;    ///< each member, see ArchiveReader
  bool opened = false;          ///< it is an archive
  std::uint64_t seen = 0;       ///< members, kept or not

  [[nodiscard]] const Member* find(std::string_view path) const;
};

/// `/a//./b/` -> "a/b"; "" is the top; none where `..` leads out of the archive or further in.
[[nodiscard]] std::optional<std::string> normal_member_path(std::string_view name);

/// The first pass. What could not be had goes to `problems`.
[[nodiscard]] ArchiveIndex index_archive(const LogFile& file, std::shared_ptr<Budget> budget,
                                         std::uint64_t most_unpacked,
                                         std::vector<Problem>& problems);

/// A tree of the members.
[[nodiscard]] std::shared_ptr<const Tree> make_archive_tree(ArchiveIndex index);

}  // namespace auexfil::input
