#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/artefacts/collect.hpp"

namespace auexfil::artefacts {

/// Reads an image within bounds, and takes up what is found.
class Reader {
 public:
  Reader(const input::Tree& image, const Bounds& bounds, Inventory& found)
      : image_(image), bounds_(bounds), found_(found) {}

  /// The text of a regular file; nothing where there is none.
  [[nodiscard]] std::optional<std::string> text(const std::string& path);
  /// The names in a folder, sorted; nothing where there is no such folder.
  [[nodiscard]] std::optional<std::vector<std::string>> names(const std::string& folder);
  [[nodiscard]] bool is_folder(const std::string& path) const;
  [[nodiscard]] bool is_file(const std::string& path) const;
  /// Has its file a right to be executed?
  [[nodiscard]] bool is_executable(const std::string& path) const;
  /// The path without links; empty where it leads nowhere.
  [[nodiscard]] std::string real_path(const std::string& path) const;
  /// The first bytes of a regular file, at most `size`; it does not count as one that was read.
  [[nodiscard]] std::string beginning(const std::string& path, std::size_t size) const;
  /// Where a link leads; also of one that a collector kept as a file that holds its target. Empty
  /// for what is no link.
  [[nodiscard]] std::string link_target(const std::string& path);

  void add(Artefact artefact);
  [[nodiscard]] Inventory& found() { return found_; }
  [[nodiscard]] const Bounds& bounds() const { return bounds_; }

 private:
  void note_unread(const std::string& path, int error);
  void reached(const char* bound) { ++found_.bounds[bound]; }

  const input::Tree& image_;
  const Bounds& bounds_;
  Inventory& found_;
  std::size_t files_ = 0;
  std::size_t bytes_ = 0;
  std::size_t variables_ = 0;  ///< bytes of them
};

/// "/usr/lib/x" of a file that holds nothing but that path: a link as some collectors keep it.
/// Empty for other texts.
[[nodiscard]] std::string_view as_link(std::string_view text);

}  // namespace auexfil::artefacts
