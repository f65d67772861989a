#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "auexfil/report/csv_rows.hpp"

namespace auexfil::cli {

/// A CSV that is there and that a run adds to (--append-new): open, and locked against other such
/// runs until this one's file stands in its place. Opened before the run is confined; nothing but
/// the descriptor is needed later.
class OldRows {
 public:
  /// \param header  that the file must have
  /// \param quiet  says not that it waits
  /// \return null where there is no file, or one without a byte.
  /// \throws OutputError when it is no such CSV, cannot be read, or is larger than anybody's.
  [[nodiscard]] static std::shared_ptr<OldRows> open(const std::string& path,
                                                     const std::string& header, bool quiet);

  /// Copies the file, and gives the new one its mode. \return false with errno set.
  [[nodiscard]] bool copy_to(std::FILE* to);
  /// Rows that are no whole ones, of what was copied: they stay, and count as none that is there.
  [[nodiscard]] std::size_t broken() const { return broken_; }
  /// Of text that a writer made, in whole lines, the first piece with the header: the rows that
  /// were not in the file.
  [[nodiscard]] std::string only_new(std::string_view text);

 private:
  OldRows(std::FILE* file, std::string_view header) : file_(file, &std::fclose), key_(header) {}

  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  report::CsvRowKey key_;
  std::unordered_set<std::string> rows_;
  std::size_t broken_ = 0;
  bool past_header_ = false;
};

}  // namespace auexfil::cli
