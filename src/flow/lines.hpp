#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "format.hpp"

namespace auexfil::flow {

inline constexpr std::size_t kLongestLine = std::size_t{1} << 20;

/// A format whose records are lines.
class LineFormat : public Format {
 public:
  void take(std::string_view bytes, bool last, Output& to) final;

 protected:
  /// \param text  without its newline and a carriage return before it; never empty.
  /// \param number  from 1 on.
  virtual void line(std::string_view text, std::uint64_t number, Output& to) = 0;
  /// \return is a last line without its newline a record all the same?
  [[nodiscard]] virtual bool is_whole(std::string_view /*last*/) const { return true; }

 private:
  void end_line(std::string_view text, Output& to);

  std::string begun_;  ///< what there is of a line whose newline has not come
  bool is_too_long_ = false;
  bool is_at_start_ = true;
  std::uint64_t lines_ = 0;
};

/// The fields of a line. Only the first kMost have a place; all are counted.
class Columns {
 public:
  static constexpr std::size_t kMost = 128;

  template <char kSeparator>
  void split(std::string_view text) {
    text_ = text.data();
    count_ = 0;
    const char* at = text.data();
    const char* const end = at + text.size();
#if defined(__SSE2__)
    for (; end - at >= kWide; at += kWide) {
      add_ends(static_cast<std::uint32_t>(at - text_), found_in<kSeparator>(at));
    }
    if (at < end && end - text_ >= kWide) {
      // The last bytes once more with those before them, of which nothing is asked.
      const char* const last = end - kWide;
      const std::uint64_t mask = ~std::uint64_t{0} << (at - last);
      add_ends(static_cast<std::uint32_t>(last - text_), found_in<kSeparator>(last) & mask);
      at = end;
    }
#endif
    for (; at < end; ++at) {
      if (*at == kSeparator) {
        add_end(at);
      }
    }
    add_end(end);
  }

  [[nodiscard]] std::size_t count() const {
    return count_;
  }
  /// \param index  below count() and kMost.
  [[nodiscard]] std::string_view operator[](std::size_t index) const {
    const std::uint32_t begin = ends_[index] + 1;
    return {text_ + begin, ends_[index + 1] - begin};
  }
  /// Of the record, that lie before a value of it and can be read.
  [[nodiscard]] std::size_t bytes_before(std::string_view value) const {
    return static_cast<std::size_t>(value.data() - text_);
  }

 private:
  static constexpr std::ptrdiff_t kWide = 64;

#if defined(__SSE2__)
  /// Of each of kWide bytes a bit: is it a separator?
  template <char kSeparator>
  [[nodiscard]] static std::uint64_t found_in(const char* at) {
    constexpr std::size_t kStep = sizeof(__m128i);
    std::uint64_t found = 0;
    for (std::size_t i = 0; i < kWide; i += kStep) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
      const __m128i same = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(kSeparator));
      found |= std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(same))} << i;
    }
    return found;
  }
#endif

  void add_ends(std::uint32_t begin, std::uint64_t mask) {
    for (; mask != 0 && count_ < kMost; mask &= mask - 1) {
      ends_[++count_] = begin + static_cast<std::uint32_t>(std::countr_zero(mask));
    }
    for (; mask != 0; mask &= mask - 1) {
      ++count_;
    }
  }

  void add_end(const char* at) {
    if (count_ < kMost) {
      ends_[count_ + 1] = static_cast<std::uint32_t>(at - text_);
    }
    ++count_;
  }

  const char* text_ = nullptr;
  std::size_t count_ = 0;
  /// Of each column where it ends; before them that of one before the first.
  std::array<std::uint32_t, kMost + 1> ends_{std::numeric_limits<std::uint32_t>::max()};
};

inline constexpr std::size_t kNoColumn = Columns::kMost;

/// A name of a header and the field that it stands for.
struct ColumnName {
  std::string_view name;
  std::size_t field;
};

/// Which column holds which of so many fields, as a header tells.
template <std::size_t kFields>
class Layout {
 public:
  template <std::size_t kNames>
  void read(const Columns& header, const std::array<ColumnName, kNames>& names) {
    width_ = header.count();
    places_.fill(kNoColumn);
    for (std::size_t i = 0; i < std::min(width_, Columns::kMost); ++i) {
      for (const ColumnName& one : names) {
        if (one.name == header[i] && places_[one.field] == kNoColumn) {
          places_[one.field] = i;
        }
      }
    }
  }

  /// Columns that a record has to have; more than there is place for make none.
  [[nodiscard]] std::size_t width() const { return width_ <= Columns::kMost ? width_ : 0; }
  [[nodiscard]] bool has(std::size_t field) const { return places_[field] != kNoColumn; }
  /// \param record  of width() columns. \return empty where there is no such column.
  [[nodiscard]] std::string_view value(const Columns& record, std::size_t field) const {
    return has(field) ? record[places_[field]] : std::string_view();
  }

 private:
  std::size_t width_ = 0;
  std::array<std::size_t, kFields> places_{};
};

/// The first line of a text, without its newline.
[[nodiscard]] std::string_view first_line(std::string_view head);

/// As first_line(), of those that are neither empty nor begin with '#'.
[[nodiscard]] std::string_view first_text_line(std::string_view head);

}  // namespace auexfil::flow
