#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "auexfil/input/logs.hpp"
#include "auexfil/input/packed.hpp"

namespace auexfil::input {

/// The lines of a file whose newest records stand first, packed until all of them are there, then
/// handed on from the last to the first.
class Backwards {
 public:
  explicit Backwards(std::size_t most_packed) : most_packed_(most_packed) {}

  /// Takes the next block of whole lines; one without a newline is the last. \return false: that
  /// would be too much, and it was left.
  [[nodiscard]] bool put(const Block& block);

  /// Fills in the lines of what was put last, the last of them first, with their numbers.
  /// \return false: none are left.
  [[nodiscard]] bool take(Block& block);

 private:
  struct Part {
    std::string packed;
    std::vector<std::uint32_t> continued;
    std::uint64_t lines{};  ///< of the file, that begin up to its end
  };

  Packer packer_;
  std::size_t most_packed_;
  std::size_t packed_ = 0;
  std::uint64_t lines_ = 0;
  std::vector<Part> parts_;
  std::string cut_;           ///< the last line, where it has no end: nobody knows what it lacks
  bool cut_goes_on_ = false;  ///< it stands in the line of the file of the one before
  bool goes_on_ = false;      ///< what was handed on last began with the rest of a line of the file
};

}  // namespace auexfil::input
