#include "archive_reader.hpp"

#include <algorithm>
#include <clocale>
#include <cstring>
#include <locale.h>
#include <new>
#include <utility>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "archive_end.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kBuffer = std::size_t{128} << 10;

/// The library turns names that are UTF-8 into those of the thread's locale: bytes stay bytes where
/// that is UTF-8 too. The program's own locale is left as it is.
class Utf8Locale {
 public:
  Utf8Locale() : made_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    before_ = made_ == nullptr ? nullptr : uselocale(made_);
  }
  ~Utf8Locale() {
    if (made_ != nullptr) {
      uselocale(before_);
      freelocale(made_);
    }
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t made_;
  locale_t before_ = nullptr;
};

std::string text_of(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

Tree::Kind kind_of(unsigned type) {
  switch (type) {
    case AE_IFREG:
      return Tree::Kind::file;
    case AE_IFDIR:
      return Tree::Kind::folder;
    case AE_IFLNK:
      return Tree::Kind::link;
    default:
      return Tree::Kind::other;
  }
}

void fill(MemberHeader& header, archive_entry* entry) {
  header = {};
  header.name = text_of(archive_entry_pathname(entry));
  header.kind = kind_of(static_cast<unsigned>(archive_entry_filetype(entry)));
  if (const char* const same = archive_entry_hardlink(entry)) {
    header.kind = Tree::Kind::file;
    header.link = same;
    header.is_hard = true;
  } else if (header.kind == Tree::Kind::link) {
    header.link = text_of(archive_entry_symlink(entry));
  }
  header.info.kind = header.kind;
  const la_int64_t size = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : 0;
  header.info.bytes = static_cast<std::uint64_t>(std::max<la_int64_t>(size, 0));
  header.info.mode = static_cast<std::uint32_t>(archive_entry_perm(entry));
  header.info.uid = static_cast<std::uint32_t>(archive_entry_uid(entry));
  header.info.gid = static_cast<std::uint32_t>(archive_entry_gid(entry));
  header.info.changed = archive_entry_mtime(entry);
  header.is_encrypted = archive_entry_is_encrypted(entry) != 0;
}

}  // namespace

struct ArchiveReader::Callbacks {
  static la_ssize_t read(archive* /*a*/, void* self, const void** to) {
    auto& reader = *static_cast<ArchiveReader*>(self);
    *to = reader.buffer_.data();
    // Where the bytes end early the library sees their end, and gives what it has of a member.
    return reader.is_too_much() ? 0
                                : static_cast<la_ssize_t>(reader.bytes_->read(
                                      reader.buffer_.data(), reader.buffer_.size()));
  }
  static la_int64_t skip(archive* /*a*/, void* self, la_int64_t request) {
    auto& reader = *static_cast<ArchiveReader*>(self);
    ArchiveBytes& bytes = *reader.bytes_;
    // What cannot seek is read on by the library itself, which sees where it ends.
    const std::uint64_t before = bytes.place();
    if (!bytes.is_at_hand() || request <= 0) {
      return 0;
    }
    const std::uint64_t left = *bytes.size() - std::min(before, *bytes.size());
    const std::uint64_t step = std::min(static_cast<std::uint64_t>(request), left);
    return bytes.seek(before + step) ? static_cast<la_int64_t>(step) : 0;
  }
  static la_int64_t seek(archive* /*a*/, void* self, la_int64_t offset, int whence) {
    ArchiveBytes& bytes = *static_cast<ArchiveReader*>(self)->bytes_;
    const auto from = whence == SEEK_SET   ? 0
                      : whence == SEEK_CUR ? static_cast<la_int64_t>(bytes.place())
                                           : static_cast<la_int64_t>(bytes.size().value_or(0));
    const la_int64_t to = from + offset;
    return to >= 0 && bytes.seek(static_cast<std::uint64_t>(to)) ? to : ARCHIVE_FATAL;
  }
};

ArchiveReader::ArchiveReader(std::unique_ptr<ArchiveBytes> bytes, std::uint64_t at,
                             std::uint64_t most, const ResumePoint* point)
    : bytes_(std::move(bytes)), at_(at), most_(most), buffer_(kBuffer) {
  const Utf8Locale locale;
  archive_ = archive_read_new();
  if (archive_ == nullptr) {
    throw std::bad_alloc();
  }
  archive_read_support_format_tar(archive_);
  archive_read_support_format_cpio(archive_);
  archive_read_support_format_ar(archive_);
  archive_read_support_format_zip(archive_);
  archive_read_support_format_7zip(archive_);
  // `cat 1.tar 2.tar`: what stands behind the first end is as much of the evidence.
  archive_read_set_option(archive_, "tar", "read_concatenated_archives", "1");
  // The compression around an archive is undone before: see Decoder.
  archive_read_support_filter_none(archive_);
  archive_read_set_callback_data(archive_, this);
  archive_read_set_read_callback(archive_, Callbacks::read);
  if (at == 0) {
    archive_read_set_seek_callback(archive_, Callbacks::seek);
  }
  archive_read_set_skip_callback(archive_, Callbacks::skip);
  if (at > 0 && !bytes_->seek(at, point)) {
    fail("ends before this place");
  } else if (archive_read_open1(archive_) != ARCHIVE_OK) {
    fail(library_says());
  }
}

ArchiveReader::~ArchiveReader() {
  archive_read_free(archive_);
}

void ArchiveReader::fail(std::string what) {
  ended_ = true;
  if (const auto& problem = bytes_->source().problem()) {
    what = problem->what;
  }
  problem_ = std::move(what);
}

std::string ArchiveReader::library_says() const {
  const std::string words = text_of(archive_error_string(archive_));
  return fmt::format("{} at byte {}", words.empty() ? "cannot be read" : words, bytes_->place());
}

/// \return whether more was unpacked than an archive of this size may hold.
bool ArchiveReader::is_too_much() {
  if (std::max(unpacked_, bytes_->bytes_read()) <= most_) {
    return false;
  }
  fail(
      fmt::format("unpacks to more than {} bytes, far more than what it is packed in; the rest "
                  "was not read",
                  most_));
  return true;
}

bool ArchiveReader::next(MemberHeader& header) {
  const Utf8Locale locale;
  trouble_.clear();
  place_ = 0;
  block_at_ = 0;
  block_ = {};
  for (int tries = 0; !ended_; ++tries) {
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(archive_, &entry);
    if (code == ARCHIVE_EOF) {
      ended_ = true;
      if (bytes_->source().problem()) {
        fail({});
      }
      return false;
    }
    if (code == ARCHIVE_OK || code == ARCHIVE_WARN) {
      fill(header, entry);
      header.at = at_ + static_cast<std::uint64_t>(archive_read_header_position(archive_));
      is_open_ = true;
      return true;
    }
    constexpr int kMostTries = 100;
    if ((code == ARCHIVE_FATAL || tries > kMostTries) && problem_.empty()) {
      fail(library_says());
    }
  }
  return false;
}

std::size_t ArchiveReader::read(char* to, std::size_t size) {
  if (ended_ && trouble_.empty() && !problem_.empty()) {
    trouble_ = problem_;
  }
  if (ended_ || !trouble_.empty()) {
    return 0;
  }
  if (place_ == block_at_ + block_.size() && !next_block()) {
    return 0;
  }
  // What a sparse file does not have are zeros.
  const bool is_hole = place_ < block_at_;
  const std::uint64_t left = is_hole ? block_at_ - place_ : block_at_ + block_.size() - place_;
  const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(left, size));
  if (is_hole) {
    std::memset(to, 0, part);
  } else {
    std::memcpy(to, block_.data() + (place_ - block_at_), part);
  }
  place_ += part;
  unpacked_ += part;
  if (is_too_much()) {
    trouble_ = problem_;
  }
  return part;
}

/// archive_read_data() forgets what it has of a piece whose rest is damaged.
bool ArchiveReader::next_block() {
  const void* data = nullptr;
  std::size_t size = 0;
  la_int64_t at = 0;
  int code = ARCHIVE_OK;
  do {
    code = archive_read_data_block(archive_, &data, &size, &at);
  } while (code == ARCHIVE_OK && size == 0);
  if (code == ARCHIVE_OK && static_cast<std::uint64_t>(at) >= place_) {
    block_ = {static_cast<const char*>(data), size};
    block_at_ = static_cast<std::uint64_t>(at);
    return true;
  }
  if (code != ARCHIVE_EOF) {
    const std::string what = code == ARCHIVE_OK ? "has no order" : library_says();
    if (code == ARCHIVE_FATAL && problem_.empty()) {
      fail(what);
    }
    trouble_ = fmt::format("damaged in its archive: {}; {} bytes of it were read",
                           problem_.empty() ? what : problem_, place_);
  }
  return false;
}

std::optional<std::uint64_t> ArchiveReader::find_end() {
  // What the library has taken of the bytes that it was given.
  const auto taken = static_cast<std::uint64_t>(archive_filter_bytes(archive_, 0));
  switch (archive_format(archive_) & ARCHIVE_FORMAT_BASE_MASK) {
    case ARCHIVE_FORMAT_ZIP:
      return end_of_zip(*bytes_, taken);
    case ARCHIVE_FORMAT_7ZIP:
      return end_of_7z(*bytes_);
    case ARCHIVE_FORMAT_CPIO:
      return taken;
    default:
      return std::nullopt;  // tar and ar are read until nothing is left
  }
}

void ArchiveReader::check_end() {
  const bool is_whole = problem_.empty() && !is_too_much();
  const std::optional<std::uint64_t> end = is_whole ? find_end() : std::nullopt;
  const bool is_known = end && bytes_->seek(*end);
  std::vector<char>& rest = buffer_;
  std::uint64_t behind = 0;
  while (problem_.empty() && !is_too_much()) {
    const std::uint64_t at = bytes_->place();
    const std::size_t got = bytes_->read(rest.data(), rest.size());
    if (got == 0) {
      break;
    }
    // Whatever writes an archive in blocks fills the last one with zeros.
    const std::string_view piece(rest.data(), got);
    const std::size_t last = piece.find_last_not_of('\0');
    if (is_known && last != std::string_view::npos) {
      behind = at + last + 1 - *end;
    }
  }
  if (problem_.empty() && bytes_->source().problem()) {
    fail({});
  } else if (problem_.empty() && behind > 0) {
    fail(fmt::format("{} bytes behind its end were not read", behind));
  }
}

bool ArchiveReader::stands_alone() const {
  const int family = archive_format(archive_) & ARCHIVE_FORMAT_BASE_MASK;
  return family == ARCHIVE_FORMAT_TAR || family == ARCHIVE_FORMAT_CPIO;
}

}  // namespace auexfil::input
