#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "auexfil/facts/fact.hpp"

/// What the programs of a transfer read, as one text that can be kept, compared and passed on: how
/// many files there are in all, then of each that is told its path, its bytes and how sure these
/// are, a NUL behind each. Empty: no file is known.
namespace auexfil::policy {

/// The first of `fact.files` that fit into 64 KiB. A path is whole or not there: part of one could
/// be taken for another.
void append_files(std::string& text, const facts::Fact& fact);

/// Reads such a text, file by file.
class FileList {
 public:
  explicit FileList(std::string_view text);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// \return false: that was the last; else path() is the next one's.
  [[nodiscard]] bool next();
  [[nodiscard]] std::string_view path() const { return path_; }
  /// All that is known of the one at hand: its event is not kept.
  [[nodiscard]] facts::FileUse file() const;

 private:
  std::string_view rest_;
  std::uint64_t count_ = 0;
  std::string_view path_;
  std::string_view bytes_;
  std::string_view basis_;
};

}  // namespace auexfil::policy
