#include "progress.hpp"

#include <cstdlib>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "auexfil/report/progress.hpp"

namespace auexfil::cli {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

bool can_draw() {
  const char* const term = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

}  // namespace

std::string_view progress_eraser() {
  static const bool can = can_draw();
  return can ? "\r\x1b[K" : "";
}

ProgressLine::ProgressLine(bool wanted, std::uint64_t total_bytes)
    : on_(wanted && can_draw()), total_(total_bytes), start_(steady_clock::now()), last_(start_) {}

ProgressLine::~ProgressLine() {
  if (drawn_) {
    fmt::print(stderr, "\r\x1b[K");
  }
}

void ProgressLine::update(std::uint64_t done_bytes) {
  if (!on_) {
    return;
  }
  const auto now = steady_clock::now();
  if (now - last_ < milliseconds(100)) {
    return;
  }
  last_ = now;
  drawn_ = true;
  winsize size{};
  const std::size_t columns =
      ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  const auto elapsed = std::chrono::duration_cast<milliseconds>(now - start_).count();
  fmt::print(stderr, "\r{}\x1b[K",
             report::format_progress({done_bytes, total_, elapsed}, columns - 1));
}

}  // namespace auexfil::cli
