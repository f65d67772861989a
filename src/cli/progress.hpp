#pragma once

#include <chrono>
#include <cstdint>

namespace auexfil::cli {

/// Clears the line that a ProgressLine may have left, before something else is written to stderr.
void clear_progress();

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
