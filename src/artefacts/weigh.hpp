#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "auexfil/artefacts/volumes.hpp"
#include "auexfil/input/tree.hpp"

namespace auexfil::artefacts {

/// Sizes of files and folders of an image, within bounds.
class Scales {
 public:
  Scales(const input::Tree& image, const Volumes::Bounds& bounds)
      : image_(image), bounds_(bounds) {}

  struct Weight {
    std::uint64_t bytes{};
    std::uint64_t files{};
    std::uint64_t folders{};
    std::int64_t changed{};
    std::uint64_t as_tar{};  ///< with the headers and the padding of tar(5)
  };

  /// A new call, with bounds of its own, which counts files that are links of one again.
  void begin() {
    entries_ = 0;
    end_links();
  }
  /// From here on a file that was weighed already, by whatever name, weighs nothing.
  void begin_links() {
    seen_.clear();
    counts_links_once_ = true;
  }
  void end_links() { counts_links_once_ = false; }
  /// \param whole  of a folder, all that lies in it, links left out; else there is no weight.
  [[nodiscard]] std::optional<Weight> weigh(const std::string& path, bool whole);
  /// Was a folder left unread since begin()?
  [[nodiscard]] bool is_bounded() const { return is_bounded_; }
  void reset_bounded() { is_bounded_ = false; }

 private:
  void add_folder(const std::string& path, unsigned depth, Weight& weight);
  void add_file(const input::Tree::Info& info, Weight& weight);

  const input::Tree& image_;
  Volumes::Bounds bounds_;
  std::uint64_t entries_ = 0;
  std::uint64_t all_entries_ = 0;
  bool is_bounded_ = false;
  bool counts_links_once_ = false;
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;  ///< bounded by `entries`
};

/// The sum, or the largest number where that is more.
[[nodiscard]] constexpr std::uint64_t add_bytes(std::uint64_t a, std::uint64_t b) {
  return a + b < a ? ~std::uint64_t{0} : a + b;
}

}  // namespace auexfil::artefacts
