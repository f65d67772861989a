#pragma once

#include <array>
#include <cstdint>

#include "auexfil/audit/record.hpp"

namespace auexfil::audit {

/// Lines that are no records, or none that can be used, counted by kind, each kind with the place
/// of its first.
class MalformedLines {
 public:
  struct Count {
    std::uint64_t lines{};
    std::uint32_t first_file{};
    std::uint32_t first_line{};
  };

  void note(Malformed kind, std::uint32_t file, std::uint32_t line, std::uint64_t lines = 1) {
    Count& count = counts_[static_cast<std::size_t>(kind)];
    if (count.lines == 0) {
      count.first_file = file;
      count.first_line = line;
    }
    count.lines += lines;
  }

  /// Adds another's counts behind these (its places come later in the log). `file` replaces its
  /// file. \param number_of  gives the number that a line of it has there.
  template <typename NumberOf>
  void append(const MalformedLines& other, std::uint32_t file, const NumberOf& number_of) {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (other.counts_[i].lines > 0) {
        note(static_cast<Malformed>(i), file, number_of(other.counts_[i].first_line),
             other.counts_[i].lines);
      }
    }
  }

  /// \param place  gives the number that a line has in truth.
  template <typename Place>
  void move_lines(const Place& place) {
    for (Count& count : counts_) {
      count.first_line = count.lines > 0 ? place(count.first_line) : 0;
    }
  }

  [[nodiscard]] const Count& of(Malformed kind) const {
    return counts_[static_cast<std::size_t>(kind)];
  }

  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io) {
    for (Count& count : counts_) {
      io.numbers(count.lines, count.first_file, count.first_line);
    }
  }

 private:
  std::array<Count, static_cast<std::size_t>(Malformed::count_)> counts_{};
};

}  // namespace auexfil::audit
