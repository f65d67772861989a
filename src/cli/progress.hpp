#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace auexfil::cli {

/// What clears the line that a ProgressLine may have left; written in one piece with what comes
/// there instead, since the bar is drawn from several threads. Empty where no bar is drawn.
[[nodiscard]] std::string_view progress_eraser();

/// A progress line on stderr, drawn at most ten times a second, only on a terminal.
class ProgressLine {
 public:
  ProgressLine(bool wanted, std::uint64_t total_bytes);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(std::uint64_t done_bytes);

 private:
  bool on_;
  bool drawn_ = false;
  std::uint64_t total_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace auexfil::cli
