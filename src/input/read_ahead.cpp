#include "read_ahead.hpp"

#include <algorithm>
#include <cstring>

namespace auexfil::input {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

}  // namespace

ReadAhead::ReadAhead(Source& source)
    : source_(source), consumed_(source.consumed()), thread_([this] { work(); }) {}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  room_.notify_one();
  thread_.join();
}

void ReadAhead::work() {
  try {
    for (;;) {
      Piece* piece = nullptr;
      {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return stop_ || filled_ < taken_ + ring_.size(); });
        if (stop_) {
          return;
        }
        piece = &ring_.at(filled_ % ring_.size());
      }
      piece->buffer.resize(kPieceBytes);
      piece->size = source_.read(piece->buffer.data(), kPieceBytes);
      piece->consumed = source_.consumed();
      const bool is_last = piece->size < kPieceBytes;
      {
        const std::lock_guard lock(mutex_);
        ++filled_;
        ended_ = is_last;
      }
      ready_.notify_one();
      if (is_last) {
        return;
      }
    }
  } catch (...) {
    {
      const std::lock_guard lock(mutex_);
      error_ = std::current_exception();
      ended_ = true;
    }
    ready_.notify_one();
  }
}

/// \return false at the end.
bool ReadAhead::wait_for_piece() {
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [this] { return filled_ > taken_ || ended_; });
  if (filled_ == taken_ && error_) {
    std::rethrow_exception(error_);
  }
  return filled_ > taken_;
}

void ReadAhead::give_back() {
  {
    const std::lock_guard lock(mutex_);
    ++taken_;
  }
  room_.notify_one();
}

std::size_t ReadAhead::read(char* to, std::size_t size) {
  std::size_t done = 0;
  while (done < size && wait_for_piece()) {
    const Piece& piece = ring_.at(taken_ % ring_.size());
    const std::size_t part = std::min(size - done, piece.size - at_);
    std::memcpy(to + done, piece.buffer.data() + at_, part);
    done += part;
    at_ += part;
    consumed_ = piece.consumed;
    if (at_ == piece.size) {
      at_ = 0;
      give_back();
    }
  }
  return done;
}

}  // namespace auexfil::input
