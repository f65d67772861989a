#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "source.hpp"

namespace auexfil::input {

/// Reads a source on a thread of its own, at most a mebibyte ahead of who takes the bytes.
class ReadAhead {
 public:
  /// \param source has to outlive it, and is left alone until it is gone.
  explicit ReadAhead(Source& source);
  ~ReadAhead();
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

  void work();
  bool wait_for_piece();
  void give_back();

  Source& source_;
  std::array<Piece, 4> ring_;
  std::size_t at_ = 0;          ///< In the piece at hand; of the taker alone.
  std::uint64_t consumed_ = 0;  ///< Of the taker alone.
  std::mutex mutex_;            ///< Guards all below.
  std::condition_variable ready_;
  std::condition_variable room_;
  std::size_t filled_ = 0;
  std::size_t taken_ = 0;
  bool ended_ = false;
  bool stop_ = false;
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace auexfil::input
