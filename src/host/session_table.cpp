#include "auexfil/host/session_table.hpp"

#include <algorithm>
#include <iterator>

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

}  // namespace auexfil::host
