#include "channels.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "values.hpp"

namespace auexfil::flow {
namespace {

/// A client that has asked for a channel uses it at once; Zeek waits as long.
constexpr TimeUs kMostWait = 300 * kSecond;
/// Between clocks that are put right: who tells the flow may be another than who tells the command.
constexpr TimeUs kSlack = 2 * kSecond;

/// What a command announces, told by the host's clock.
struct Announced {
  std::uint32_t control{};  ///< number in what the host sees
  TimeUs from{};
  TimeUs until{};
  Endpoint listens;
  bool host_listens{};
  bool host_is_client{};
  ToldAt told;
};

/// Who listens: the server (PASV, EPSV) or the client (PORT, EPRT)?
bool by_server(const FtpCommand& command) {
  return command.kind == FtpCommand::Kind::passive ||
         (command.kind != FtpCommand::Kind::active &&
          command.data->address == command.server.address);
}

/// The control connections among the flows of a host, found by their id or their ends.
class Controls {
 public:
  Controls(const std::vector<FtpCommand>& commands, const std::vector<SeenFlow>& seen,
           const std::vector<Flow>& flows)
      : seen_(seen), flows_(flows) {
    std::vector<ShortText> ids;
    std::vector<std::pair<Endpoint, Endpoint>> ends;
    ids.reserve(commands.size());
    ends.reserve(commands.size());
    for (const FtpCommand& command : commands) {
      ids.push_back(command.id);
      ends.emplace_back(command.client, command.server);
    }
    std::sort(ids.begin(), ids.end());
    std::sort(ends.begin(), ends.end());
    const auto is_asked = [&](const Endpoint& client, const Endpoint& server) {
      return std::binary_search(ends.begin(), ends.end(), std::pair(client, server));
    };
    for (std::uint32_t i = 0; i < seen.size(); ++i) {
      if (seen[i].protocol != kTcp) {
        continue;
      }
      for (const Telling& telling : flows[seen[i].flow].tellings) {
        if (!telling.id.is_empty() && std::binary_search(ids.begin(), ids.end(), telling.id)) {
          by_id_.emplace_back(telling.id, i);
        }
      }
      if (is_asked(seen[i].own, seen[i].peer)) {
        by_ends_.emplace_back(seen[i].own, seen[i].peer, flows[seen[i].flow].start, i);
      } else if (is_asked(seen[i].peer, seen[i].own)) {
        by_ends_.emplace_back(seen[i].peer, seen[i].own, flows[seen[i].flow].start, i);
      }
    }
    std::sort(by_id_.begin(), by_id_.end());
    std::sort(by_ends_.begin(), by_ends_.end());
  }

  /// \return its number in what the host sees; kNoNumber: the host has no such flow.
  [[nodiscard]] std::uint32_t find(const FtpCommand& command) const {
    const auto named =
        std::lower_bound(by_id_.begin(), by_id_.end(), std::pair(command.id, std::uint32_t{0}));
    if (!command.id.is_empty() && named != by_id_.end() && named->first == command.id) {
      return is_between(named->second, command) ? named->second : kNoNumber;
    }
    // Of another exporter: the last of these ends that begins before.
    const auto behind =
        std::upper_bound(by_ends_.begin(), by_ends_.end(),
                         Known(command.client, command.server, command.time + kSlack, kNoNumber));
    if (behind == by_ends_.begin()) {
      return kNoNumber;
    }
    const auto& [client, server, start, at] = *std::prev(behind);
    const bool is_it = client == command.client && server == command.server &&
                       flows_[seen_[at].flow].end + kSlack >= command.time;
    return is_it ? at : kNoNumber;
  }

 private:
  using Known = std::tuple<Endpoint, Endpoint, TimeUs, std::uint32_t>;

  /// An id that stands with other ends is somebody's mistake.
  [[nodiscard]] bool is_between(std::uint32_t at, const FtpCommand& command) const {
    const Flow& flow = flows_[seen_[at].flow];
    const auto is_end = [&](const Endpoint& end) {
      return end == flow.a || end == flow.b || end == flow.nat_a || end == flow.nat_b;
    };
    return is_end(command.client) && is_end(command.server);
  }

  const std::vector<SeenFlow>& seen_;
  const std::vector<Flow>& flows_;
  std::vector<std::pair<ShortText, std::uint32_t>> by_id_;
  std::vector<Known> by_ends_;
};

/// Is the host the client of this control connection?
bool is_client(const SeenFlow& control, const FtpCommand& command) {
  if (control.peer.port == command.server.port && control.own.port == command.client.port) {
    return true;
  }
  const bool is_server =
      control.own.port == command.server.port && control.peer.port == command.client.port;
  return !is_server && control.own_is_a;
}

/// All that is announced, by port and time. A command ends what the one before it announced.
std::vector<Announced> announced(const std::vector<FtpCommand>& commands,
                                 const std::vector<SeenFlow>& seen,
                                 const std::vector<Flow>& flows) {
  const Controls controls(commands, seen, flows);
  std::vector<Announced> all;
  for (const FtpCommand& command : commands) {
    const std::uint32_t at = controls.find(command);
    if (at == kNoNumber) {
      continue;
    }
    // Both are told by the sensor's clock.
    const TimeUs time = command.time - (flows[seen[at].flow].start - seen[at].start);
    const TimeUs until = std::min(time + kMostWait, std::max(seen[at].end, time));
    const bool is_clients = is_client(seen[at], command);
    all.push_back({at,
                   time,
                   until,
                   *command.data,
                   by_server(command) != is_clients,
                   is_clients,
                   {command.file, command.line, command.time}});
  }
  std::sort(all.begin(), all.end(), [](const Announced& x, const Announced& y) {
    return std::tie(x.control, x.from) < std::tie(y.control, y.from);
  });
  for (std::size_t i = all.size(); i-- > 1;) {
    // Of two at one moment neither is the later one.
    if (all[i - 1].control == all[i].control) {
      const bool is_later = all[i].from > all[i - 1].from;
      all[i - 1].until = std::min(all[i - 1].until, is_later ? all[i].from : all[i].until);
    }
  }
  const auto by_port = [](const Announced& one) {
    return std::tuple(one.listens.port, one.from, one.control, one.listens.address, one.until,
                      one.told);
  };
  std::sort(all.begin(), all.end(),
            [&](const Announced& x, const Announced& y) { return by_port(x) < by_port(y); });
  // A file may be given twice, or two sensors tell the same.
  all.erase(std::unique(all.begin(), all.end(),
                        [](const Announced& x, const Announced& y) {
                          return std::tie(x.control, x.from, x.listens) ==
                                 std::tie(y.control, y.from, y.listens);
                        }),
            all.end());
  return all;
}

/// May this flow have been made to that end? A server behind a translator of addresses announces
/// the address that it knows.
bool is_made_to(const Announced& one, const SeenFlow& control, const SeenFlow& flow) {
  const bool is_own = flow.own.address == control.own.address;
  const bool is_peer = flow.peer.address == control.peer.address;
  if (one.host_listens) {
    return flow.own.port == one.listens.port && is_own && is_peer;
  }
  return flow.peer.port == one.listens.port &&
         ((is_peer && is_own) || flow.peer.address == one.listens.address);
}

/// Gives flows to what was announced, each of which one flow may be.
class Naming {
 public:
  Naming(const std::vector<Announced>& all, const std::vector<SeenFlow>& seen)
      : all_(all), seen_(seen), used_(all.size()) {}

  /// \return what was announced for it; null: nothing, or by several control connections
  const Announced* find(std::uint32_t flow, std::uint64_t& contested);

 private:
  /// \param slack  that the times may lie apart
  void search(std::uint32_t flow, std::uint16_t port, TimeUs slack);

  const std::vector<Announced>& all_;
  const std::vector<SeenFlow>& seen_;
  std::vector<bool> used_;
  std::vector<std::size_t> found_;
  bool has_too_many_{};
};

void Naming::search(std::uint32_t flow, std::uint16_t port, TimeUs slack) {
  constexpr std::size_t kMostSteps = 256;
  const SeenFlow& one = seen_[flow];
  const auto is_before = [](const Announced& x, const std::pair<std::uint16_t, TimeUs>& y) {
    return std::pair(x.listens.port, x.from) < y;
  };
  auto at = std::lower_bound(all_.begin(), all_.end(),
                             std::pair(port, one.start - kMostWait - slack), is_before);
  for (std::size_t steps = 0;
       at != all_.end() && at->listens.port == port && at->from <= one.start + slack;
       ++at, ++steps) {
    if (steps == kMostSteps) {
      has_too_many_ = true;
      return;
    }
    const auto number = static_cast<std::size_t>(at - all_.begin());
    if (!used_[number] && at->control != flow && one.start <= at->until + slack &&
        is_made_to(*at, seen_[at->control], one)) {
      found_.push_back(number);
    }
  }
}

const Announced* Naming::find(std::uint32_t flow, std::uint64_t& contested) {
  const SeenFlow& one = seen_[flow];
  has_too_many_ = false;
  for (const TimeUs slack : {TimeUs{0}, kSlack}) {
    found_.clear();
    search(flow, one.peer.port, slack);
    if (one.own.port != one.peer.port) {
      search(flow, one.own.port, slack);
    }
    if (!found_.empty() || has_too_many_) {
      break;
    }
  }
  if (found_.empty() && !has_too_many_) {
    return nullptr;
  }
  const bool is_one = !has_too_many_ && std::all_of(found_.begin(), found_.end(), [&](auto other) {
    return all_[other].control == all_[found_.front()].control;
  });
  if (!is_one) {
    ++contested;
    return nullptr;
  }
  used_[found_.back()] = true;
  return &all_[found_.back()];
}

}  // namespace

bool DataChannels::add(const FtpCommand& command) {
  if (!command.data || command.data->port == 0) {
    return true;
  }
  if (told_.size() >= most_) {
    return false;
  }
  told_.push_back(command);
  const audit::IpAddress& address = command.data->address;
  if (address != command.client.address && address != command.server.address) {
    thirds_.insert(*command.data);
  }
  return true;
}

NamedFlows DataChannels::of(const HostView& view, const std::vector<SeenFlow>& seen,
                            const std::vector<Flow>& flows) const {
  NamedFlows named;
  const std::vector<Announced> all = announced(told_, seen, flows);
  if (all.empty()) {
    return named;
  }
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < seen.size(); ++i) {
    if (seen[i].protocol == kTcp) {
      order.push_back(i);
    }
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t x, std::uint32_t y) { return seen[x].start < seen[y].start; });
  named.control.assign(seen.size(), kNoNumber);
  named.told.resize(seen.size());
  Naming naming(all, seen);
  for (const std::uint32_t flow : order) {
    if (const Announced* const one = naming.find(flow, named.contested)) {
      named.control[flow] = one->control;
      named.told[flow] = one->told;
    }
  }
  for (const Announced& one : all) {
    // A server behind a translator announces the address outside; a client a private one.
    const bool is_own =
        one.listens.address.is_private() || std::find(view.addresses.begin(), view.addresses.end(),
                                                      one.listens.address) != view.addresses.end();
    if (one.host_listens && one.host_is_client && !is_own) {
      named.elsewhere.push_back({one.control, one.listens, one.told});
    }
  }
  std::sort(named.elsewhere.begin(), named.elsewhere.end(), [](const auto& x, const auto& y) {
    return std::tie(x.control, x.listens, x.told) < std::tie(y.control, y.listens, y.told);
  });
  named.elsewhere.erase(std::unique(named.elsewhere.begin(), named.elsewhere.end(),
                                    [](const auto& x, const auto& y) {
                                      return std::tie(x.control, x.listens) ==
                                             std::tie(y.control, y.listens);
                                    }),
                        named.elsewhere.end());
  return named;
}

}  // namespace auexfil::flow
