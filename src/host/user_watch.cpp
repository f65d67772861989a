#include "auexfil/host/user_watch.hpp"

#include <algorithm>

namespace auexfil::host {
namespace {

/// Null: it has none of its own.
template <typename Users>
auto find_user(Users& users, std::uint32_t auid) {
  const auto found =
      std::find_if(users.begin(), users.end(), [&](const auto& one) { return one.auid == auid; });
  return found == users.end() ? nullptr : &*found;
}

}  // namespace

UserWatch::User& UserWatch::user(std::uint32_t auid) {
  if (User* const known = find_user(users_, auid)) {
    return *known;
  }
  if (users_.size() < kMostUsers) {
    users_.push_back({auid, 0, 0, 0});
  }
  return users_.back();
}

void UserWatch::note_session(std::uint32_t auid, audit::TimeMs time) {
  User& of = user(auid);
  of.from = of.since == 0 ? time : of.from;
  ++of.since;
}

void UserWatch::note_start(std::uint32_t auid, audit::TimeMs time) {
  User* of = find_user(users_, auid);
  if (of == nullptr && users_.size() >= kMostUsers) {
    of = &users_.back();
  }
  if (of != nullptr && of->since > 0) {
    end(*of, time);
  }
}

void UserWatch::end(User& user, audit::TimeMs time) {
  // Of one the program may have been lost; some may be opened before the first has begun its own.
  constexpr std::uint64_t kSome = 4;
  constexpr std::uint64_t kTimes = 2;
  constexpr audit::TimeMs kAtOnce = 60'000;
  const std::uint64_t since = user.since;
  user.since = 0;
  if (time - user.from < kAtOnce) {
    return;
  }
  if (since < kSome || since <= kTimes * user.longest) {
    user.longest = std::max(user.longest, since);
    return;
  }
  if (quiet_.size() < kMost) {
    quiet_.push_back({user.auid, user.from, std::max(time, user.from), since});
    return;
  }
  quiet_.back().to = std::max(quiet_.back().to, time);
  quiet_.back().sessions += since;
}

void UserWatch::settle(audit::TimeMs time) {
  for (User& one : users_) {
    end(one, time);
  }
}

void UserWatch::forget_before(audit::TimeMs time) {
  std::erase_if(quiet_, [&](const QuietUser& one) { return one.to < time; });
}

}  // namespace auexfil::host
