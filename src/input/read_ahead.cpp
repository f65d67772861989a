#include "read_ahead.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace auexfil::input {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{256} << 10;
constexpr std::size_t kPieces = 4;

}  // namespace

ReadAhead::ReadAhead(Source& source)
    : source_(source),
      consumed_(source.consumed()),
      pieces_(
          {1, kPieces, false}, [this](Piece& piece) { return take(piece); },
          [] { return [](Piece&) {}; }) {}

bool ReadAhead::take(Piece& piece) {
  if (ended_) {
    return false;
  }
  piece.buffer = spare_.take([] { return std::vector<char>(kPieceBytes); });
  piece.size = source_.read(piece.buffer.data(), kPieceBytes);
  piece.consumed = source_.consumed();
  ended_ = piece.size < kPieceBytes;
  return true;
}

std::size_t ReadAhead::read(char* to, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    if (!piece_) {
      piece_ = pieces_.next();
      at_ = 0;
      if (!piece_) {
        break;
      }
    }
    const std::size_t part = std::min(size - done, piece_->size - at_);
    std::memcpy(to + done, piece_->buffer.data() + at_, part);
    done += part;
    at_ += part;
    consumed_ = piece_->consumed;
    if (at_ == piece_->size) {
      spare_.give(std::move(piece_->buffer));
      piece_.reset();
    }
  }
  return done;
}

}  // namespace auexfil::input
