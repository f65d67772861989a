#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "auexfil/host/model.hpp"

namespace auexfil::host {

/// What a program that is followed made a descriptor of.
struct OpenedFile {
  enum class Kind : std::uint8_t { unknown, regular, folder, block_device, other };

  std::uint32_t number{};
  std::uint32_t pid{};  ///< that opened it
  Symbol path{};        ///< absolute where the log tells, else as it was given; 0: no name
  Kind kind = Kind::unknown;
  bool reads{};
  bool writes{};
  Place opened;

  template <typename Io>
  void walk(Io& io, const StateSizes& sizes) {
    io.numbers(number, pid);
    io.below(path, sizes.symbols);
    io.enumerator(kind, Kind::other);
    io.flags(reads, writes);
    opened.walk(io);
  }
};

/// The files that were opened last by who is followed, by a number that descriptors hold; it does
/// not come back while anybody may hold it. Bounded: the oldest goes, and who asks for it is
/// counted. Pipes have numbers too, and nothing else.
class OpenedFiles {
 public:
  static constexpr std::size_t kMost = std::size_t{1} << 14;
  static constexpr std::uint32_t kPipe = 0x80000000U;

  [[nodiscard]] static bool is_pipe(std::uint32_t number) { return (number & kPipe) != 0; }
  [[nodiscard]] std::uint32_t add(OpenedFile file);
  [[nodiscard]] std::uint32_t add_pipe() { return kPipe | (++pipes_ & ~kPipe); }
  /// Null: 0, a pipe, or one that is gone.
  [[nodiscard]] const OpenedFile* find(std::uint32_t number);
  /// The texts that it needs.
  void mark(std::vector<bool>& live) const;
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  template <typename Io>
  void walk(Io& io, const StateSizes& sizes);

 private:
  std::vector<OpenedFile> files_;  // by number, round and round
  std::uint32_t last_ = 0;         // number
  std::uint32_t pipes_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace auexfil::host
