#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive_bytes.hpp"
#include "auexfil/input/tree.hpp"

struct archive;
struct archive_entry;

namespace auexfil::input {

/// One member, as its header says.
struct MemberHeader {
  std::string name;  ///< as written there
  Tree::Kind kind = Tree::Kind::other;
  Tree::Info info;
  std::string link;      ///< where a link leads, or of which member this is another name
  bool is_hard = false;  ///< the latter
  bool is_encrypted = false;
  std::uint64_t at = 0;  ///< place of its header
};

/// One pass over the members of an archive, by libarchive. Formats and filters are named one by
/// one: the library's own lists run programs (lrzip, grzip) that happen to be in PATH.
class ArchiveReader {
 public:
  /// \param at    of a member's header in a format whose members stand alone, else 0
  /// \param most  bytes that are unpacked, in all
  /// \param point  a place before `at` that is had at once; may be null
  ArchiveReader(std::unique_ptr<ArchiveBytes> bytes, std::uint64_t at, std::uint64_t most,
                const ResumePoint* point = nullptr);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  /// \return false at the end or behind a damage that nothing can be read behind; see problem().
  [[nodiscard]] bool next(MemberHeader& header);
  /// Bytes of the member at hand. \return 0 at its end, or where it is damaged; see trouble().
  [[nodiscard]] std::size_t read(char* to, std::size_t size);

  /// What ended the pass before its end; empty: nothing.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  /// What ended the member at hand before its end.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
  /// Behind the last member: whether the compression around all is whole to its end, and nothing
  /// but zeros stands behind the archive's own.
  void check_end();

  /// A member can be read without those before it.
  [[nodiscard]] bool stands_alone() const;
  [[nodiscard]] const ArchiveBytes& bytes() const noexcept { return *bytes_; }

 private:
  struct Callbacks;
  void fail(std::string what);
  [[nodiscard]] std::string library_says() const;
  [[nodiscard]] bool is_too_much();
  bool next_block();
  [[nodiscard]] std::optional<std::uint64_t> find_end();

  std::unique_ptr<ArchiveBytes> bytes_;
  std::uint64_t at_;
  std::uint64_t most_;
  std::uint64_t unpacked_ = 0;
  std::uint64_t place_ = 0;  // in the member at hand
  std::string_view block_;   // of it, the library's
  std::uint64_t block_at_ = 0;
  std::vector<char> buffer_;
  archive* archive_ = nullptr;
  bool ended_ = false;
  bool is_open_ = false;
  std::string problem_;
  std::string trouble_;
};

}  // namespace auexfil::input
