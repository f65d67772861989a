#pragma once

#include <cstdio>
#include <stdexcept>
#include <string>

namespace auexfil::cli {

/// The output cannot be written (exit code 2).
struct OutputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// Whoever read our output has gone: not an error.
struct ClosedPipe {};

/// Standard output, or a file that appears whole or not at all (written aside, then renamed).
class Output {
 public:
  /// \param path empty for standard output; strftime patterns are filled with `now_s` in UTC.
  Output(const std::string& path, std::int64_t now_s);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// The buffer to append to.
  [[nodiscard]] std::string& text() { return text_; }
  /// Writes the buffer out when it is large.
  void maybe_flush() {
    if (text_.size() > kFlush) {
      flush();
    }
  }
  /// Writes all and puts the file in its place.
  void finish();

 private:
  static constexpr std::size_t kFlush = std::size_t{256} << 10;
  void flush();

  std::string text_;
  std::string path_;
  std::string aside_;
  std::FILE* file_ = nullptr;
  bool done_ = false;
};

}  // namespace auexfil::cli
