#include "marks.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "auexfil/input/state_io.hpp"

namespace auexfil::pipeline {

template <typename Io>
void Mark::walk(Io& io) {
  constexpr std::size_t kMostBounds = 256;
  constexpr std::size_t kLongest = 256;
  io.times(time);
  hidden.walk(io);
  unattributed.walk(io);
  std::vector<std::pair<std::string, std::uint64_t>> all(bounds.begin(), bounds.end());
  io.list(all, kMostBounds, [&](auto& one) {
    io.text(one.first, kLongest);
    io.number(one.second);
  });
  if constexpr (Io::kReads) {
    bounds.insert(all.begin(), all.end());
  }
}

bool Marks::wants(audit::TimeMs time) {
  constexpr audit::TimeMs kApart = 43'200'000;  // a daily job is not begun on the second
  while (!marks_.empty() && marks_.back().time > time) {
    marks_.pop_back();
  }
  return marks_.empty() || time >= marks_.back().time + kApart;
}

/// Where there are many, that one goes which leaves the smallest gap: what is told then reaches
/// back further.
void Marks::add(Mark mark) {
  if (marks_.size() >= kMost) {
    std::size_t least = 1;
    for (std::size_t i = 2; i + 1 < marks_.size(); ++i) {
      const auto gap = [this](std::size_t at) { return marks_[at + 1].time - marks_[at - 1].time; };
      least = gap(i) < gap(least) ? i : least;
    }
    marks_.erase(marks_.begin() + static_cast<std::ptrdiff_t>(least));
  }
  marks_.push_back(std::move(mark));
}

std::optional<Mark> Marks::forget_before(audit::TimeMs time) {
  const auto next = std::find_if(marks_.begin(), marks_.end(),
                                 [&](const Mark& mark) { return mark.time > time; });
  if (next == marks_.begin()) {
    return std::nullopt;
  }
  marks_.erase(marks_.begin(), next - 1);
  return marks_.front();
}

template <typename Io>
void Marks::walk(Io& io) {
  io.list(marks_, kMost, [&](Mark& mark) { mark.walk(io); });
}

template void Marks::walk(input::StateWriter&);
template void Marks::walk(input::StateReader&);

}  // namespace auexfil::pipeline
