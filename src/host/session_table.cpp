#include "auexfil/host/session_table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "auexfil/input/state_io.hpp"

namespace auexfil::host {

const Session* SessionTable::find(Key key) const {
  const auto found = sessions_.find(key);
  return found == sessions_.end() ? nullptr : &found->second;
}

Session& SessionTable::get(Key key) {
  if (sessions_.size() >= max_ && !sessions_.contains(key)) {
    ++refused_;
    sessions_.erase(sessions_.begin());  // the oldest
  }
  Session& session = sessions_[key];
  session.boot = key.first;
  session.ses = key.second;
  return session;
}

void SessionTable::prune(const std::set<Key>& alive) {
  std::size_t older = sessions_.size() - std::min(sessions_.size(), kNewest);
  for (auto at = sessions_.begin(); older > 0; --older) {
    at = at->second.ended != 0 && !alive.contains(at->first) ? sessions_.erase(at) : std::next(at);
  }
  next_prune_ = std::max(2 * kNewest, 2 * sessions_.size());
}

template <typename Io>
void SessionTable::walk(Io& io, const StateSizes& sizes) {
  const std::size_t count = io.size(sessions_.size(), max_);
  auto at = sessions_.begin();
  for (std::size_t i = 0; i < count; ++i) {
    if constexpr (Io::kReads) {
      Session session;
      session.walk(io, sizes);
      const Key key{session.boot, session.ses};
      io.refuse_unless(sessions_.emplace(key, session).second);
    } else {
      (at++)->second.walk(io, sizes);
    }
  }
  io.numbers(next_prune_, refused_);
}

template void SessionTable::walk(input::StateWriter&, const StateSizes&);
template void SessionTable::walk(input::StateReader&, const StateSizes&);

}  // namespace auexfil::host
