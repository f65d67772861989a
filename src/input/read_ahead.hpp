#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "auexfil/input/ordered_queue.hpp"
#include "source.hpp"

namespace auexfil::input {

/// Reads a source on a thread of its own, at most a mebibyte ahead of who takes the bytes.
class ReadAhead {
 public:
  /// \param source has to outlive it, and is left alone until it is gone.
  explicit ReadAhead(Source& source);
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// As Source::read(). Throws what that threw.
  [[nodiscard]] std::size_t read(char* to, std::size_t size);

  /// Bytes taken from the disk for what read() gave so far.
  [[nodiscard]] std::uint64_t consumed() const noexcept { return consumed_; }

 private:
  struct Piece {
    std::vector<char> buffer;
    std::size_t size{};
    std::uint64_t consumed{};  ///< From the source once this piece was read.
  };

  bool take(Piece& piece);

  Source& source_;
  bool ended_ = false;  ///< Of the thread alone.
  Spares<std::vector<char>> spare_;
  std::optional<Piece> piece_;  ///< At hand.
  std::size_t at_ = 0;          ///< In it.
  std::uint64_t consumed_ = 0;
  OrderedQueue<Piece> pieces_;
};

}  // namespace auexfil::input
