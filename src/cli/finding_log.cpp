#include "finding_log.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

#include "auexfil/report/log_entry.hpp"
#include "output.hpp"

namespace auexfil::cli {
namespace {

/// What a log takes of one run before it begins to drop.
constexpr std::size_t kMostEntries = 1000;
constexpr timeval kPatience{10, 0};

}  // namespace

FindingLog::FindingLog(LogTo to, const LogPlaces& places) {
  is_journal_ = to == LogTo::journal && connect_to(places.journal);
  if (!is_journal_ && !connect_to(places.syslog)) {
    throw OutputError(fmt::format("--log: nobody takes entries ({}{}: {})",
                                  to == LogTo::journal ? places.journal + ", " : "", places.syslog,
                                  std::strerror(errno)));
  }
}

FindingLog::~FindingLog() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

/// \return false with errno set.
bool FindingLog::connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return false;
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return false;
  }
  if (::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience) != 0 ||
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    ::close(fd);
    errno = error;
    return false;
  }
  fd_ = fd;
  return true;
}

void FindingLog::send(std::string_view datagram) const {
  ssize_t sent = -1;
  do {
    sent = ::send(fd_, datagram.data(), datagram.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) {
    throw OutputError(fmt::format("--log: the {} does not take a finding ({}); the report has all",
                                  is_journal_ ? "journal" : "system's log", std::strerror(errno)));
  }
}

void FindingLog::tell(const std::vector<policy::Finding>& findings,
                      const report::Options& options) {
  std::vector<const policy::Finding*> order;
  order.reserve(findings.size());
  for (const policy::Finding& finding : findings) {
    order.push_back(&finding);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return a->severity > b->severity; });
  const auto say = [this](const report::LogEntry& entry) {
    send(is_journal_ ? to_journal(entry) : to_syslog(entry, std::time(nullptr), ::getpid()));
  };
  const std::size_t told = std::min(order.size(), kMostEntries);
  for (std::size_t i = 0; i < told; ++i) {
    say(report::log_entry(*order[i], options));
  }
  if (told < order.size()) {
    say(report::left_out_entry(order.size() - told));
  }
}

}  // namespace auexfil::cli
