#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auexfil/input/logs.hpp"
#include "auexfil/input/tree.hpp"
#include "carrier.hpp"
#include "decoder.hpp"
#include "journal_file.hpp"
#include "sniff.hpp"

namespace auexfil::input {

// What ends a file before its end is a Problem as well; here nobody knows what the file is called,
// and its `where` is empty.

/// The words for an errno of open or read.
[[nodiscard]] Problem problem_of_errno(int error);

/// A file whose first bytes can be looked at and are then read again.
class RawFile {
 public:
  /// \return errno, 0 when open.
  [[nodiscard]] int open(const LogFile& file);
  [[nodiscard]] int open(const Tree& tree, const std::string& path);
  void open(std::unique_ptr<ByteSource> bytes) { bytes_ = std::move(bytes); }

  /// Reads until `size` bytes are there or the file ends. \return what is there; a view valid
  /// until the next call.
  std::string_view peek(std::size_t size);

  /// \return 0 at the end or after an error; see error().
  [[nodiscard]] std::size_t read(char* to, std::size_t size);

  [[nodiscard]] int error() const noexcept { return bytes_ == nullptr ? 0 : bytes_->error(); }
  /// The words for error().
  [[nodiscard]] Problem problem() const;
  /// As ByteSource::seek(). What was peeked at is forgotten.
  [[nodiscard]] bool seek(std::uint64_t place);
  /// Of the next byte that read() gives.
  [[nodiscard]] std::uint64_t place() const noexcept { return place_; }
  /// As ByteSource::descriptor().
  [[nodiscard]] int descriptor() const noexcept { return bytes_ ? bytes_->descriptor() : -1; }
  [[nodiscard]] std::uint64_t consumed() const noexcept { return consumed_; }

 private:
  std::unique_ptr<ByteSource> bytes_;
  std::uint64_t place_ = 0;
  std::uint64_t consumed_ = 0;
  std::vector<char> peeked_;
  std::size_t peeked_at_ = 0;
};

/// A place in a compressed file from which it can be read on without what lies before.
struct ResumePoint {
  std::uint64_t place{};   ///< of the next byte, decompressed
  std::uint64_t packed{};  ///< of the next byte of the file
  std::unique_ptr<const Decoder> decoder;
  bool between_streams{};
};

/// One file's content, decompressed and taken out of what carries it. This is the place that
/// decides how a file is read: by a codec and a carrier, which its content tells.
class Source {
 public:
  /// What is handed on of the bytes: the records that they carry, or all of them.
  enum class Taken : std::uint8_t { out, as_they_are };
  /// Of a journal's file, which entries: "NAME=VALUE", any of them.
  using Matches = std::span<const std::string_view>;

  /// Opens a file and looks at its beginning. After a problem, content() is Content::empty.
  explicit Source(const LogFile& file, Taken taken = Taken::out);
  Source(const Tree& tree, const std::string& path, Taken taken = Taken::out);
  explicit Source(std::unique_ptr<ByteSource> bytes);

  [[nodiscard]] Content content() const noexcept { return content_; }
  [[nodiscard]] Coding coding() const noexcept { return coding_; }
  [[nodiscard]] bool is_compressed() const noexcept { return coding_ != Coding::none; }
  /// Its lines are not the file's: see continued_lines().
  [[nodiscard]] bool is_carried() const noexcept { return carrier_ != nullptr || is_journal(); }
  /// Its beginning has records of several hosts, as what carries them says.
  [[nodiscard]] bool names_hosts() const noexcept { return names_hosts_; }
  /// What carries the records has named several so far.
  [[nodiscard]] bool has_several_hosts() const noexcept { return lines_.has_several_hosts(); }
  /// Where it does not: the first host that what carries them has named so far; empty: none.
  [[nodiscard]] std::string_view first_host() const noexcept { return lines_.first_host(); }
  /// A file of journald's: the lines are those of its entries that may be records.
  [[nodiscard]] bool is_journal() const noexcept { return is_journal_; }
  /// Opens its entries; of a Source that was not read, and takes all as they are.
  [[nodiscard]] std::unique_ptr<JournalFile> open_journal(Matches matches);
  [[nodiscard]] std::string_view carrier_name() const noexcept { return carrier_name_; }
  [[nodiscard]] std::string_view head() const noexcept { return {head_.data(), head_.size()}; }

  /// \return how many bytes were read; fewer than `size` only at the end or at a problem.
  [[nodiscard]] std::size_t read(char* to, std::size_t size);

  /// Goes on at a place of a file that is not compressed. \return false where it cannot.
  [[nodiscard]] bool seek(std::uint64_t place);
  /// The place where it is, of a file that is compressed so that this can be had; else null.
  [[nodiscard]] std::unique_ptr<const ResumePoint> resume_point() const;
  /// Goes on there. \param point  of the same file. \return false where it cannot.
  [[nodiscard]] bool resume(const ResumePoint& point);
  /// Which of the `count` lines from line `first` (from 0, of those that were read) stand in the
  /// same line of the file as the line before. Safe while another thread reads.
  void continued_lines(std::uint64_t first, std::uint64_t count, std::vector<std::uint32_t>& out) {
    lines_.take_continued(first, count, out);
  }
  /// Of the carrier; once all is read.
  [[nodiscard]] CarrierBounds carrier_bounds() const {
    return carrier_ ? carrier_->bounds() : CarrierBounds{};
  }

  [[nodiscard]] const std::optional<Problem>& problem() const noexcept { return problem_; }

  /// Bytes taken from the disk so far.
  [[nodiscard]] std::uint64_t consumed() const noexcept { return raw_.consumed(); }
  /// As ByteSource::descriptor().
  [[nodiscard]] int descriptor() const noexcept { return raw_.descriptor(); }

 private:
  class Records;

  /// \param error  of opening, 0: none.
  void look(int error, Taken taken);
  std::size_t read_some(char* to, std::size_t size);
  std::size_t read_plain(char* to, std::size_t size);
  std::size_t take_out(char* to, std::size_t size);
  std::size_t take_entries(char* to, std::size_t size);
  std::size_t decode_some(char* to, std::size_t size);
  bool refill();
  bool begin_next_stream();
  void damaged(std::string_view how);

  RawFile raw_;
  bool names_hosts_ = false;
  Coding coding_ = Coding::none;
  std::unique_ptr<Decoder> decoder_;
  std::vector<char> packed_;  ///< Compressed bytes, not yet decoded from packed_at_ on.
  std::size_t packed_at_ = 0;
  bool between_streams_ = false;
  std::uint64_t decoded_ = 0;
  std::unique_ptr<Carrier> carrier_;
  std::string_view carrier_name_;
  bool is_journal_ = false;
  std::unique_ptr<JournalFile> journal_;
  PlainLines lines_;           ///< What the carrier made, not read yet.
  std::vector<char> carried_;  ///< What it takes next.
  bool carrier_ended_ = false;
  Content content_ = Content::empty;
  std::vector<char> head_;
  std::size_t head_at_ = 0;
  std::optional<Problem> problem_;
};

}  // namespace auexfil::input
