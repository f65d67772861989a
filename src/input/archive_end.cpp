#include "archive_end.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace auexfil::input {
namespace {

/// Little-endian; 0 past the end.
std::uint64_t number_at(std::string_view text, std::size_t at, std::size_t size) {
  constexpr unsigned kBits = 8;
  std::uint64_t number = 0;
  for (std::size_t i = size; i-- > 0;) {
    number =
        number << kBits | (at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U);
  }
  return number;
}

/// As much of `size` bytes at `place` as there is.
std::string read_at(ArchiveBytes& bytes, std::uint64_t place, std::size_t size) {
  std::string text(size, '\0');
  std::size_t have = 0;
  if (bytes.seek(place)) {
    while (have < size) {
      const std::size_t got = bytes.read(text.data() + have, size - have);
      if (got == 0) {
        break;
      }
      have += got;
    }
  }
  text.resize(have);
  return text;
}

/// A record of a zip's directory: a fixed part, and parts whose lengths stand in it.
struct ZipRecord {
  struct Length {
    std::size_t at = 0;
    std::size_t size = 0;  ///< of the number; 0: there is none
  };
  std::string_view mark;
  std::size_t fixed = 0;
  std::array<Length, 3> lengths{};
};

/// Source: APPNOTE.TXT, 4.3.12 to 4.3.16.
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kCommentAt = 20;
constexpr std::array<ZipRecord, 4> kRecords = {{
    {"PK\x01\x02", 46, {{{28, 2}, {30, 2}, {32, 2}}}},
    {"PK\x05\x05", 6, {{{4, 2}}}},
    {"PK\x06\x06", 12, {{{4, 8}}}},
    {"PK\x06\x07", 20, {}},
}};
constexpr std::string_view kEnd = "PK\x05\x06";

std::uint64_t bytes_of_end(std::string_view record) {
  return kEndBytes + number_at(record, kCommentAt, 2);
}

}  // namespace

std::optional<std::uint64_t> end_of_zip(ArchiveBytes& bytes, std::uint64_t from) {
  // Where libarchive looks for it, before it goes by the members alone.
  constexpr std::uint64_t kTail = std::uint64_t{16} << 10;
  const std::uint64_t size = bytes.size().value_or(0);
  const std::uint64_t tail_at = size - std::min(size, kTail);
  const std::string tail = read_at(bytes, tail_at, static_cast<std::size_t>(size - tail_at));
  const std::size_t last = tail.rfind(kEnd);
  if (last != std::string::npos && last + kEndBytes <= tail.size()) {
    return std::min(size, tail_at + last + bytes_of_end(std::string_view(tail).substr(last)));
  }
  constexpr std::size_t kLongestFixed = 46;
  for (std::uint64_t place = from; place < size;) {
    const std::string record = read_at(bytes, place, kLongestFixed);
    if (std::string_view(record).starts_with(kEnd)) {
      return std::min(size, place + bytes_of_end(record));
    }
    const auto* const kind =
        std::find_if(kRecords.begin(), kRecords.end(),
                     [&](const ZipRecord& k) { return record.compare(0, 4, k.mark) == 0; });
    if (kind == kRecords.end()) {
      return std::nullopt;
    }
    std::uint64_t length = kind->fixed;
    for (const ZipRecord::Length& part : kind->lengths) {
      length += std::min(number_at(record, part.at, part.size), size);
    }
    place += length;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> end_of_7z(ArchiveBytes& bytes) {
  // Source: 7zFormat.txt, SignatureHeader.
  constexpr std::size_t kHeader = 32;
  constexpr std::size_t kNextAt = 12;
  constexpr std::size_t kNextSizeAt = 20;
  constexpr std::size_t kNumber = 8;
  const std::uint64_t size = bytes.size().value_or(0);
  const std::string header = read_at(bytes, 0, kHeader);
  if (!std::string_view(header).starts_with("7z\xbc\xaf\x27\x1c") || header.size() < kHeader) {
    return std::nullopt;
  }
  const std::uint64_t next = number_at(header, kNextAt, kNumber);
  const std::uint64_t next_size = number_at(header, kNextSizeAt, kNumber);
  const std::uint64_t left = size - std::min<std::uint64_t>(size, kHeader);
  return next <= left && next_size <= left - next ? std::optional(kHeader + next + next_size)
                                                  : std::nullopt;
}

}  // namespace auexfil::input
