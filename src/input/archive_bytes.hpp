#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "auexfil/input/tree.hpp"
#include "source.hpp"

namespace auexfil::input {

/// An archive's own bytes, behind the compression around it: read from any place on. To go back in
/// what cannot seek means to begin again.
class ArchiveBytes {
 public:
  ArchiveBytes(std::shared_ptr<const Tree> tree, std::string path);

  [[nodiscard]] std::size_t read(char* to, std::size_t size);
  /// \return false past the end, or when it went back too often.
  [[nodiscard]] bool seek(std::uint64_t place);
  /// As seek(), from a place before it that is had at once where there is one.
  /// \param point  may be null.
  [[nodiscard]] bool seek(std::uint64_t place, const ResumePoint* point);
  /// To the end, where that takes reading it.
  [[nodiscard]] std::optional<std::uint64_t> size();

  [[nodiscard]] std::uint64_t place() const noexcept { return place_; }
  /// All that was read, again where it was read again.
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }
  /// Any place is had at once: a file of a disk, not compressed.
  [[nodiscard]] bool is_at_hand() const noexcept { return at_hand_; }
  /// From here on points are kept that another reading may begin from, where they can be had.
  void keep_points();
  /// They are: any place that was passed is had again at little cost.
  [[nodiscard]] bool keeps_points() const noexcept { return keeps_points_; }
  /// The nearest place at or before one that was passed a short while ago; null: none is known.
  [[nodiscard]] std::shared_ptr<const ResumePoint> point_before(std::uint64_t place) const;
  [[nodiscard]] const Source& source() const noexcept { return *source_; }

 private:
  bool pass_over(std::uint64_t bytes);

  std::shared_ptr<const Tree> tree_;
  std::string path_;
  std::unique_ptr<Source> source_;
  std::uint64_t place_ = 0;
  std::uint64_t bytes_read_ = 0;
  std::optional<std::uint64_t> size_;
  bool at_hand_ = false;
  bool keeps_points_ = false;
  std::array<std::shared_ptr<const ResumePoint>, 2> points_;  ///< the last, and the one before
  int reopened_ = 0;
};

}  // namespace auexfil::input
