#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "auexfil/input/logs.hpp"

namespace auexfil::input {

/// The bytes of one file, decompressed and else as they are: of what is no audit log. Not
/// thread-safe.
class FileBytes {
 public:
  explicit FileBytes(const LogFile& file);
  ~FileBytes();
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  /// The first 64 KiB, or all where there are fewer. They are read again.
  [[nodiscard]] std::string_view head() const noexcept;

  /// Does it hold other files (tar, zip …)?
  [[nodiscard]] bool is_archive() const noexcept;

  /// \return how many bytes were read; fewer than `size` only at the end or at a problem.
  [[nodiscard]] std::size_t read(char* to, std::size_t size);

  /// Why it could not be opened or read to its end; `where` is the file's name.
  [[nodiscard]] const std::optional<Problem>& problem() const noexcept;

  /// Bytes taken so far, as they lie on disk.
  [[nodiscard]] std::uint64_t consumed() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace auexfil::input
