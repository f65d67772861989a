#include "auexfil/transfer/control_sockets.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "auexfil/input/state_io.hpp"

namespace auexfil::transfer {

void ControlSockets::bind(std::string_view path, const Bound& bound, const IsThere& is_there) {
  // Each bind pays for a few that are looked at, also where all are there to stay.
  const bool is_time =
      bound_.size() < kMost ? bound_.size() >= next_look_ : refused_ % kLookAgain == 0;
  if (is_time) {
    std::erase_if(bound_,
                  [&](const auto& one) { return !is_there(one.second.image, one.second.number); });
    next_look_ = std::max(kFew, 2 * bound_.size());
  }
  if (bound_.size() >= kMost) {
    ++refused_;
    return;
  }
  bound_.emplace(path, bound);
}

host::ProgramIndex ControlSockets::master_of(std::string_view path, const IsThere& is_there) const {
  // One name has one master, and those before it that are not gone: more is somebody's flood.
  constexpr int kMaxTries = 64;
  const Bound* master = nullptr;
  auto at = bound_.lower_bound(path);
  for (int tries = 0; at != bound_.end() && tries < kMaxTries && at->first.starts_with(path);
       ++at, ++tries) {
    const Bound& candidate = at->second;
    if (is_there(candidate.image, candidate.number) &&
        (master == nullptr || master->event < candidate.event)) {
      master = &candidate;
    }
  }
  return master == nullptr ? host::kNone : master->image;
}

template <typename Io>
void ControlSockets::walk(Io& io, std::size_t images) {
  constexpr std::size_t kLongest = std::size_t{1} << 20;  // no line has more
  std::vector<std::pair<std::string, Bound>> all(bound_.begin(), bound_.end());
  io.list(all, kMost, [&](auto& one) {
    io.text(one.first, kLongest);
    io.index(one.second.image, images);
    io.refuse_unless(one.second.image != host::kNone);
    io.number(one.second.number);
    one.second.event.walk(io);
  });
  io.numbers(next_look_, refused_);
  if constexpr (Io::kReads) {
    bound_.insert(all.begin(), all.end());
  }
}

template void ControlSockets::walk(input::StateWriter& io, std::size_t images);
template void ControlSockets::walk(input::StateReader& io, std::size_t images);

}  // namespace auexfil::transfer
