#include "archive_bytes.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace auexfil::input {
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10;
/// Reading on from a point costs the bytes up to the place that is wanted; making one costs some
/// 90 KB of copying, a hundredth of what decompressing so much takes.
constexpr std::uint64_t kBetweenPoints = std::uint64_t{1} << 20;
constexpr int kMostReopened = 64;  // a reader of zip or 7z goes back a few times

}  // namespace

ArchiveBytes::ArchiveBytes(std::shared_ptr<const Tree> tree, std::string path)
    : tree_(std::move(tree)),
      path_(std::move(path)),
      source_(std::make_unique<Source>(*tree_, path_)) {
  Tree::Info info;
  if (!source_->is_compressed() && tree_->stat(path_, info) == 0 && info.kind == Tree::Kind::file) {
    size_ = info.bytes;
    at_hand_ = source_->seek(0);
  }
}

void ArchiveBytes::keep_points() {
  int error = 0;
  const auto bytes = source_->is_compressed() ? tree_->open(path_, error) : nullptr;
  keeps_points_ = bytes != nullptr && bytes->seek(0);
}

std::size_t ArchiveBytes::read(char* to, std::size_t size) {
  const std::size_t got = source_->read(to, size);
  place_ += got;
  bytes_read_ += got;
  if (keeps_points_ && place_ >= kBetweenPoints + (points_[0] ? points_[0]->place : 0)) {
    if (std::shared_ptr<const ResumePoint> point = source_->resume_point()) {
      points_[1] = std::exchange(points_[0], std::move(point));
    } else {
      keeps_points_ = false;
    }
  }
  return got;
}

std::shared_ptr<const ResumePoint> ArchiveBytes::point_before(std::uint64_t place) const {
  for (const auto& point : points_) {
    if (point != nullptr && point->place <= place) {
      return point;
    }
  }
  return nullptr;
}

bool ArchiveBytes::seek(std::uint64_t place, const ResumePoint* point) {
  if (point != nullptr && point->place <= place && source_->resume(*point)) {
    place_ = point->place;
  }
  return seek(place);
}

bool ArchiveBytes::pass_over(std::uint64_t bytes) {
  std::vector<char> piece(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kPiece)));
  while (bytes > 0) {
    const std::size_t got =
        read(piece.data(), static_cast<std::size_t>(std::min<std::uint64_t>(bytes, piece.size())));
    if (got == 0) {
      return false;
    }
    bytes -= got;
  }
  return true;
}

bool ArchiveBytes::seek(std::uint64_t place) {
  if (size_ && place > *size_) {
    return false;
  }
  if (at_hand_) {
    place_ = place;
    return source_->seek(place);
  }
  if (place < place_) {
    if (++reopened_ > kMostReopened) {
      return false;
    }
    source_ = std::make_unique<Source>(*tree_, path_);
    place_ = 0;
  }
  return pass_over(place - place_);
}

std::optional<std::uint64_t> ArchiveBytes::size() {
  if (!size_) {
    std::vector<char> piece(kPiece);
    while (read(piece.data(), piece.size()) > 0) {
    }
    size_ = place_;
  }
  return size_;
}

}  // namespace auexfil::input
